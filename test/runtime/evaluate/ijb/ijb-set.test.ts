import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DeviceTensor, Engine, Executable, HostTensor } from '../../../../runtime/engine.ts'
import { ArccError } from '../../../../runtime/errors.ts'
import { evaluateIjb } from '../../../../runtime/evaluate/ijb/evaluate-ijb.ts'
import { readIdentification } from '../../../../runtime/evaluate/ijb/identification.ts'
import { findIjbSubset, readIjbSet } from '../../../../runtime/evaluate/ijb/ijb-set.ts'
import { usualIjbOptions } from '../../../../runtime/evaluate/ijb/template-pool.ts'
import { oneProcess } from '../../../../runtime/world.ts'
import { fuzzCount, mutate, seededRandom } from '../../../helpers/mutate.ts'
import { mutateBytes } from '../../../helpers/mutate-bytes.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const points = '38.3 51.7 73.5 51.5 56.0 71.7 41.5 92.4 70.7 92.2'

/** Six people with two templates each; the first one has three pictures, two of them of one video. */
const templates = Array.from({ length: 12 }, (_, t) => ({ id: 3 * t + 1, person: t % 6, size: t === 0 ? 3 : 1 }))
const pictures = templates.flatMap((own) =>
  Array.from({ length: own.size }, (_, k) => ({ ...own, medium: k < 2 ? 7 : 8 })),
)
const files = {
  face_tid_mid: pictures.map(({ id, medium }, i) => `${i}.jpg ${id} ${medium}\n`).join(''),
  name_5pts_score: pictures.map((_, i) => `${i}.jpg ${points} 0.9${i % 10}\n`).join(''),
  template_pair_label: templates
    .flatMap((a) =>
      templates.filter((b) => a.id < b.id).map((b) => `${a.id} ${b.id} ${a.person === b.person ? 1 : 0}\n`),
    )
    .join(''),
}
const lists = {
  gallery_G1: 'TEMPLATE_ID,SUBJECT_ID\n1,100\n4,101\n7,102\n',
  gallery_G2: 'TEMPLATE_ID,SUBJECT_ID\n10,103\n13,104\n16,105\n',
  probe_mixed: `TEMPLATE_ID,SUBJECT_ID,NAME\n${templates
    .slice(6)
    .map(({ id, person }) => `${id},${100 + person},x\n`)
    .join('')}`,
}
type Changes = { readonly [K in keyof typeof files]?: string | Uint8Array }

function writeSet(changes: Changes = {}): void {
  for (const [name, text] of Object.entries({ ...files, ...changes }))
    writeFileSync(join(root, 'meta', `ijbc_${name}.txt`), text)
}

const writeLists = (changes: { readonly [K in keyof typeof lists]?: string } = {}) => {
  for (const [name, text] of Object.entries({ ...lists, ...changes }))
    writeFileSync(join(root, 'meta', `ijbc_1N_${name}.csv`), text)
}

mkdirSync(join(root, 'meta'))
mkdirSync(join(root, 'loose_crop'))
for (const i of pictures.keys()) writeFileSync(join(root, 'loose_crop', `${i}.jpg`), '')

const faultsOf = (work: Promise<unknown>) =>
  work.then(
    () => [],
    (error: unknown) => {
      if (!(error instanceof ArccError) || error.code !== 'ARC6341') throw error
      return (error.params as { faults: readonly string[] }).faults.map((fault) => fault.replaceAll(root, ''))
    },
  )

beforeEach(() => writeSet())

test('a set as it is', async () => {
  expect(findIjbSubset(root)).toBe('ijbc')
  const set = await readIjbSet(root, 'ijbc')
  expect(set.images).toBe(14)
  expect([...set.template.subarray(0, 5)]).toEqual([0, 0, 0, 1, 2])
  expect([...set.medium.subarray(0, 4)]).toEqual([7, 7, 8, 7])
  expect([...set.templates].slice(0, 3)).toEqual([1, 4, 7])
  expect(set.same.length).toBe(66)
  expect([set.first[11], set.second[11], set.same[5]]).toEqual([1, 2, 1])
  expect(set.detector[3]).toBe(Math.fround(0.93))
  expect(set.recipe.points?.length).toBe(140)
})

test('Windows line ends, tabs, blank lines and no end of the last line change nothing', async () => {
  const plain = await readIjbSet(root, 'ijbc')
  writeSet({
    face_tid_mid: files.face_tid_mid.replaceAll('\n', '\r\n\r\n'),
    name_5pts_score: `\n${files.name_5pts_score.replaceAll(' ', '\t')}  \n`,
    template_pair_label: files.template_pair_label.trimEnd(),
  })
  expect(await readIjbSet(root, 'ijbc')).toEqual(plain)
})

