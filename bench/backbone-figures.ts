/**
 * Compares a backbone with its reference in PyTorch (`backbones_torch.py`): embeddings in evaluation, and the embeddings, running
 * statistics and gradients of a training step. Weights and images are made by the same formulas on both sides.
 *
 * Legend: N images, D embedding, kh kw window, I O channels in and out; filters are [kh,kw,I,O] here and [O,I,kh,kw] in PyTorch.
 */
import type { Backbone } from '../compiler/experiment/experiment.ts'
import { GraphBuilder } from '../compiler/ir/build.ts'
import { elementCount } from '../compiler/ir/dtype.ts'
import type { Value } from '../compiler/ir/graph.ts'
import * as ops from '../compiler/ir/ops.ts'
import { gradient } from '../compiler/ir/vjp.ts'
import type { ParameterSpec } from '../compiler/values/elaboration.ts'
import { need } from '../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../runtime/engine.ts'

/** What `backbones_torch.py` writes; a short form is the norm of a tensor, and its product with a wave. */
export interface BackboneFigures {
  readonly parameters: number
  readonly embeddings: readonly number[]
  readonly trained: readonly number[]
  readonly gradients: Readonly<Record<string, readonly [norm: number, product: number]>>
  readonly running: Readonly<Record<string, readonly [norm: number, product: number]>>
  /** How far PyTorch's gradients in f32 are apart from these, by the measure of `compareBackbone`. */
  readonly rounding: number
}

/** Largest differences, each relative to the largest number or norm that it is compared with. */
export interface BackboneDifferences {
  readonly embeddings: number
  readonly trained: number
  readonly gradients: number
  readonly running: number
  /** Names that only one side has. */
  readonly names: readonly string[]
}

/** The tensor at a path, of `shape` as in PyTorch: a hash of path and index, scaled by what the tensor is. */
function made(path: string, shape: readonly number[]): Float32Array {
  let seed = 0x811c9dc5
  for (const char of path) seed = Math.imul(seed ^ (char.codePointAt(0) ?? 0), 0x01000193)
  const width = Math.sqrt(3 / elementCount(shape.slice(1)))
  const isFactor = /(weight|running_var|gamma)$/.test(path)
  return Float32Array.from({ length: elementCount(shape) }, (_, i) => {
    let x = (Math.imul(i, 0x9e3779b9) + seed) | 0
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
    x ^= x >>> 16
    const even = (2 * (x >>> 0)) / 2 ** 32 - 1
    if (shape.length > 1) return width * even
    return isFactor ? 0.75 + 0.25 * even : 0.2 * even
  })
}

/** Element numbers of PyTorch's filter for each element of arcc's. */
function torchOrder({ shape, layout }: Pick<ParameterSpec, 'shape' | 'layout'>): (index: number) => number {
  if (layout === 'same') return (index) => index
  const [kh = 1, kw = 1, inputs = 1, outputs = 1] = shape
  return (index) => {
    const [o, i] = [index % outputs, Math.floor(index / outputs) % inputs]
    const place = Math.floor(index / (outputs * inputs))
    return (o * inputs + i) * kh * kw + place
  }
}

function torchShape({ shape, layout }: Pick<ParameterSpec, 'shape' | 'layout'>): readonly number[] {
  const [kh = 1, kw = 1, inputs = 1, outputs = 1] = shape
  return layout === 'same' ? shape : [outputs, inputs, kh, kw]
}

function weightOf(spec: ParameterSpec): HostTensor {
  const numbers = made(spec.path, torchShape(spec))
  const from = torchOrder(spec)
  return { dtype: 'f32', shape: spec.shape, data: Float32Array.from(numbers, (_, i) => numbers[from(i)] ?? Number.NaN) }
}

function images(count: number, [height, width, channels]: Backbone['input']): HostTensor {
  const shape = [count, height, width, channels]
  const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => {
    const c = i % channels
    const [w, h] = [Math.floor(i / channels) % width, Math.floor(i / (channels * width)) % height]
    const n = Math.floor(i / (channels * width * height))
    return ((31 * n + 7 * h + 3 * w + 101 * c + h * w) % 256) / 127.5 - 1
  })
  return { dtype: 'f32', shape, data }
}

interface Built {
  readonly graph: ReturnType<GraphBuilder['finish']>
  readonly inputs: readonly HostTensor[]
  readonly specs: readonly ParameterSpec[]
}

