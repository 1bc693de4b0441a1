/**
 * One case of the shared table of op cases (`test/ops`). The same cases run on the reference evaluator, on each engine, and
 * through finite differences, so an op means the same thing everywhere.
 */

import { GraphBuilder } from '../../compiler/ir/build.ts'
import { type DType, elementCount, isFloat, type TensorType } from '../../compiler/ir/dtype.ts'
import type { Graph, Value } from '../../compiler/ir/graph.ts'
import type { OpKind } from '../../compiler/ir/op.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { hostTensor } from './host-tensor.ts'

export interface OpCase {
  /** `conv2d: stride 2`; unique. */
  readonly name: string
  /** The tested kind; the graph can contain others. */
  readonly kind: OpKind
  readonly replicas: number
  /** A new graph; outputs are `out0`, `out1`, … */
  readonly graph: () => Graph
  /** The inputs of each replica, the same on every call. */
  readonly inputs: readonly (readonly HostTensor[])[]
  /** An engine's output must be within `tolerance` · max(1, |reference|); 0 without floats. */
  readonly tolerance: number
  /** Indices of the inputs whose gradients finite differences check; the graph is smooth near the inputs' values. */
  readonly differentiable: readonly number[]
}

/** The contents of an input. */
export interface InputSpec {
  readonly type: TensorType
  /** Element `index` of `count` on `replica`; `random` is uniform in [0, 1). */
  readonly fill: (random: () => number, index: number, replica: number) => number
}

/** Floats uniform in [low, high). */
export function floats(shape: readonly number[], low = -1, high = 1, dtype: DType = 'f32'): InputSpec {
  return { type: { dtype, shape }, fill: (random) => low + (high - low) * random() }
}

/** Whole numbers in [low, high]. */
export function integers(shape: readonly number[], low: number, high: number, dtype: DType = 'i32'): InputSpec {
  return { type: { dtype, shape }, fill: (random) => low + Math.floor((high - low + 1) * random()) }
}

export function booleans(shape: readonly number[]): InputSpec {
  return integers(shape, 0, 1, 'pred')
}

/** These numbers, on every replica. */
export function given(dtype: DType, shape: readonly number[], numbers: readonly number[]): InputSpec {
  return { type: { dtype, shape }, fill: (_, index) => need(numbers[index], `number ${index}`) }
}

const tolerances: { readonly [D in DType]: number } = {
  f64: 1e-12,
  f32: 2e-5,
  f16: 4e-3,
  bf16: 3e-2,
  i32: 0,
  u32: 0,
  u8: 0,
  i8: 0,
  pred: 0,
}

interface CaseBody<N extends string> {
  readonly inputs: { readonly [K in N]: InputSpec }
  readonly build: (b: GraphBuilder, v: { readonly [K in N]: Value }) => Value | readonly Value[]
  /** Default: 1. */
  readonly replicas?: number
  /** Default: depends on the coarsest dtype of inputs and outputs. */
  readonly tolerance?: number
  /** Default: all float inputs. */
  readonly differentiable?: readonly NoInfer<N>[]
}

/** Creates a case. `name` is unique within `kind`. */
export function opCase<N extends string>(kind: OpKind, name: string, body: CaseBody<N>): OpCase {
  const { replicas = 1 } = body
  const full = `${kind}: ${name}`
  const names = Object.keys(body.inputs) as N[]
  const specs: readonly InputSpec[] = names.map((input) => body.inputs[input])
  const graph = () => {
    const b = new GraphBuilder('case', replicas)
    const values = names.map((input) => [input, b.input(input, body.inputs[input].type)])
    const built = body.build(b, Object.fromEntries(values) as { [K in N]: Value })
    const outputs = Array.isArray(built) ? (built as readonly Value[]) : [built as Value]
    return b.finish(outputs.map((value, i) => ({ name: `out${i}`, value })))
  }
  const dtypes = [...specs.map((spec) => spec.type.dtype), ...graph().outputs.map((output) => output.value.type.dtype)]
  const smooth = body.differentiable ?? names.filter((input) => isFloat(body.inputs[input].type.dtype))
  return {
    name: full,
    kind,
    replicas,
    graph,
    inputs: Array.from({ length: replicas }, (_, replica) =>
      specs.map((spec, i) => fillTensor(spec, randomOf(`${full} ${i} ${replica}`), replica)),
    ),
    tolerance: body.tolerance ?? Math.max(...dtypes.map((dtype) => tolerances[dtype])),
    differentiable: smooth.map((input) => names.indexOf(input)),
  }
}

function fillTensor({ type, fill }: InputSpec, random: () => number, replica: number): HostTensor {
  const numbers = Array.from({ length: elementCount(type.shape) }, (_, index) => fill(random, index, replica))
  return hostTensor(type, numbers)
}

/** Uniform numbers in [0, 1) that depend only on `seed` (FNV-1a, then MurmurHash3's finalizer over a counter). */
export function randomOf(seed: string): () => number {
  let key = 0x811c9dc5
  for (const char of seed) key = Math.imul(key ^ (char.codePointAt(0) ?? 0), 0x01000193)
  let counter = 0
  return () => {
    let h = (key + Math.imul(counter++, 0x9e3779b9)) | 0
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
  }
}
