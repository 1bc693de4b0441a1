/** Weights as files of other programs: arcface_torch's `.pt`, and folders for Hugging Face. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { need } from '../../../grammar/diagnostic.ts'
import type { ExportedWeights } from '../../../runtime/export/exported-weights.ts'
import { type HuggingFaceRequest, writeHuggingFace } from '../../../runtime/export/hugging-face.ts'
import { stateDictPickle } from '../../../runtime/export/torch-pickle.ts'
import { writeTorchStateDict } from '../../../runtime/export/torch-state-dict.ts'
import { Dictionary } from '../../../runtime/pickle/pickle-values.ts'
import { openSafetensors } from '../../../runtime/safetensors.ts'
import type { FileTensor } from '../../../runtime/start/file-tensor.ts'
import { readTorchPickle } from '../../../runtime/start/torch-pickle.ts'
import { openWeightsFile } from '../../../runtime/start/weights-file.ts'
import { evaluationOf } from '../../helpers/evaluation.ts'
import { anError } from '../../helpers/facts.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

/** Every number of every tensor is another one. */
function weightsOf(
  shapes: Readonly<Record<string, readonly number[]>>,
  change = (value: number) => value,
): ExportedWeights {
  let next = 0
  const tensors = Object.entries(shapes).map(([name, shape]): [string, FileTensor] => {
    const width = shape.slice(1).reduce((product, size) => product * size, 1)
    const all = Float32Array.from({ length: (shape[0] ?? 1) * width }, () => change(next++ / 8))
    return [
      name,
      { type: 'f32', shape, rows: async (start, count) => all.slice(start * width, (start + count) * width) },
    ]
  })
  const dictionary = { path: [], tensors: new Map(tensors) }
  const found = { dictionary, prefix: '', tensors: dictionary.tensors, counters: 0, leftOut: 0 }
  return { shapes: new Map(Object.entries(shapes)), weights: { path: 'w.pt', tensors: found } }
}

const network = weightsOf({
  'conv1.weight': [4, 3, 3, 3],
  'bn1.weight': [4],
  'bn1.bias': [4],
  'bn1.running_mean': [4],
  'bn1.running_var': [4],
  'fc.weight': [300, 70],
})

const names = [
  ...['conv1.weight', 'bn1.weight', 'bn1.bias', 'bn1.running_mean', 'bn1.running_var'],
  ...['bn1.num_batches_tracked', 'fc.weight'],
]

describe("arcface_torch's .pt", () => {
  const file = join(folder, 'net.pt')

  test('is read as it was, with a counter for each normalization', async () => {
    const bytes = await writeTorchStateDict(file, network)
    expect(readFileSync(file)).toHaveLength(bytes)
    const read = await openWeightsFile(file)
    const [dictionary] = read.dictionaries
    expect([...need(dictionary, 'a dictionary').tensors.keys()]).toEqual(names)
    for (const [name, shape] of network.shapes) {
      const tensor = need(dictionary?.tensors.get(name), name)
      expect(tensor).toMatchObject({ type: 'f32', shape })
      const expected = await network.weights.tensors.tensors.get(name)?.rows(0, shape[0] ?? 1)
      expect(await tensor.rows(0, shape[0] ?? 1)).toEqual(expected)
    }
    expect(dictionary?.tensors.get('bn1.num_batches_tracked')).toMatchObject({ type: 'i64', shape: [] })
    await read.close()
  })

  test('members begin at multiples of 64 bytes, and equal weights are equal files', async () => {
    const bytes = readFileSync(file)
    let [at, members] = [0, 0]
    for (; bytes.readUInt32LE(at) === 0x04034b50; members++) {
      const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)
      expect(start % 64).toBe(0)
      at = start + bytes.readUInt32LE(at + 18)
    }
    expect(members).toBe(names.length + 3)
    await writeTorchStateDict(file, network)
    expect(readFileSync(file)).toEqual(bytes)
  })

  test('sizes beyond 32 bits are pickled', () => {
    const shape = [3_000_000_000, 2]
    const pickle = stateDictPickle([{ name: 'big', key: '0', type: 'f32', shape }])
    const { value } = readTorchPickle(pickle, 'big.pt')
    const tensor = value instanceof Dictionary ? value.entries.get('big') : undefined
    expect(tensor).toMatchObject({ layout: { shape, strides: [2, 1] } })
  })

  test('a weight that is not finite is named, and nothing is left', async () => {
    const wrong = weightsOf({ 'fc.weight': [4, 4] }, (value) => (value === 1 ? Number.NaN : value))
    const out = join(folder, 'wrong.pt')
    await expect(writeTorchStateDict(out, wrong)).rejects.toThrow(anError('ARC6770', { tensors: ['fc.weight'] }))
    expect(readdirSync(folder).filter((name) => name.startsWith('wrong'))).toEqual([])
    await expect(writeTorchStateDict(join(folder, 'none/a.pt'), network)).rejects.toThrow(anError('ARC6404', {}))
  })

  test('more than an archive can hold is refused before it is written', async () => {
    const huge = weightsOf({})
    const shapes = new Map([['fc.weight', [70_000, 20_000]]])
    const out = join(folder, 'huge.pt')
    await expect(writeTorchStateDict(out, { ...huge, shapes })).rejects.toThrow(anError('ARC6404', {}))
    expect(existsSync(`${out}.partial`)).toBe(false)
  })
})