/** The graph of a mode; in training it also gives the gradients of the trained weights, and the new statistics. */
function build(backbone: Backbone, mode: 'train' | 'evaluate', count: number): Built {
  const b = new GraphBuilder(mode, 1)
  const inputs: HostTensor[] = []
  const specs: ParameterSpec[] = []
  const give = (name: string, tensor: HostTensor) => {
    inputs.push(tensor)
    return b.input(name, tensor)
  }
  const weights = new Map<string, Value>()
  const updates = new Map<string, Value>()
  const given = give('images', images(count, backbone.input))
  const embeddings = backbone.apply(
    {
      builder: b,
      mode,
      compute: 'f32',
      parameter(spec) {
        specs.push(spec)
        const value = give(spec.path, weightOf(spec))
        if (!spec.buffer) weights.set(spec.path, value)
        return value
      },
      update: (path, value) => updates.set(path, value),
    },
    given,
  )
  const result = need(embeddings, 'embeddings')
  const outputs = [{ name: 'embeddings', value: result }]
  if (mode === 'train') {
    const wave = Float32Array.from({ length: elementCount(result.type.shape) }, (_, i) => Math.cos(i))
    const cotangent = ops.constant(b, result.type, wave)
    const found = gradient(b, [{ value: result, cotangent }], [...weights.values()])
    ;[...weights.keys()].forEach((path, i) => {
      outputs.push({ name: path, value: need(found[i], `the gradient of ${path}`) })
    })
    for (const [path, value] of updates) outputs.push({ name: path, value })
  }
  return { graph: b.finish(outputs), inputs, specs }
}

async function run(engine: Engine, { graph, inputs }: Built): Promise<ReadonlyMap<string, Float32Array>> {
  const program = await engine.compile(graph)
  const given = await Promise.all(inputs.map((tensor) => engine.upload(0, tensor)))
  const [results = []] = await program.run([given])
  const read = await Promise.all(results.map((tensor) => tensor.read()))
  for (const tensor of [...given, ...results]) tensor.dispose()
  program.dispose()
  return new Map(graph.outputs.map(({ name }, i) => [name, Float32Array.from(need(read[i], name).data)]))
}

/** The norm of a tensor, and its product with a wave, both in PyTorch's order of elements. */
function short(numbers: Float32Array, spec: ParameterSpec): readonly [number, number] {
  const to = torchOrder(spec)
  let [squares, product] = [0, 0]
  numbers.forEach((number, i) => {
    squares += number * number
    product += number * Math.cos(to(i))
  })
  return [Math.sqrt(squares), product]
}

function apart(actual: readonly number[], wanted: readonly number[]): number {
  const largest = Math.max(...wanted.map(Math.abs))
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN))))
  return Number.isNaN(worst) ? Number.POSITIVE_INFINITY : worst / largest
}

/** Gradients are compared relative to their own norm, or to 1e-3 of the largest one if that is more. */
export async function compareBackbone(
  backbone: Backbone,
  figures: BackboneFigures,
  engine: Engine,
): Promise<BackboneDifferences> {
  const count = figures.embeddings.length / backbone.embedding
  const evaluated = await run(engine, build(backbone, 'evaluate', count))
  const training = build(backbone, 'train', count)
  const results = await run(engine, training)
  const wantedOf = (spec: ParameterSpec) => (spec.buffer ? figures.running : figures.gradients)[spec.path]
  const largest = Math.max(...Object.values(figures.gradients).map(([norm]) => norm))
  const compare = (isBuffer: boolean) =>
    training.specs
      .filter((spec) => spec.buffer === isBuffer)
      .map((spec) => {
        const [norm = Number.NaN, product = Number.NaN] = wantedOf(spec) ?? []
        const [ownNorm, ownProduct] = short(need(results.get(spec.path), spec.path), spec)
        const scale = isBuffer ? norm : Math.max(norm, largest * 1e-3)
        return Math.max(Math.abs(ownNorm - norm), Math.abs(ownProduct - product)) / scale
      })
  const paths = new Set(training.specs.map(({ path }) => path))
  const golden = [...Object.keys(figures.gradients), ...Object.keys(figures.running)]
  const rows = (from: ReadonlyMap<string, Float32Array>) => Array.from(from.get('embeddings') ?? [])
  return {
    embeddings: apart(rows(evaluated), figures.embeddings),
    trained: apart(rows(results), figures.trained),
    gradients: Math.max(0, ...compare(false)),
    running: Math.max(0, ...compare(true)),
    names: [...golden.filter((path) => !paths.has(path)), ...[...paths].filter((path) => !golden.includes(path))],
  }
}
