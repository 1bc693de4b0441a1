/**
 * The probes for measuring a GPU: the ops of a face-recognition step with its sizes and element types. A program contains each op
 * several times, since a single one would finish before the host is notified.
 *
 * Legend: N batch, s image side, C O channels, k window side, G groups; x [N,s,s,C], w [k,k,C/G,O], y dy [N,s/stride,s/stride,O].
 */

import type { GpuDtype, GpuProfile } from '../../compiler/host/machine-profile.ts'
import type { TensorType } from '../../compiler/ir/dtype.ts'
import type { Graph, Value } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { need } from '../../grammar/diagnostic.ts'
import { f32, probeGraph } from './probes.ts'

type ConvolutionAt = Omit<GpuProfile['convolutions'][number], 'rate'>

/** The sizes of the probes. */
export interface GpuProbeSizes {
  /** [M,K,N] */
  readonly products: readonly (readonly [number, number, number])[]
  /** [s,C,O,k,stride,G]; those of `f32` are also measured with that element type. */
  readonly convolutions: readonly (readonly [number, number, number, number, number, number])[]
  readonly f32Convolutions: readonly number[]
  /** [N,s,s,C] */
  readonly streams: readonly (readonly [number, number, number, number])[]
  /** N for the convolutions, and the number of times a program contains an op. */
  readonly batch: number
  readonly copies: number
}

export const gpuProbeSizes: GpuProbeSizes = {
  products: [
    [8192, 64, 8192],
    [128, 25088, 512],
    [8192, 512, 8192],
    [8192, 4096, 8192],
  ],
  convolutions: [
    [112, 3, 64, 3, 1, 1],
    [112, 64, 64, 3, 1, 1],
    [112, 64, 64, 3, 2, 1],
    [56, 64, 64, 3, 1, 1],
    [56, 128, 128, 3, 2, 1],
    [28, 128, 128, 3, 1, 1],
    [28, 256, 256, 3, 2, 1],
    [14, 256, 256, 3, 1, 1],
    [14, 512, 512, 3, 2, 1],
    [7, 512, 512, 3, 1, 1],
    [56, 64, 128, 1, 2, 1],
    [56, 128, 128, 1, 1, 1],
    [56, 128, 128, 3, 1, 128],
    [28, 256, 256, 3, 2, 256],
    [14, 256, 256, 3, 1, 256],
  ],
  f32Convolutions: [0, 3, 7, 11, 12],
  streams: [
    [128, 14, 14, 128],
    [128, 56, 56, 64],
  ],
  batch: 32,
  copies: 4,
}

const operand = (values: readonly Value[], i: number): Value => need(values[i], `input ${i}`)

/** A graph with `copies` copies of its inputs, for the same number of ops of one kind. */
function repeated(
  types: readonly TensorType[],
  copies: number,
  build: (b: Parameters<Parameters<typeof probeGraph>[1]>[0], values: readonly Value[]) => Value,
): Graph {
  const all = Array.from({ length: copies }, (_, i) => i)
  return probeGraph(
    all.flatMap(() => types),
    (b, v) => all.map((i) => build(b, v.slice(i * types.length, (i + 1) * types.length))),
  )
}

export interface GpuProbe<At> {
  readonly at: At
  /** FLOP or bytes of one run of the graph. */
  readonly work: number
  readonly what: string
  readonly graph: Graph
}

export function productProbes(
  { products, copies }: GpuProbeSizes,
  dtypes: readonly GpuDtype[],
): GpuProbe<Omit<GpuProfile['products'][number], 'rate'>>[] {
  return dtypes.flatMap((dtype) =>
    products.map(([m, k, n]) => {
      const types = [
        { dtype, shape: [m, k] },
        { dtype, shape: [k, n] },
      ]
      return {
        at: { dtype, width: Math.min(m, k, n) },
        work: 2 * m * k * n * copies,
        what: `${dtype} products of ${m}×${k} and ${k}×${n}`,
        graph: repeated(types, copies, (b, v) => ops.matmul(b, operand(v, 0), operand(v, 1))),
      }
    }),
  )
}

export function convolutionProbes(sizes: GpuProbeSizes): GpuProbe<ConvolutionAt>[] {
  const { convolutions, f32Convolutions } = sizes
  return [
    ...convolutions.flatMap((shape) => convolution('f16', shape, sizes)),
    ...convolutions.flatMap((shape, i) => (f32Convolutions.includes(i) ? convolution('f32', shape, sizes) : [])),
  ]
}

/** A convolution and its two gradients. */
function convolution(
  dtype: GpuDtype,
  [side, channels, features, window, stride, groups]: GpuProbeSizes['convolutions'][number],
  { batch, copies }: GpuProbeSizes,
): GpuProbe<ConvolutionAt>[] {
  const edge = Math.floor(window / 2)
  const pad = [edge, edge] as const
  const params = { stride: [stride, stride], padding: [pad, pad], groups } as const
  const result = Math.floor((side + 2 * edge - window) / stride) + 1
  const x: TensorType = { dtype, shape: [batch, side, side, channels] }
  const w: TensorType = { dtype, shape: [window, window, channels / groups, features] }
  const y: TensorType = { dtype, shape: [batch, result, result, features] }
  const work = (copies * (2 * batch * result * result * features * window * window * channels)) / groups
  const at = { dtype, channels, features, side, window, stride, groups }
  const what = `${dtype} convolutions ${window}×${window} of ${channels} to ${features} channels at ${side}`
  const probe = (
    kind: ConvolutionAt['kind'],
    types: readonly TensorType[],
    build: Parameters<typeof repeated>[2],
  ): GpuProbe<ConvolutionAt> => ({ at: { ...at, kind }, work, what, graph: repeated(types, copies, build) })
  const forward = probe('conv2d', [x, w], (b, v) => b.add('conv2d', v, params))
  const filterGrad = probe('conv2d_filter_grad', [x, y], (b, v) =>
    b.add('conv2d_filter_grad', v, { ...params, filterShape: w.shape }),
  )
  const inputGrad = probe('conv2d_input_grad', [y, w], (b, v) =>
    b.add('conv2d_input_grad', v, { ...params, inputShape: x.shape }),
  )
  return [forward, inputGrad, filterGrad]
}

export function streamProbes({
  streams,
  copies,
}: GpuProbeSizes): GpuProbe<Omit<GpuProfile['streams'][number], 'rate'>>[] {
  return streams.flatMap((shape) => {
    const type = f32(...shape)
    const bytes = shape.reduce((product, n) => product * n, 4)
    const what = (kind: string) => `${kind} over ${shape.join('×')}`
    return [
      {
        at: { kind: 'elementwise' as const, bytes },
        work: 3 * bytes * copies,
        what: what('sums of two tensors'),
        graph: repeated([type, type], copies, (b, v) => ops.add(b, operand(v, 0), operand(v, 1))),
      },
      {
        at: { kind: 'reduce' as const, bytes },
        work: bytes * copies,
        what: what('sums'),
        graph: repeated([type], copies, (b, v) => ops.sumOver(b, operand(v, 0), [0, 1, 2])),
      },
    ]
  })
}
