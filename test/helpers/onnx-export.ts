/** Small networks with made weights, and their exports to ONNX, for tests. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Backbone } from '../../compiler/experiment/experiment.ts'
import { inferenceGraph } from '../../compiler/plan/inference-graph.ts'
import { networkPlan } from '../../compiler/plan/network-plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { exportOnnx, type OnnxOptions } from '../../runtime/export/onnx/export-onnx.ts'
import { openNetwork } from '../../runtime/network/open-network.ts'
import { type TensorStream, writeSafetensors } from '../../runtime/safetensors.ts'
import { fileShape } from '../../runtime/state/named-streams.ts'
import { randomOf } from './op-case.ts'
import { resolveBody } from './resolve.ts'

export function backboneOf(declarations: string): Backbone {
  const { experiment, diagnostics } = resolveBody('  backbone = mine', declarations)
  expect(diagnostics).toEqual([])
  return need(experiment, 'an experiment').backbone
}

export const residual = `
use std.backbones: residual
backbone mine() on Image(12, 12, 3) -> Vector(6) {
  let first = input |> conv(4, kernel: 3) as conv1 |> batch_norm as bn1 |> prelu as prelu
  let last = first |> residual(8, stride: 2) as "layer1.0" |> conv(8, kernel: 3, groups: 8, bias: true) as deep
  last |> batch_norm as bn2 |> flatten |> linear(6, precise: true) as fc |> batch_norm(scaled: false) as features
}`

export const transformer = `
use std.backbones: transformer
backbone mine() on Image(12, 12, 3) -> Vector(6) {
  let patches = input |> conv(8, kernel: 4, stride: 4, padding: 0, bias: true) as proj |> tokens
  let place = parameter("pos_embed", [1, patches.tokens, 8], normal(0.02))
  let first = parameter("cls_token", [1, 1, 8], normal(0.02))
  let all = concatenate(expand(first, [patches.batch, 1, 8]), patches + expand(place, patches.shape), dim: 1)
  let seen = all |> transformer(2, drop: 0.0, init: normal(0.02)) as "blocks.0" |> layer_norm as norm
  seen |> batch_norm as bn |> slice(dim: 1, start: 0, stop: 4) |> reshape([patches.batch, 32])
    |> linear(6, bias: false) as feature
}`

/** Functions that the networks of the standard library do not use, on operands in different orders of dims. */
export const unusual = `
backbone mine() on Image(6, 6, 3) -> Vector(5) {
  let deep = input |> conv(4, kernel: 3, init: normal(0.5)) as conv1
  let turned = permute(deep, [0, 2, 1, 3])
  let both = concatenate(swish(deep), abs(turned) ** 0.5, dim: 3)
  let gate = if both >= 0.2 then tanh(both) else exp(-both)
  let level = gate - expand(mean_over(gate, dim: 1), gate.shape)
  let most = max_over(level, dim: -1)
  let pooled = average_pool(level / (1 + expand(most * most, level.shape)))
  let spread = sum_over(cos(level) * sin(round(level * 3)), dim: 2) |> reshape([input.batch, 48])
  let joined = concatenate(pooled, spread, dim: 1)
  let weight = parameter("weight", [5, 56], normal(0.3))
  let unit = weight / expand(sqrt(sum_over(weight * weight, dim: 1)), weight.shape)
  product(joined, unit) |> batch_norm as bn |> relu
}`

/** What the newer backbones have: other normalizations and activations, windows, gathers, constants. */
export const modern = `
backbone mine() on Image(12, 12, 3) -> Vector(6) {
  let first = input |> conv(8, kernel: [1, 3], stride: [2, 1], init: normal(0.3)) as conv1 |> group_norm(groups: 2) as norm1 |> gelu
  let small = first |> max_pool(kernel: 3, stride: 2, padding: 1) |> conv(8, kernel: [3, 1], dilation: [2, 1], groups: 2, init: normal(0.3)) as conv2
  let factors = small |> instance_norm(affine: true) as norm2 |> squeeze_excite(reduction: 4) as se |> hard_swish
  let means = factors |> average_pool(kernel: [2, 3], stride: 1, padding: [1, 0]) |> dropout(rate: 0.2)
  let some = gather(means * constant([[[[1, 2, 3, 4, 5, 6, 7, 8]]]]), [0, 2, 1, 1, 7], dim: -1) |> gelu(approximate: true)
  some |> leaky_relu |> flatten |> linear(6, precise: true) as fc |> batch_norm as features
}`

type Change = (name: string, values: Float32Array<ArrayBuffer>) => void

/** Weights with perturbed statistics, by the names of the state dict. */
export function weightsOf(backbone: Backbone, change: Change = () => {}) {
  const network = need(inferenceGraph(backbone, 'f32'), 'a graph')
  const tensors = new Map<string, { shape: readonly number[]; values: Float32Array<ArrayBuffer> }>()
  for (const weight of network.weights) {
    const random = randomOf(weight.name)
    const shape = fileShape(weight)
    const around = /running_var|(bn\d?|norm\d?|prelu|features)\.weight$/.test(weight.name) ? 1 : 0
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => around + random() - 0.5)
    change(weight.name, values)
    tensors.set(weight.name, { shape, values })
  }
  return tensors
}

let files = 0

export async function saved(folder: string, backbone: Backbone, change?: Change): Promise<string> {
  const path = join(folder, `weights-${++files}.safetensors`)
  const streams = [...weightsOf(backbone, change)].map(([name, { shape, values }]): [string, TensorStream] => [
    name,
    {
      dtype: 'f32',
      shape,
      async *pieces() {
        yield values
      },
    },
  ])
  await writeSafetensors(path, new Map(streams))
  return path
}

export const usual = { opset: 17, fold: true, preprocess: 'outside', external: undefined, version: '1.2.3' } as const

/** Exports to the folder `into`, or one of its own; the path of the model. */
export async function exported(
  folder: string,
  backbone: Backbone,
  weights: string,
  { f16 = false, into, ...given }: Partial<OnnxOptions> & { readonly f16?: boolean; readonly into?: string } = {},
): Promise<string> {
  const out = join(folder, into ?? `out-${++files}`)
  mkdirSync(out, { recursive: true })
  const plan = networkPlan(backbone, { replicas: 1, batch: 2, compute: 'f32', device: 'cpu', mirrored: false })
  const opened = await openNetwork(need(plan, 'a plan'), weights)
  try {
    const network = need(inferenceGraph(backbone, f16 ? 'f16' : 'f32'), 'a graph')
    const target = { folder: out, name: 'net.onnx', shown: 'net.onnx' }
    await exportOnnx(network, opened, target, { ...usual, ...given })
    return join(out, 'net.onnx')
  } finally {
    await opened.close()
  }
}
