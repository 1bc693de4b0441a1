/** Files of PyTorch and safetensors as dictionaries of tensors; `make.py` beside the fixtures wrote them. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { writeSafetensors } from '../../../runtime/safetensors.ts'
import { isFloatType } from '../../../runtime/start/element-types.ts'
import { openWeightsFile, type WeightsFile } from '../../../runtime/start/weights-file.ts'
import { anError } from '../../helpers/facts.ts'
import { fuzzCount, seededRandom } from '../../helpers/mutate.ts'
import { mutateBytes } from '../../helpers/mutate-bytes.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/torch/${name}`, import.meta.url))
const folder = temporaryFolder()

interface Expected {
  readonly kinds: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] | null }>
  >
}
const { kinds } = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as Expected

/** All tensors of a file with their numbers, by path. */
async function contents(file: WeightsFile, most = 1e6) {
  const found: Record<string, { shape: readonly number[]; values: readonly number[] | null }> = {}
  for (const { path, tensors } of file.dictionaries) {
    for (const [name, { type, shape, rows }] of tensors) {
      const count = shape.reduce((product, size) => product * size, 1)
      const values = isFloatType(type) && count <= most ? [...(await rows(0, shape[0] ?? 1))] : null
      found[[...path, name].join('/')] = { shape, values }
    }
  }
  return found
}

async function read(name: string) {
  const file = await openWeightsFile(fixture(name))
  return contents(file).finally(() => file.close())
}

const withoutU16 = Object.fromEntries(Object.entries(kinds).filter(([name]) => name !== 'u16'))

test.each([
  ['kinds.pt', Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [`deep/er/${name}`, kind]))],
  ['kinds-legacy.pt', withoutU16],
  ['kinds-protocol4.pt', withoutU16],
])('%s: strides, parts of storages, and all element types are as PyTorch reads them', async (name, expected) => {
  expect(await read(name)).toEqual(expected)
})

test('rows of a transposed tensor, and of a part', async () => {
  const file = await openWeightsFile(fixture('kinds.pt'))
  const tensors = need(file.dictionaries[0], 'a dictionary').tensors
  for (const name of ['transposed', 'part', 'expanded', 'f32']) {
    const { shape = [], values } = need(kinds[name], name)
    const width = shape[1] ?? 0
    const rows = await need(tensors.get(name), name).rows(1, shape[0] === undefined ? 0 : shape[0] - 1)
    expect([...rows]).toEqual(values?.slice(width))
  }
  await file.close()
})

test('safetensors', async () => {
  const path = join(folder, 'some.safetensors')
  const stream = (
    dtype: 'f32' | 'bf16',
    shape: number[],
    data: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>,
  ) => ({
    dtype,
    shape,
    async *pieces() {
      yield data
    },
  })
  await writeSafetensors(
    path,
    new Map([
      ['a', stream('f32', [2, 2], Float32Array.of(1, 2, 3, 4))],
      ['b', stream('bf16', [2], Uint16Array.of(0x3f80, 0xc000))],
    ]),
  )
  const file = await openWeightsFile(path)
  expect(file.kind).toBe('safetensors')
  expect(await contents(file)).toEqual({
    a: { shape: [2, 2], values: [1, 2, 3, 4] },
    b: { shape: [2], values: [1, -2] },
  })
  await file.close()
})

describe('files that hold something else', () => {
  test.each([
    ['evil.pt', 'ARC6762', { global: 'posix.system' }],
    ['module.pt', 'ARC6762', { global: 'torch.nn.modules.linear.Linear' }],
    ['script.pt', 'ARC6762', { global: '__torch__.torch.nn.modules.linear.Linear' }],
    ['deflated.pt', 'ARC6761', { reason: expect.stringContaining('is compressed') }],
    ['make.py', 'ARC6760', { reason: 'it is neither safetensors nor a file of torch.save' }],
    ['missing.pt', 'ARC6760', { reason: 'no such file or folder' }],
    ['.', 'ARC6760', { reason: 'it is a folder' }],
  ])('%s', async (name, code, params) => {
    await expect(openWeightsFile(fixture(name))).rejects.toThrow(anError(code, params))
  })

  test('a bit of a storage is flipped: its checksum tells', async () => {
    const bytes = readFileSync(fixture('narrow.pt'))
    const first = (await read('narrow.pt'))['conv1.weight']
    const at = bytes.indexOf(Buffer.from(Float32Array.from(first?.values ?? []).buffer))
    bytes[at + 1] = (bytes[at + 1] ?? 0) ^ 4
    const path = join(folder, 'flipped.pt')
    writeFileSync(path, bytes)
    const file = await openWeightsFile(path)
    await expect(contents(file)).rejects.toThrow(anError('ARC6761', { reason: expect.stringContaining('checksum') }))
    await file.close()
  })

  test('the names of files do not matter', async () => {
    copyFileSync(fixture('narrow.pt'), join(folder, 'narrow.safetensors'))
    const file = await openWeightsFile(join(folder, 'narrow.safetensors'))
    expect(file.kind).toBe('torch.save')
    await file.close()
  })
})

const FILES = fuzzCount(400)
/** More than any of these files of a few kilobytes may take, in bytes. */
const MOST_MEMORY = 200 * 2 ** 20

test(`${FILES} mutated files are read or refused by name`, async () => {
  const random = seededRandom(676)
  const whole = ['kinds.pt', 'kinds-legacy.pt', 'kinds-protocol4.pt', 'softmax_fc_gpu_0.pt'].map((name) =>
    readFileSync(fixture(name)),
  )
  const path = join(folder, 'mutated.pt')
  const codes = new Map<string, number>()
  const before = process.memoryUsage.rss()
  let most = 0
  for (let i = 0; i < FILES; i++) {
    writeFileSync(path, mutateBytes(need(whole[i % whole.length], 'a file'), random))
    let code = 'read'
    let file: WeightsFile | undefined
    try {
      file = await openWeightsFile(path)
      await contents(file, 10_000)
    } catch (error) {
      if (!(error instanceof ArccError)) throw new Error(`file ${i}: ${String(error)}`, { cause: error })
      code = error.code
    } finally {
      await file?.close()
    }
    codes.set(code, (codes.get(code) ?? 0) + 1)
    if (i % 50 === 0) most = Math.max(most, process.memoryUsage.rss() - before)
  }
  expect([...codes.keys()].filter((code) => code !== 'read' && !/^ARC6(76[012]|40\d)$/.test(code))).toEqual([])
  expect(codes.get('ARC6761')).toBeGreaterThan(FILES / 4)
  expect(codes.get('read')).toBeGreaterThan(FILES / 100)
  expect(most).toBeLessThan(MOST_MEMORY)
}, 120_000)
