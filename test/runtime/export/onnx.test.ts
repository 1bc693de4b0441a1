import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { Value } from '../../../compiler/ir/graph.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { type InferenceGraph, inferenceGraph } from '../../../compiler/plan/inference-graph.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { exportOnnx } from '../../../runtime/export/onnx/export-onnx.ts'
import { anError } from '../../helpers/facts.ts'
import { fuzzCount, seededRandom } from '../../helpers/mutate.ts'
import { mutateBytes } from '../../helpers/mutate-bytes.ts'
import { backboneOf, exported, residual, saved, transformer, usual, weightsOf } from '../../helpers/onnx-export.ts'
import { readOnnx } from '../../helpers/onnx-reader.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

const operatorsOf = (path: string) => {
  const counts: Record<string, number> = {}
  for (const { operator } of readOnnx(path).nodes) counts[operator] = (counts[operator] ?? 0) + 1
  return counts
}

describe('the model', () => {
  const backbone = backboneOf(residual)

  test('has one operator per layer and no Transpose; normalizations are folded where that is exact', async () => {
    const path = await exported(folder, backbone, await saved(folder, backbone))
    // bn1 of the block comes after a sum of two branches, and before a convolution with padding.
    expect(operatorsOf(path)).toEqual({ Conv: 5, PRelu: 2, BatchNormalization: 1, Add: 1, Flatten: 1, Gemm: 1 })
    const model = readOnnx(path)
    expect(model).toMatchObject({
      irVersion: 8,
      opset: 17,
      producer: ['arcc', '1.2.3'],
      input: ['data', ['batch', 3, 12, 12]],
      output: ['embedding', ['batch', 6]],
      metadata: { backbone: 'mine', preprocessing: 'outside', batch_norm: 'folded' },
    })
    expect(model.metadata.weights_sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(model.nodes[0]).toMatchObject({
      name: '/conv1/Conv',
      inputs: ['data', 'conv1.weight', 'bn1.bias.shift'],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], group: 1 },
    })
    // Every input is an earlier output, a tensor, or the images.
    const known = new Set(['data', ...Object.keys(model.tensors)])
    for (const { inputs, outputs } of model.nodes) {
      expect(inputs.filter((name) => !known.has(name))).toEqual([])
      for (const name of outputs) known.add(name)
    }
    expect(known).toContain('embedding')
  })

  test('has filters scaled by scale / √(variance + ε), and biases shifted', async () => {
    const weights = weightsOf(backbone)
    const { tensors } = readOnnx(await exported(folder, backbone, await saved(folder, backbone)))
    const at = (name: string, i: number) => weights.get(name)?.values[i] ?? Number.NaN
    const factor = at('bn1.weight', 2) / Math.sqrt(at('bn1.running_var', 2) + 1e-5)
    expect(tensors['conv1.weight']?.shape).toEqual([4, 3, 3, 3])
    expect(tensors['conv1.weight']?.values[2 * 27 + 5]).toBeCloseTo(at('conv1.weight', 2 * 27 + 5) * factor, 6)
    const shift = at('bn1.bias', 2) - at('bn1.running_mean', 2) * factor
    expect(tensors['bn1.bias.shift']?.values[2]).toBeCloseTo(shift, 6)
    const own = at('bn2.weight', 1) / Math.sqrt(at('bn2.running_var', 1) + 1e-5)
    const joined = at('bn2.bias', 1) + (at('deep.bias', 1) - at('bn2.running_mean', 1)) * own
    expect(tensors['deep.bias']?.values[1]).toBeCloseTo(joined, 6)
  })

  test('keeps normalizations and weights if told', async () => {
    const path = await exported(folder, backbone, await saved(folder, backbone), { fold: false })
    expect(operatorsOf(path)).toMatchObject({ Conv: 5, BatchNormalization: 7, Gemm: 1 })
    const weights = weightsOf(backbone)
    const { tensors } = readOnnx(path)
    for (const [name, { shape, values }] of weights) {
      // Slopes repeat over height and width.
      const stored = name.includes('prelu') ? [...shape, 1, 1] : shape
      expect(tensors[name]).toEqual({ shape: stored, type: 1, values: Array.from(values), offset: undefined })
    }
  })

  test('says by the names of its first nodes whether it takes bytes, as insightface expects', async () => {
    const weights = await saved(folder, backbone)
    const [outside, inside] = await Promise.all(
      (['outside', 'inside'] as const).map(async (preprocess) =>
        readOnnx(await exported(folder, backbone, weights, { preprocess })),
      ),
    )
    expect(inside?.nodes.slice(0, 2).map(({ name }) => name)).toEqual(['Sub', 'Mul'])
    expect(outside?.nodes.filter(({ name }) => /^(Sub|Mul|Div|_minus|_mul)/.test(name))).toEqual([])
    expect(inside?.metadata.preprocessing).toBe('inside')
  })

  test('has half as many bytes in f16, except of layers that are declared precise', async () => {
    const { tensors, nodes } = readOnnx(await exported(folder, backbone, await saved(folder, backbone), { f16: true }))
    expect(tensors['conv1.weight']?.type).toBe(10)
    expect(tensors['prelu.weight']).toMatchObject({ type: 10, shape: [4, 1, 1] })
    expect(tensors['fc.weight']?.type).toBe(1)
    expect(nodes.filter(({ operator }) => operator === 'Cast')).toHaveLength(2)
    expect(nodes.filter(({ operator }) => operator === 'BatchNormalization')).toEqual([])
  })

  test('has large tensors in a file of external data, on pages of their own', async () => {
    const weights = await saved(folder, backbone)
    const path = await exported(folder, backbone, weights, { external: true })
    expect(readdirSync(join(path, '..')).sort()).toEqual(['net.onnx', 'net.onnx.data'])
    const whole = readOnnx(await exported(folder, backbone, weights, { external: false }))
    const split = readOnnx(path)
    for (const [name, tensor] of Object.entries(split.tensors)) {
      expect(tensor.values).toEqual(whole.tensors[name]?.values)
      expect((tensor.offset ?? 0) % 4096).toBe(0)
    }
    const outside = Object.values(split.tensors).filter(({ offset }) => offset !== undefined)
    expect(outside.length).toBeGreaterThan(2)
    expect(statSync(path).size).toBeLessThan(10_000)
  })

  test('of a gray network whose parameters are called as its input and its output are', async () => {
    const gray = backboneOf(`
backbone mine() on Image(4, 4, 1) -> Vector(2) {
  let flat = flatten(input)
  let scaled = flat * expand(parameter("data", [1, 16], normal(1.0)), [input.batch, 16])
  let moved = scaled + expand(parameter("images", [1, 16], normal(1.0)), [input.batch, 16])
  let last = moved |> linear(2, bias: false) as fc
  last + expand(parameter("embedding", [1, 2], normal(1.0)), [input.batch, 2])
}`)
    const { nodes, tensors, metadata, input, output } = readOnnx(
      await exported(folder, gray, await saved(folder, gray)),
    )
    expect({ input, output }).toEqual({ input: ['data', ['batch', 1, 4, 4]], output: ['embedding', ['batch', 2]] })
    expect(metadata.input).toMatch(/^gray, NCHW, 1 x 4 x 4/)
    expect(Object.keys(tensors).toSorted()).toEqual(['data_1', 'embedding_1', 'fc.weight', 'images'])
    expect(nodes.at(-1)?.outputs).toEqual(['embedding'])
  })

  test('of a transformer has the operators of its layers', async () => {
    const own = backboneOf(transformer)
    const path = await exported(folder, own, await saved(folder, own))
    const counts = operatorsOf(path)
    expect(counts).toMatchObject({ LayerNormalization: 3, Softmax: 1, Clip: 1, MatMul: 6, Concat: 2 })
    expect(counts.Transpose).toBe(5)
    expect(counts.ReduceSum).toBeUndefined()
  })
})

