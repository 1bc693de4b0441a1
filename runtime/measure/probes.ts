/**
 * The probes for measuring a computer: small graphs with ops of one kind each, with sizes of face-recognition networks.
 *
 * Legend: N batch, s image side, C O channels, k window side, G groups; x [N,s,s,C], w [k,k,C/G,O], y dy [N,s/stride,s/stride,O].
 */

import type { ConvolutionRate, StreamKind } from '../../compiler/host/machine-profile.ts'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import { deviceTraits } from '../../compiler/ir/device-traits.ts'
import { byteSize, type TensorType } from '../../compiler/ir/dtype.ts'
import type { Graph, Value } from '../../compiler/ir/graph.ts'
import { forLoop } from '../../compiler/ir/loop.ts'
import type { ConvKind } from '../../compiler/ir/op-family.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { convForm } from '../../compiler/stablehlo/conv-choice.ts'
import { convGeometry } from '../../compiler/stablehlo/conv-geometry.ts'
import { need } from '../../grammar/diagnostic.ts'

export const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape })

/** A graph of f32 inputs whose results are its outputs. */
export function probeGraph(
  inputs: readonly TensorType[],
  build: (b: GraphBuilder, values: readonly Value[]) => readonly Value[],
  replicas = 1,
): Graph {
  const b = new GraphBuilder('probe', replicas)
  const values = inputs.map((type, i) => b.input(`x${i}`, type))
  return b.finish(build(b, values).map((value, i) => ({ name: `y${i}`, value })))
}

const operand = (values: readonly Value[], i: number): Value => need(values[i], `input ${i}`)

/** A sequence of small products: each is a nearly empty kernel. */
export function chainGraph(length: number): Graph {
  return probeGraph([f32(8, 8)], (b, values) => {
    const [x] = values
    let value = x
    for (let i = 0; i < length && x !== undefined && value !== undefined; i++) value = ops.matmul(b, value, x)
    return value === undefined ? [] : [value]
  })
}

export const streamKinds: readonly StreamKind[] = ['elementwise', 'reduce', 'batch_norm_training', 'batch_norm_grad']

/** Bytes of the tensors of one shape in a graph: enough copies that together they do not fit into a cache. */
export const streamBytes = 2 ** 26

export function streamGraph(kind: StreamKind, shape: readonly number[], togetherBytes = streamBytes): Graph {
  const channels = shape.at(-1) ?? 1
  const type = f32(...shape)
  const copies = Math.max(1, Math.round(togetherBytes / byteSize(type)))
  const all = Array.from({ length: copies }, (_, i) => i)
  const channel = f32(channels)
  switch (kind) {
    case 'elementwise':
      return probeGraph(
        all.flatMap(() => [type, type]),
        (b, v) => all.map((i) => ops.add(b, operand(v, 2 * i), operand(v, 2 * i + 1))),
      )
    case 'reduce':
      return probeGraph(
        all.map(() => type),
        (b, v) => all.map((i) => ops.sumOver(b, operand(v, i), [0, 1, 2])),
      )
    case 'batch_norm_training':
      return probeGraph([channel, channel, ...all.map(() => type)], (b, v) =>
        all.flatMap((i) =>
          b.addAll('batch_norm_training', [operand(v, 2 + i), operand(v, 0), operand(v, 1), operand(v, 1)], {
            epsilon: 1e-5,
          }),
        ),
      )
    case 'batch_norm_grad':
      return probeGraph([channel, channel, channel, ...all.flatMap(() => [type, type])], (b, v) =>
        all.flatMap((i) =>
          b.addAll(
            'batch_norm_grad',
            [operand(v, 3 + 2 * i), operand(v, 0), operand(v, 1), operand(v, 2), operand(v, 4 + 2 * i)],
            { epsilon: 1e-5 },
          ),
        ),
      )
  }
}

/** Passes of the loop of `cachedGraph`. */
const cachedTrips = 32

/** A loop over tensors that stay in the caches together, such as those of a chunk of class centers. */
export function cachedGraph(): Graph {
  const type = f32(deviceTraits.cpu.chunkBytes / 4 / 512, 512)
  return probeGraph([type, type], (b, [x, y]) =>
    x === undefined || y === undefined
      ? []
      : forLoop(b, cachedTrips, [y], [x], ({ builder, invariants: [other = y], carried: [value = x] }) => [
          ops.add(builder, ops.multiply(builder, value, 0.5), other),
        ]),
  )
}

/**
 * [N,s,s,C] of the activations of a ResNet, from 0.4 to 26 MB. Larger results would use memory that malloc requests from the
 * system in each run, which is measured separately.
 */
export const streamShapes: readonly (readonly [number, number, number, number])[] = [
  [16, 7, 7, 128],
  [16, 14, 14, 256],
  [16, 56, 56, 16],
  [16, 56, 56, 64],
  [8, 112, 112, 64],
]

