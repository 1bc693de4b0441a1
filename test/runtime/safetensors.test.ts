import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { HostTensor } from '../../runtime/engine.ts'
import { openSafetensors, type TensorStream, writeSafetensors } from '../../runtime/safetensors.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const root = temporaryFolder()
const writtenFiles = temporaryFolder()

const tensors: ReadonlyMap<string, HostTensor> = new Map<string, HostTensor>([
  ['steps', { dtype: 'i32', shape: [], data: Int32Array.of(-7) }],
  ['mask', { dtype: 'pred', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['centers', { dtype: 'f32', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, Number.NaN) }],
  ['half', { dtype: 'f16', shape: [1, 3], data: Uint16Array.of(0x3c00, 0xc000, 0x7c00) }],
  ['brain', { dtype: 'bf16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) }],
  ['key', { dtype: 'u32', shape: [2], data: Uint32Array.of(0xffffffff, 1) }],
  ['double', { dtype: 'f64', shape: [1], data: Float64Array.of(Math.PI) }],
  ['bytes', { dtype: 'u8', shape: [5], data: Uint8Array.of(1, 2, 3, 4, 255) }],
  ['signed', { dtype: 'i8', shape: [2], data: Int8Array.of(-128, 127) }],
  ['none', { dtype: 'f32', shape: [0, 4], data: new Float32Array(0) }],
])

/** A file from a header's text and its data. */
function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return new Uint8Array(Buffer.concat([length, text, data]))
}

/** Each tensor in two pieces. */
function streams(tensors: ReadonlyMap<string, HostTensor>): Map<string, TensorStream> {
  const stream = ({ dtype, shape, data }: HostTensor): TensorStream => ({
    dtype,
    shape,
    async *pieces() {
      const middle = Math.floor(data.length / 2)
      yield data.subarray(0, middle)
      yield data.subarray(middle)
    },
  })
  return new Map(Array.from(tensors, ([name, tensor]) => [name, stream(tensor)]))
}

/** The written file as bytes. */
async function written(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata?: ReadonlyMap<string, string>,
): Promise<Buffer> {
  const path = join(writtenFiles, 'written.safetensors')
  await writeSafetensors(path, streams(tensors), metadata)
  return readFileSync(path)
}

test('writes the bytes that the format prescribes', async () => {
  const small = new Map<string, HostTensor>([
    ['b', { dtype: 'u8', shape: [2], data: Uint8Array.of(9, 8) }],
    ['a', { dtype: 'f32', shape: [1], data: Float32Array.of(1) }],
  ])
  const header =
    '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}'
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8)
  const bytes = await written(small, new Map([['k', 'v']]))
  expect(bytes.equals(file(padded, Uint8Array.of(0, 0, 0x80, 0x3f, 9, 8)))).toBe(true)
})

test('order of insertion does not matter, and every tensor is aligned', async () => {
  const bytes = await written(tensors)
  expect((await written(new Map([...tensors].reverse()))).equals(bytes)).toBe(true)
  const path = join(writtenFiles, 'aligned.safetensors')
  writeFileSync(path, bytes)
  const { tensors: entries, close } = await openSafetensors(path)
  await close()
  for (const [name, { start }] of entries) expect(start % (tensors.get(name)?.data.BYTES_PER_ELEMENT ?? 0)).toBe(0)
  expect(bytes.readUInt32LE(0) % 8).toBe(0)
})

test('all element types come back', async () => {
  const path = join(root, 'all.safetensors')
  await writeSafetensors(path, streams(tensors), new Map([['format', 'arcc']]))
  expect(readdirSync(root)).toEqual(['all.safetensors'])
  const opened = await openSafetensors(path)
  expect([...opened.metadata]).toEqual([['format', 'arcc']])
  expect([...opened.tensors.keys()].sort()).toEqual([...tensors.keys()].sort())
  for (const [name, tensor] of tensors) expect(await opened.read(name)).toEqual(tensor)
  await expect(opened.read('weight')).rejects.toMatchObject({ code: 'ARC6402' })
  await opened.close()
})

test('a file by the reference implementation (safetensors 0.8.0 for NumPy)', async () => {
  const reference = await openSafetensors(fileURLToPath(new URL('../fixtures/reference.safetensors', import.meta.url)))
  const weight = { dtype: 'f32', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }
  expect(await reference.read('fc.weight')).toEqual(weight)
  expect(await reference.read('bn.mask')).toEqual({ dtype: 'pred', shape: [3], data: Uint8Array.of(1, 0, 1) })
  expect(await reference.read('h')).toEqual({ dtype: 'f16', shape: [2], data: Uint16Array.of(0x3c00, 0xb800) })
  expect([...reference.metadata]).toEqual([['who', 'python']])
  // Its 64-bit counter can be listed, but its type is not supported.
  expect(reference.tensors.get('num_batches')).toMatchObject({ formatName: 'I64', shape: [] })
  await expect(reference.read('num_batches')).rejects.toMatchObject({ code: 'ARC6403' })
  const ours = new Map<string, HostTensor>()
  for (const name of reference.tensors.keys()) if (name !== 'num_batches') ours.set(name, await reference.read(name))
  await reference.close()
  const theirs = readFileSync(new URL('../fixtures/reference-narrow.safetensors', import.meta.url))
  expect((await written(ours, reference.metadata)).equals(theirs)).toBe(true)
})

describe('unsound files', () => {
  const entry = (name: string, offsets: string, shape = '[2]', dtype = '"U8"') =>
    `"${name}":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`
  const two = Uint8Array.of(1, 2)
  test.each([
    ['empty', new Uint8Array(0), 'it has 0 bytes'],
    ['header too long', Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0x7b), 'its header would have 4294967296 bytes'],
    ['header beyond the end', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b), 'its header has 9 bytes, the file 9'],
    ['not JSON', file('{x}'), 'its header is not JSON'],
    ['a list', file('[]'), 'its header is not a JSON object'],
    ['a key twice', file(`{${entry('a', '[0,2]')},${entry('a', '[0,2]')}}`, two), 'its header has "a" twice'],
    ['an escaped key twice', file(`{${entry('a', '[0,2]')},${entry('\\u0061', '[0,2]')}}`, two), 'has "a" twice'],
    ['a field twice', file('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), 'has "dtype" twice'],
    ['an unknown type', file(`{${entry('a', '[0,2]', '[2]', '"Q4"')}}`, two), 'tensor a has element type "Q4"'],
    ['a negative size', file(`{${entry('a', '[0,2]', '[-2]')}}`, two), 'tensor a has shape [-2]'],
    ['a fraction', file(`{${entry('a', '[0,2.5]')}}`, two), 'tensor a has offsets [0,2.5]'],
    ['offsets backwards', file(`{${entry('a', '[2,0]')}}`, two), 'tensor a needs 2 bytes, its offsets span -2'],
    [
      'offsets of another size',
      file(`{${entry('a', '[0,2]', '[3]')}}`, two),
      'tensor a needs 3 bytes, its offsets span 2',
    ],
    [
      'an overlap',
      file(`{${entry('a', '[0,2]')},${entry('b', '[1,3]')}}`, Uint8Array.of(1, 2, 3)),
      'tensor b overlaps',
    ],
    ['a gap', file(`{${entry('a', '[1,3]')}}`, Uint8Array.of(1, 2, 3)), '1 bytes before tensor a belong to no tensor'],
    ['data missing', file(`{${entry('a', '[0,2]')}}`, Uint8Array.of(1)), 'its tensors need 2 bytes, it has 1'],
    ['data left over', file(`{${entry('a', '[0,2]')}}`, Uint8Array.of(1, 2, 3)), '1 bytes after its last tensor'],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}'), 'metadata "a" is not text'],
  ])('%s', async (name, bytes, says) => {
    const path = join(root, `unsound ${name}`)
    writeFileSync(path, bytes)
    await expect(openSafetensors(path)).rejects.toMatchObject({
      code: 'ARC6401',
      params: { file: path, reason: expect.stringContaining(says) },
    })
  })

  test('a file that is not there, a folder that is not there', async () => {
    await expect(openSafetensors(join(root, 'none'))).rejects.toMatchObject({ code: 'ARC6404' })
    await expect(writeSafetensors(join(root, 'no', 'x'), streams(tensors))).rejects.toMatchObject({ code: 'ARC6404' })
  })
})
