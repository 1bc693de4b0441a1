/**
 * The backbone's part of a step: from images to embeddings, and from the gradient of the embeddings to that of its weights. With
 * gradient accumulation it runs twice: once for the embeddings of all parts, keeping nothing else, and once more for each part's
 * gradient (Gao et al., arXiv:2101.06983). The head in between sees the whole batch, so the parts change only the batch that
 * batch normalization sees: one part, of this device or, if synced, of all of them.
 *
 * Legend: b images of one device, m = b / parts of them in a part, H W height and width, C channels, D embedding width.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { SettledExperiment } from '../experiment/experiment.ts'
import { batchPerDevice } from '../experiment/lengths.ts'
import { isFrozen, isFrozenBuffer } from '../experiment/parameter-paths.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type { Value } from '../ir/graph.ts'
import { forLoop, type LoopBody } from '../ir/loop.ts'
import * as ops from '../ir/ops.ts'
import { recomputeCheap } from '../ir/recompute.ts'
import { gradientByBlocks } from '../ir/recompute-blocks.ts'
import { gradient, type Seed } from '../ir/vjp.ts'
import type { Recomputation } from '../schema/experiment.ts'
import type { ParameterSpec } from '../values/elaboration.ts'
import { type AppliedBackbone, applyBackbone } from './backbone.ts'
import { mirrorSome, normalizeImages } from './images.ts'
import { sampleRandom } from './sample-random.ts'

export interface TrunkInput {
  /** u8 [b,H,W,C] bytes, or f32 [b,H,W,C] that enter the backbone unchanged. */
  readonly images: Value
  /** u8 [b] */
  readonly flip: Value
  /** i32 [] */
  readonly step: Value
  /** The backbone's weights and buffers, and their values by path. */
  readonly parameters: readonly ParameterSpec[]
  readonly weights: ReadonlyMap<string, Value>
}

export interface Trunk {
  /** f32 [b,D] */
  readonly embeddings: Value
  /** New values of buffers, by path. */
  readonly updates: ReadonlyMap<string, Value>
  /** The gradients of weights, by path, from that of the embeddings; `undefined` if none arrives. */
  gradients(cotangent: Value, wrt: readonly string[]): readonly (Value | undefined)[]
}

export function buildTrunk(b: GraphBuilder, experiment: SettledExperiment, input: TrunkInput): Trunk {
  return experiment.train.accumulate === 1 ? wholeBatch(b, experiment, input) : inParts(b, experiment, input)
}

function valueAt(values: ReadonlyMap<string, Value>, path: string): Value {
  return need(values.get(path), `parameter ${path}`)
}

type Part = Omit<TrunkInput, 'parameters'>

/** The backbone on a part of the device's batch that begins at row `offset`, i32 [] or a number. */
function forward(b: GraphBuilder, experiment: SettledExperiment, part: Part, offset: ops.Arg): AppliedBackbone {
  const { backbone, train } = experiment
  const { images, flip, step, weights } = part
  const own = ops.multiply(b, ops.replicaId(b), batchPerDevice(experiment))
  const first = ops.add(b, own, typeof offset === 'number' ? offset : ops.convert(b, offset, 'u32'))
  const normalized = images.type.dtype === 'u8' ? normalizeImages(b, images) : images
  return applyBackbone(b, backbone, experiment.augment.flip > 0 ? mirrorSome(b, normalized, flip) : normalized, {
    mode: 'train',
    compute: train.precision,
    synced: train.batchNorm === 'synced',
    ...(train.freeze.length === 0 ? {} : { frozen: (path) => isFrozen(path, train) }),
    weights,
    random: sampleRandom(b, train.seed, step, first),
  })
}

function wholeBatch(b: GraphBuilder, experiment: SettledExperiment, input: TrunkInput): Trunk {
  const { embeddings, updates } = b.within({ phase: 'forward' }, () => forward(b, experiment, input, 0))
  return {
    embeddings,
    updates,
    gradients(cotangent, wrt) {
      const weights = wrt.map((path) => valueAt(input.weights, path))
      return weightGradients(b, { value: embeddings, cotangent }, input.images, weights, experiment.train.recompute)
    },
  }
}