describe('networks that ONNX cannot express', () => {
  test('a factor that depends on the number of images', async () => {
    const backbone = backboneOf(`
backbone mine() on Image(4, 4, 3) -> Vector(3) {
  average_pool(input) * (1 / input.batch)
}`)
    const network = need(inferenceGraph(backbone, 'f32'), 'a graph')
    const build = exportOnnx(network, { path: 'w', tensors: noTensors, sha256: async () => '' }, nowhere, usual)
    await expect(build).rejects.toThrow(anError('ARC6801', { place: 'its constant' }))
  })

  test('an op that only training has is named', async () => {
    const network = graphOf((b, images) => ops.reshape(b, ops.reverse(b, images, [2]), [images.type.shape[0] ?? 0, 12]))
    const build = exportOnnx(network, { path: 'w', tensors: noTensors, sha256: async () => '' }, nowhere, usual)
    await expect(build).rejects.toThrow(anError('ARC6800', { op: 'reverse', reason: 'which only mirror images have' }))
  })

  test('more than 2 GB in one file', async () => {
    const network = graphOf(
      (b, images) => {
        const weight = b.input('weight', { dtype: 'f32', shape: [100_000_000, 12] })
        return ops.matmul(b, ops.reshape(b, images, [images.type.shape[0] ?? 0, 12]), weight, { transposeRhs: true })
      },
      [{ name: 'weight', shape: [100_000_000, 12], layout: 'same' }],
    )
    const options = { ...usual, external: false }
    const build = exportOnnx(network, { path: 'w', tensors: noTensors, sha256: async () => '' }, nowhere, options)
    await expect(build).rejects.toThrow(anError('ARC6809', { bytes: '4.8 GB' }))
  })
})