describe('a folder for Hugging Face', () => {
  const source = join(folder, 'mine.arc')
  writeFileSync(source, 'experiment mine { }\n')
  const request = (name: string, changes: Partial<HuggingFaceRequest> = {}): HuggingFaceRequest => ({
    ...{ folder: join(folder, name), force: false, weights: network, sha256: 'a'.repeat(64), backbone: 'tiny' },
    ...{
      image: [112, 112, 3],
      embedding: 300,
      arcc: '1.2.3',
      license: undefined,
      opening: '--backbone r18',
      step: 40,
      evaluations: [],
    },
    training: { experiment: 'mine', source, resolved: undefined, plan: undefined },
    verified: [{ set: 'lfw', accuracy: 0.99123, deviation: 0.003 }],
    ...changes,
  })
  const frontMatter = (name: string) => {
    const [, text = ''] = readFileSync(join(folder, name, 'README.md'), 'utf8').split('---\n')
    return parse(text)
  }

  test('has weights, configuration, card and experiment', async () => {
    const { files } = await writeHuggingFace(request('hub'))
    expect(files).toEqual(['README.md', 'config.json', 'model.safetensors', 'mine.arc'])
    expect(readdirSync(join(folder, 'hub')).toSorted()).toEqual(files.toSorted())
    const model = await openSafetensors(join(folder, 'hub/model.safetensors'))
    expect([...model.tensors.keys()].toSorted()).toEqual([...network.shapes.keys()].toSorted())
    expect((await model.read('bn1.bias')).data).toEqual(
      await network.weights.tensors.tensors.get('bn1.bias')?.rows(0, 4),
    )
    await model.close()
    expect(JSON.parse(readFileSync(join(folder, 'hub/config.json'), 'utf8'))).toMatchObject({
      ...{ architectures: ['tiny'], image_size: [112, 112], embedding_size: 300, arcc: '1.2.3' },
      weights: { step: 40, experiment: 'mine' },
    })
    expect(frontMatter('hub')).toMatchObject({
      license: 'unknown',
      'model-index': [{ results: [{ dataset: { name: 'lfw' }, metrics: [{ value: 0.9912 }] }] }],
    })
  })

  test.each([
    ['cc-by-nc-4.0', { license: 'cc-by-nc-4.0' }],
    ['My own: terms', { license: 'other', license_name: 'My own: terms' }],
  ])('license %s', async (license, expected) => {
    await writeHuggingFace(request('licensed', { license, force: true }))
    expect(frontMatter('licensed')).toMatchObject(expected)
  })

  test('replaces only an earlier export, and only if asked to', async () => {
    await expect(writeHuggingFace(request('hub'))).rejects.toThrow(anError('ARC6830', {}))
    await writeHuggingFace(request('hub/', { force: true, training: undefined }))
    expect(existsSync(join(folder, 'hub/mine.arc'))).toBe(false)
    mkdirSync(join(folder, 'photos'))
    await expect(writeHuggingFace(request('photos', { force: true }))).rejects.toThrow(anError('ARC6831', {}))
  })

  test('never takes a folder of others for its own files', async () => {
    mkdirSync(join(folder, 'near.partial'))
    writeFileSync(join(folder, 'near.partial/mine.txt'), 'mine')
    const refused = anError('ARC6831', { folder: join(folder, 'near.partial') })
    await expect(writeHuggingFace(request('near'))).rejects.toThrow(refused)
    expect(readdirSync(join(folder, 'near.partial'))).toEqual(['mine.txt'])
    mkdirSync(join(folder, 'killed.partial'))
    await writeHuggingFace(request('killed'))
    expect(existsSync(join(folder, 'killed.partial'))).toBe(false)
  })

  test('has the evaluations of sets whose names are alike, and the command that opens it', async () => {
    const evaluation = evaluationOf({})
    const evaluations = ['人', '人', 'a b', 'a/b'].map((name) => ({ ...evaluation, set: { ...evaluation.set, name } }))
    const { files } = await writeHuggingFace(request('alike', { evaluations, verified: [] }))
    expect(files.slice(4)).toEqual(['人', '人-2', 'a_b', 'a_b-2'].map((name) => `evaluations/${name}/evaluation.json`))
    const card = readFileSync(join(folder, 'alike/README.md'), 'utf8')
    expect(card).toContain('\narcc embed model.safetensors FACES --out faces.npy --backbone r18\n')
  })

  test('a failure leaves nothing', async () => {
    const weights = weightsOf({ 'fc.weight': [2, 2] }, () => Number.NaN)
    await expect(writeHuggingFace(request('failed', { weights }))).rejects.toThrow(anError('ARC6770', {}))
    expect(readdirSync(folder).filter((name) => name.startsWith('failed'))).toEqual([])
    const under = join(folder, 'mine.arc', 'hub')
    await expect(writeHuggingFace(request('x', { folder: under }))).rejects.toThrow(anError('ARC6832', {}))
  })
})