/** `cheap` for a whole batch is applied when the graph is finished. */
function weightGradients(
  b: GraphBuilder,
  seed: Seed,
  images: Value,
  weights: readonly Value[],
  recompute: Recomputation,
): readonly (Value | undefined)[] {
  return recompute === 'blocks' ? gradientByBlocks(b, seed, images, weights) : gradient(b, [seed], weights)
}

function inParts(b: GraphBuilder, experiment: SettledExperiment, input: TrunkInput): Trunk {
  const { backbone, train } = experiment
  const { images, flip, step, parameters, weights } = input
  const { accumulate: parts, recompute } = train
  const batch = batchPerDevice(experiment)
  const rows = batch / parts
  const paths = parameters.map((spec) => spec.path)
  const buffers = parameters.filter((spec) => spec.buffer && !isFrozenBuffer(spec.path, train)).map((spec) => spec.path)
  const fixed = paths.filter((path) => !buffers.includes(path))
  const values = (names: readonly string[]) => names.map((path) => valueAt(weights, path))

  /** The part of trip t, from the loop's own copies of images, flips and step. */
  const cut = (inner: GraphBuilder, trip: Value, given: readonly Value[], own: ReadonlyMap<string, Value>) => {
    const [allImages, allFlips, at] = given
    const offset = ops.multiply(inner, trip, rows)
    const part: Part = {
      images: rowsFrom(inner, need(allImages, 'images'), offset, rows),
      flip: rowsFrom(inner, need(allFlips, 'flip'), offset, rows),
      step: need(at, 'step'),
      weights: own,
    }
    return { part, offset }
  }
  const named = (names: readonly string[], given: readonly Value[]) =>
    names.map((path, i): [string, Value] => [path, need(given[i], path)])

  // Before a second pass, the first one is a separate phase: what is kept for the backward pass belongs to the second.
  const isTrained = parameters.some((spec) => spec.trainable && !isFrozen(spec.path, train))
  const phase = isTrained ? 'evaluate' : 'forward'
  const [embeddings, ...statistics] = b.within({ phase, path: 'embeddings of all parts' }, () =>
    forLoop(
      b,
      parts,
      [images, flip, step, ...values(fixed)],
      [ops.splat(b, 0, { dtype: 'f32', shape: [batch, backbone.embedding] }), ...values(buffers)],
      ({ builder, trip, invariants, carried }) => {
        const [sofar, ...old] = carried
        const own = new Map([...named(fixed, invariants.slice(3)), ...named(buffers, old)])
        const { part, offset } = cut(builder, trip, invariants, own)
        const applied = forward(builder, experiment, part, offset)
        const all = ops.dynamicUpdateSlice(builder, need(sofar, 'the embeddings'), applied.embeddings, [offset, 0])
        return [all, ...buffers.map((path) => applied.updates.get(path) ?? valueAt(own, path))]
      },
    ),
  )

  const gradients: Trunk['gradients'] = (cotangent, wrt) => {
    if (wrt.length === 0) return []
    const zeros = wrt.map((path) => ops.splat(b, 0, valueAt(weights, path).type))
    const invariants = [images, flip, step, cotangent, ...values(paths)]
    const body = ({ builder, trip, invariants: given, carried }: LoopBody) => {
      const own = new Map(named(paths, given.slice(4)))
      const { part, offset, applied } = builder.within({ phase: 'forward' }, () => {
        const piece = cut(builder, trip, given, own)
        return { ...piece, applied: forward(builder, experiment, piece.part, piece.offset) }
      })
      const seed = {
        value: applied.embeddings,
        cotangent: rowsFrom(builder, need(given[3], 'the gradient of the embeddings'), offset, rows),
      }
      const weightsHere = wrt.map((path) => valueAt(own, path))
      const found = weightGradients(builder, seed, part.images, weightsHere, recompute)
      return carried.map((sum, i) => {
        const more = found[i]
        return more === undefined ? sum : ops.add(builder, sum, more)
      })
    }
    return forLoop(b, parts, invariants, zeros, body, recompute === 'cheap' ? recomputeCheap : undefined)
  }
  return { embeddings: need(embeddings, 'the embeddings'), updates: new Map(named(buffers, statistics)), gradients }
}

/** Rows [offset, offset + count) of x [b,…]. */
function rowsFrom(b: GraphBuilder, x: Value, offset: Value, count: number): Value {
  const rest = x.type.shape.slice(1)
  return ops.dynamicSlice(b, x, [offset, ...rest.map(() => 0)], [count, ...rest])
}
