/** The bytes of CompileOptionsProto. */
import { describe, expect, it } from 'vitest'
import { writeCompileOptions } from '../../../runtime/xla/pjrt/compile-options.ts'

describe('compile options', () => {
  it('holds replicas and partitions', () => {
    expect(writeCompileOptions({ replicas: 8 }).toString('hex')).toBe('1a0420082801')
    expect(writeCompileOptions({ replicas: 300 }).toString('hex')).toBe('1a0520ac022801')
  })

  it('holds the device of each replica', () => {
    const devices = [4, 5, 0, 300]
    expect(writeCompileOptions({ replicas: 4, devices }).toString('hex')).toBe(
      ['1a15', '20042801', '4a0f', '08041001', '1a09', '0804', '0805', '0800', '08ac02'].join(''),
    )
  })

  it('adds flags in the order of their names', () => {
    const overrides = { b: 'x', a: true }
    expect(writeCompileOptions({ replicas: 1, overrides }).toString('hex')).toBe(
      ['1a0420012801', '3a07', '0a0161', '1202', '1001', '3a08', '0a0162', '1203', '0a0178'].join(''),
    )
    expect(writeCompileOptions({ replicas: 1, overrides: { a: true, b: 'x' } })).toEqual(
      writeCompileOptions({ replicas: 1, overrides }),
    )
  })
})