const score = files.name_5pts_score
const damaged: readonly (readonly [string, Changes, readonly string[]])[] = [
  ['no lines', { name_5pts_score: '' }, ['/meta/ijbc_name_5pts_score.txt has no lines']],
  [
    'fields and numbers of points',
    { name_5pts_score: `${score.replace(' 51.7 ', ' ').replace('0.91', 'x.91')}14.jpg ${'5 '.repeat(10)}1\n` },
    [
      '/meta/ijbc_name_5pts_score.txt line 1: expected a name, 10 coordinates and a score, not 11 fields',
      '/meta/ijbc_name_5pts_score.txt line 2: "x.91" is not a number',
      '/meta/ijbc_name_5pts_score.txt line 15: the five points are all one point',
    ],
  ],
  [
    'missing pictures',
    { name_5pts_score: score.replaceAll('.jpg', '.png'), face_tid_mid: files.face_tid_mid.replaceAll('.jpg', '.png') },
    [
      ...[0, 1, 2].map((i) => `/meta/ijbc_name_5pts_score.txt line ${i + 1}: there is no picture /loose_crop/${i}.png`),
      '11 more missing pictures in /meta/ijbc_name_5pts_score.txt',
    ],
  ],
  [
    'templates of other pictures',
    { face_tid_mid: files.face_tid_mid.replace('4.jpg', '44.jpg').replace('5.jpg 10', '5.jpg ten') },
    [
      '/meta/ijbc_face_tid_mid.txt line 5: it is about 44.jpg, but the other list has 4.jpg in line 5',
      '/meta/ijbc_face_tid_mid.txt line 7: it is about 6.jpg, but the other list has 5.jpg in line 6',
      '/meta/ijbc_face_tid_mid.txt line 8: it is about 7.jpg, but the other list has 6.jpg in line 7',
      '/meta/ijbc_face_tid_mid.txt line 6: expected a name, the number of a template and that of a medium',
    ],
  ],
  [
    'pictures without a template',
    { face_tid_mid: files.face_tid_mid.split('\n').slice(0, 13).join('\n') },
    ['/meta/ijbc_face_tid_mid.txt has 13 pictures, but the list with the points has 14'],
  ],
  [
    'pairs',
    { template_pair_label: `${files.template_pair_label}1 4 2\n1 4\n1 99 0\n99999999999 1 0\n-1 4 0\n` },
    [
      ...[67, 68].map(
        (line) =>
          `/meta/ijbc_template_pair_label.txt line ${line}: expected the numbers of two templates, and 1 for one person or 0 for two`,
      ),
      '/meta/ijbc_template_pair_label.txt line 70: expected the numbers of two templates, and 1 for one person or 0 for two',
      '1 more such lines in /meta/ijbc_template_pair_label.txt',
      '/meta/ijbc_template_pair_label.txt line 69: no picture is in template 99',
    ],
  ],
  [
    'faults of two lists',
    { name_5pts_score: score.replace('0.92', 'z'), template_pair_label: `${files.template_pair_label}1 98 1\n` },
    [
      '/meta/ijbc_name_5pts_score.txt line 3: "z" is not a number',
      '/meta/ijbc_template_pair_label.txt line 67: no picture is in template 98',
    ],
  ],
  [
    'pairs of one kind',
    { template_pair_label: '1 4 0\n4 7 0\n' },
    ['/meta/ijbc_template_pair_label.txt has no pair of one person'],
  ],
]

test.each(damaged)('damaged: %s', async (_, changes, expected) => {
  writeSet(changes)
  const found = await faultsOf(readIjbSet(root, 'ijbc'))
  for (const fault of expected) expect(found).toContain(fault)
})

test('files that are missing or no files are named together', async () => {
  rmSync(join(root, 'meta/ijbc_face_tid_mid.txt'))
  rmSync(join(root, 'meta/ijbc_template_pair_label.txt'))
  mkdirSync(join(root, 'meta/ijbc_template_pair_label.txt'))
  const found = await faultsOf(readIjbSet(root, 'ijbc'))
  expect(found).toHaveLength(2)
  rmSync(join(root, 'meta/ijbc_template_pair_label.txt'), { recursive: true })
  expect(() => findIjbSubset(root)).toThrow(expect.objectContaining({ code: 'ARC6342' }))
  expect(await faultsOf(readIjbSet(join(root, 'nowhere'), 'ijbb'))).toHaveLength(4)
})