const noTensors = {
  dictionary: { path: [], tensors: new Map() },
  prefix: '',
  tensors: new Map(),
  counters: 0,
  leftOut: 0,
}
const nowhere = { folder, name: 'nowhere.onnx', shown: 'nowhere.onnx' }

/** A network of images [N,2,2,3] that is given as ops. */
function graphOf(
  body: (b: GraphBuilder, images: Value) => Value,
  weights: InferenceGraph['weights'] = [],
): InferenceGraph {
  const build = (batch: number) => {
    const b = new GraphBuilder('inference', 1)
    const images = b.input('images', { dtype: 'f32', shape: [batch, 2, 2, 3] })
    return b.finish([{ name: 'embeddings', value: body(b, images) }])
  }
  const batches = [1009, 1013] as const
  const graphs = [build(batches[0]), build(batches[1])] as const
  return { backbone: 'made', image: [2, 2, 3], embedding: 12, weights, graphs, batches }
}

describe('damaged weights', () => {
  const backbone = backboneOf(residual)

  test.each([
    ['not finite', 'conv1.weight', Number.NaN, {}, 'ARC6770', ['conv1.weight']],
    ['beyond f16', 'conv1.weight', 1e6, { f16: true, fold: false }, 'ARC6802', ['conv1.weight']],
    ['a negative variance', 'bn1.running_var', -3, {}, 'ARC6810', ['bn1.running_var']],
  ])('%s', async (_, tensor, value, options, code, tensors) => {
    const weights = await saved(folder, backbone, (name, values) => {
      if (name === tensor) values[1] = value
    })
    await expect(exported(folder, backbone, weights, options)).rejects.toThrow(anError(code, { tensors }))
  })

  const count = fuzzCount(60)

  test(`${count} mutated files are exported or refused by name`, async () => {
    const own = backboneOf(`
backbone mine() on Image(4, 4, 3) -> Vector(2) {
  input |> conv(2, kernel: 3) as conv1 |> batch_norm as bn |> flatten |> linear(2) as fc
}`)
    const whole = readFileSync(await saved(folder, own))
    const random = seededRandom(680)
    const path = join(folder, 'mutated.safetensors')
    const codes = new Set<string>()
    for (let i = 0; i < count; i++) {
      writeFileSync(path, mutateBytes(whole, random))
      const code = await exported(folder, own, path, { into: 'mutated' }).then(
        () => 'exported',
        (error: unknown) => (error instanceof ArccError ? error.code : `file ${i}: ${String(error)}`),
      )
      codes.add(code)
    }
    expect([...codes].filter((code) => !/^(exported|ARC6(40\d|76[0-4]|770|810))$/.test(code))).toEqual([])
    expect(codes).toContain('exported')
  }, 900_000)
})
