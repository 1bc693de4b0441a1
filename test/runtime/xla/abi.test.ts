/** Struct layouts generated from the header, at the offsets that a compiled plugin uses. */
import { describe, expect, it } from 'vitest'
import { errorCodes, methods, structs } from '../../../runtime/xla/pjrt/abi.gen.ts'
import { addressOf, makeStruct, pointerArray, readPointers } from '../../../runtime/xla/pjrt/memory.ts'

describe('PJRT layouts', () => {
  it('numbers methods in header order', () => {
    expect(methods.PJRT_Error_Destroy.slot).toBe(0)
    expect(methods.PJRT_Plugin_Initialize.slot).toBe(3)
    expect(methods.PJRT_LoadedExecutable_Execute.slot).toBe(55)
  })

  it('aligns fields as C does', () => {
    expect(methods.PJRT_Client_BufferFromHostBuffer).toMatchObject({
      size: 120,
      fields: {
        type: [32, 'i32'],
        dims: [40, 'pointer'],
        host_buffer_semantics: [72, 'i32'],
        buffer: [112, 'pointer'],
      },
    })
    expect(methods.PJRT_Event_IsReady).toMatchObject({ size: 25, fields: { is_ready: [24, 'bool'] } })
    expect(methods.PJRT_Executable_Serialize.fields.serialized_executable_deleter).toEqual([48, 'pointer'])
    expect(structs.PJRT_NamedValue).toMatchObject({ size: 56, fields: { type: [32, 'i32'], value: [40, 'i64'] } })
    expect(errorCodes[8]).toBe('RESOURCE_EXHAUSTED')
  })

  it('fills struct_size and the given fields, and keeps what they point to', () => {
    const data = Float32Array.of(1)
    const { size, fields } = methods.PJRT_Client_BufferFromHostBuffer
    const args = makeStruct(size, fields, { data, num_dims: 3, type: 11 })
    expect(args.bytes.readBigUInt64LE(0)).toBe(120n)
    expect(args.bytes.readBigUInt64LE(24)).toBe(addressOf(data))
    expect(args.bytes.readInt32LE(32)).toBe(11)
    expect(args.bytes.readBigInt64LE(48)).toBe(3n)
    expect(args.parts).toEqual([data])
  })

  it('reads arrays of pointers back', () => {
    expect(readPointers(pointerArray([1n, 2n, 3n]), 3)).toEqual([1n, 2n, 3n])
    expect(readPointers(0n, 0)).toEqual([])
  })
})