describe('1:N', () => {
  test('galleries, probes and their mates', async () => {
    const set = await readIjbSet(root, 'ijbc')
    await expect(readIdentification(set)).rejects.toMatchObject({ code: 'ARC6345' })
    writeLists()
    const { gallery, probes, mates } = await readIdentification(set)
    expect([...gallery]).toEqual([0, 1, 2, 3, 4, 5])
    expect([...probes]).toEqual([6, 7, 8, 9, 10, 11])
    expect([...mates]).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('damaged lists', async () => {
    const set = await readIjbSet(root, 'ijbc')
    writeLists({ gallery_G2: 'ID\n10,100\n13,x\n99,104\n16,105\n' })
    expect(await faultsOf(readIdentification(set))).toEqual([
      '/meta/ijbc_1N_gallery_G2.csv line 3: expected the numbers of a template and of a person, separated by a comma',
      '/meta/ijbc_1N_gallery_G2.csv line 4: no picture is in template 99',
      '/meta/ijbc_1N_gallery_G2.csv line 2: person 100 has another template',
      '/meta/ijbc_1N_probe_mixed.csv line 5: person 103 is not in the gallery',
      '/meta/ijbc_1N_probe_mixed.csv line 6: person 104 is not in the gallery',
    ])
  })
})

test('pictures are embedded, pooled and scored', async () => {
  const set = await readIjbSet(root, 'ijbc')
  writeLists()
  const onHost = (tensor: HostTensor): DeviceTensor => ({ ...tensor, read: async () => tensor, dispose() {} })
  /** The embedding of a person: the picture is its number. */
  const embedding = (i: number) => {
    const person = pictures[i]?.person ?? 0
    return Array.from({ length: 4 }, (_, d) => Math.sin((person + 1) * (d + 1)))
  }
  const executable = {
    start: async (inputs) => {
      const outputs = inputs
        .map(([images]) => images)
        .map(async (images) => {
          const { data } = (await images?.read()) ?? { data: new Uint8Array() }
          const values = Float32Array.from(Array.from(data as Uint8Array).flatMap(embedding))
          return [values, values].map((own) => onHost({ dtype: 'f32', shape: [own.length / 4, 4], data: own }))
        })
      return { outputs: await Promise.all(outputs), end: async () => undefined }
    },
  } as Partial<Executable> as Executable
  const engine = {
    world: oneProcess(2),
    uploadAll: async (tensors: readonly (readonly HostTensor[])[]) => tensors.map((own) => own.map(onHost)),
  } as Partial<Engine> as Engine
  const loader = {
    async read(numbers: Uint32Array) {
      const pixels = new Uint8Array(new SharedArrayBuffer(numbers.length))
      pixels.set(numbers)
      return { pixels, numbers, skipped: [], release: () => undefined }
    },
  }
  const network = { embedBatch: 3, embedding: 4, image: [1, 1, 1] as const }
  const result = await evaluateIjb(
    { engine, executable, network, weights: [[], []] },
    { set, loader, options: usualIjbOptions, lists: await readIdentification(set) },
  )
  expect(result.auc).toBe(1)
  expect(result.scores.length).toBe(66)
  expect(result.points.map(({ tar }) => tar)).toEqual([1, 1, 1, 1, 1, 1])
  expect(result.identification?.ranks.map(({ rate }) => rate)).toEqual([1, 1, 1])
})

test('mutated sets never end in anything but a named error', async () => {
  const random = seededRandom(12)
  const seen = new Set<string>()
  const names = Object.keys(files) as (keyof typeof files)[]
  const count = fuzzCount(400)
  for (let i = 0; i < count; i++) {
    const name = names[i % names.length] ?? 'face_tid_mid'
    const isText = random() < 0.5
    const mutated = isText ? mutate(files[name], random) : mutateBytes(Buffer.from(files[name]), random)
    writeFileSync(join(root, 'meta', `ijbc_${name}.txt`), mutated)
    const outcome = await readIjbSet(root, 'ijbc').then(
      () => 'read',
      (error: unknown) => (error instanceof ArccError ? error.code : String(error)),
    )
    seen.add(outcome)
    writeFileSync(join(root, 'meta', `ijbc_${name}.txt`), files[name])
  }
  expect([...seen].sort()).toEqual(['ARC6341', 'read'])
}, 300_000)

test('mutated lists of galleries and probes never end in anything but a named error', async () => {
  const random = seededRandom(13)
  const set = await readIjbSet(root, 'ijbc')
  const seen = new Set<string>()
  const names = Object.keys(lists) as (keyof typeof lists)[]
  for (let i = 0; i < fuzzCount(150); i++) {
    const name = names[i % names.length] ?? 'probe_mixed'
    writeLists({ [name]: mutate(lists[name], random) })
    const outcome = await readIdentification(set).then(
      () => 'read',
      (error: unknown) => (error instanceof ArccError ? error.code : String(error)),
    )
    seen.add(outcome)
  }
  expect([...seen].sort()).toEqual(['ARC6341', 'read'])
}, 300_000)