/** [M,K] times [K,N]. */
export function productGraph([m, k, n]: (typeof productShapes)[number]): Graph {
  return probeGraph([f32(m, k), f32(k, n)], (b, v) => [ops.matmul(b, operand(v, 0), operand(v, 1))])
}

/** [M,K,N], the narrowest first. The second is that of a head with a chunk of class centers, which stays in the caches as there. */
export const productShapes: readonly (readonly [number, number, number])[] = [
  [16, 25088, 512],
  [64, 512, 2048],
  [256, 2048, 2048],
  [1024, 1024, 1024],
]

/** [s, C, O, k, stride, G], which determine the formulations that arcc chooses on a CPU. */
export const convShapes: readonly (readonly [number, number, number, number, number, number])[] = [
  [112, 3, 64, 3, 1, 1],
  [112, 3, 16, 3, 2, 1],
  [112, 3, 128, 3, 2, 1],
  [112, 16, 16, 3, 1, 1],
  [112, 64, 64, 3, 1, 1],
  [112, 16, 16, 3, 2, 1],
  [112, 64, 64, 3, 2, 1],
  [56, 16, 16, 3, 1, 1],
  [56, 16, 32, 3, 2, 1],
  [56, 64, 64, 3, 1, 1],
  [56, 64, 128, 3, 1, 1],
  [56, 128, 128, 3, 2, 1],
  [28, 32, 32, 3, 1, 1],
  [28, 128, 128, 3, 1, 1],
  [28, 256, 256, 3, 2, 1],
  [14, 64, 64, 3, 1, 1],
  [14, 64, 128, 3, 2, 1],
  [14, 256, 256, 3, 1, 1],
  [14, 512, 512, 3, 2, 1],
  [7, 128, 128, 3, 1, 1],
  [7, 512, 512, 3, 1, 1],
  [56, 64, 128, 1, 2, 1],
  [56, 128, 128, 1, 1, 1],
  [14, 256, 128, 1, 1, 1],
  [7, 512, 128, 1, 1, 1],
  [56, 128, 128, 3, 1, 64],
  [56, 128, 128, 3, 2, 128],
  [28, 128, 128, 3, 1, 128],
  [28, 256, 256, 3, 2, 256],
  [14, 256, 256, 3, 1, 256],
  [7, 512, 512, 7, 1, 512],
]

/** Images per probe: fewer for the largest, for the same reason. */
const probeBatch = (side: number) => (side > 56 ? 8 : 16)

/** Channels of an image. */
const colors = 3

export interface ConvProbe {
  /** The same for the forward convolution and for each gradient. */
  readonly flops: number
  /** The formulation that each of the three rates is for. */
  readonly rates: Readonly<Record<ConvKind, Omit<ConvolutionRate, 'rate'>>>
  readonly forward: Graph
  readonly inputGrad: Graph
  readonly filterGrad: Graph
  /** Both gradients in one program, as in a step: XLA runs them concurrently. A network's first convolution has only one. */
  readonly gradients: Graph | undefined
}

export function convProbe([side, channels, features, window, stride, groups]: (typeof convShapes)[number]): ConvProbe {
  const edge = window === side ? 0 : Math.floor(window / 2)
  const pad = [edge, edge] as const
  const params = { stride: [stride, stride], padding: [pad, pad], groups } as const
  const result = Math.floor((side + 2 * edge - window) / stride) + 1
  const batch = probeBatch(side)
  const x = f32(batch, side, side, channels)
  const w = f32(window, window, channels / groups, features)
  const y = f32(batch, result, result, features)
  const geometry = convGeometry(params, x.shape, w.shape, y.shape)
  const size = { channels, features, side, window, stride, groups }
  const rateOf = (kind: ConvKind) => ({ kind, form: convForm('cpu', kind, geometry), ...size })
  const filterGrad = (b: GraphBuilder, images: Value, dy: Value) =>
    b.add('conv2d_filter_grad', [images, dy], { ...params, filterShape: w.shape })
  const inputGrad = (b: GraphBuilder, dy: Value, filter: Value) =>
    b.add('conv2d_input_grad', [dy, filter], { ...params, inputShape: x.shape })
  return {
    flops: (2 * batch * result * result * features * window * window * channels) / groups,
    rates: {
      conv2d: rateOf('conv2d'),
      conv2d_input_grad: rateOf('conv2d_input_grad'),
      conv2d_filter_grad: rateOf('conv2d_filter_grad'),
    },
    forward: probeGraph([x, w], (b, v) => [b.add('conv2d', v, params)]),
    inputGrad: probeGraph([y, w], (b, v) => [inputGrad(b, operand(v, 0), operand(v, 1))]),
    filterGrad: probeGraph([x, y], (b, v) => [filterGrad(b, operand(v, 0), operand(v, 1))]),
    gradients:
      channels === colors
        ? undefined
        : probeGraph([x, y, w], (b, v) => [
            filterGrad(b, operand(v, 0), operand(v, 1)),
            inputGrad(b, operand(v, 1), operand(v, 2)),
          ]),
  }
}
