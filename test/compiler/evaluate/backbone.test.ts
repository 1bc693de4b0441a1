/**
 * Backbones as graphs: numbers on the reference evaluator, precisions, scopes.
 *
 * Legend: N batch, C channels.
 */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { DType } from '../../../compiler/ir/dtype.ts'
import type { Graph, Value } from '../../../compiler/ir/graph.ts'
import type { Elaboration, ParameterSpec } from '../../../compiler/values/elaboration.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { numbersOf } from '../../helpers/host-tensor.ts'
import { evaluate } from '../../helpers/reference.ts'
import { resolveBody } from '../../helpers/resolve.ts'

interface Built {
  readonly graph: Graph
  readonly parameters: readonly ParameterSpec[]
  readonly embeddings: Value
}

function build(declarations: string, name: string, mode: Elaboration['mode'], compute: DType, batch: number): Built {
  const { experiment, diagnostics } = resolveBody(`  backbone = ${name}`, declarations)
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([])
  const { backbone } = need(experiment, name)
  const builder = new GraphBuilder('backbone', 1)
  const images = builder.input('images', { dtype: 'f32', shape: [batch, ...backbone.input] })
  const parameters: ParameterSpec[] = []
  const updates: { name: string; value: Value }[] = []
  const embeddings = backbone.apply(
    {
      builder,
      mode,
      compute,
      parameter(spec) {
        parameters.push(spec)
        return builder.input(spec.path, { dtype: 'f32', shape: spec.shape })
      },
      update: (path, value) => updates.push({ name: path, value }),
    },
    images,
  )
  const result = need(embeddings, 'embeddings')
  return { graph: builder.finish([{ name: 'embeddings', value: result }, ...updates]), parameters, embeddings: result }
}

const small = `backbone small on Image(2, 2, 1) -> Vector(4) {
  input |> reshape([input.batch, 2, 1, 2]) |> batch_norm as norm |> flatten
}`

/** Two images of two by two pixels, taken as two pixels with two channels. */
const images = [1, 10, 3, 20, 5, 30, 7, 40]

function runSmall(mode: Elaboration['mode']) {
  const { graph, parameters } = build(small, 'small', mode, 'f32', 2)
  const given: Readonly<Record<string, readonly number[]>> = {
    'norm.weight': [2, 1],
    'norm.bias': [0.5, 0],
    'norm.running_mean': [3, 30],
    'norm.running_var': [4, 100],
  }
  const inputs = [
    { dtype: 'f32' as const, shape: [2, 2, 2, 1], data: Float32Array.from(images) },
    ...parameters.map((spec) => ({
      dtype: 'f32' as const,
      shape: spec.shape,
      data: Float32Array.from(need(given[spec.path], spec.path)),
    })),
  ]
  const [results = []] = evaluate(graph, [inputs])
  return Object.fromEntries(graph.outputs.map(({ name }, i) => [name, [...numbersOf(need(results[i], name))]]))
}

const close = (actual: readonly number[] | undefined, wanted: readonly number[]) => {
  expect(actual).toHaveLength(wanted.length)
  wanted.forEach((value, i) => {
    expect(actual?.[i]).toBeCloseTo(value, 4)
  })
}

describe('batch normalization', () => {
  it('uses the batch in training, moves the running statistics, and flattens channel by channel', () => {
    const { embeddings, ...updates } = runSmall('train')
    // Channel 0: 1 3 5 7, mean 4, variance 5; channel 1: 10 20 30 40, mean 25, variance 125.
    const a = (x: number) => (2 * (x - 4)) / Math.sqrt(5 + 1e-5) + 0.5
    const b = (x: number) => (x - 25) / Math.sqrt(125 + 1e-5)
    close(embeddings, [a(1), a(3), b(10), b(20), a(5), a(7), b(30), b(40)])
    close(updates['norm.running_mean'], [0.9 * 3 + 0.1 * 4, 0.9 * 30 + 0.1 * 25])
    close(updates['norm.running_var'], [0.9 * 4 + (0.1 * 5 * 4) / 3, 0.9 * 100 + (0.1 * 125 * 4) / 3])
  })

  it('uses the running statistics in evaluation, and leaves them', () => {
    const { embeddings, ...updates } = runSmall('evaluate')
    const a = (x: number) => (2 * (x - 3)) / Math.sqrt(4 + 1e-5) + 0.5
    const b = (x: number) => (x - 30) / Math.sqrt(100 + 1e-5)
    close(embeddings, [a(1), a(3), b(10), b(20), a(5), a(7), b(30), b(40)])
    expect(updates).toEqual({})
  })
})

describe('precision', () => {
  it.each<readonly [string, string]>([
    ['iresnet(depths: [1, 1], channels: [8, 8], stem: 8, embedding: 8)', 'dot_general'],
    ['mobilefacenet(blocks: [1, 1, 1, 1], scale: 1, embedding: 8)', 'dot_general'],
  ])('%s: convolutions in f16, the embedding in f32', (name) => {
    const { graph, embeddings } = build('use std.backbones', name, 'train', 'f16', 2)
    const dtypes = (kind: string) => graph.ops.filter((op) => op.kind === kind).map((op) => op.results[0]?.type.dtype)
    const precise = name.startsWith('mobile') ? 2 : 0
    const convs = dtypes('conv2d')
    expect(convs.slice(0, convs.length - precise)).toEqual(convs.slice(precise).map(() => 'f16'))
    expect(convs.slice(convs.length - precise)).toEqual(Array.from({ length: precise }, () => 'f32'))
    expect(dtypes('dot_general')).toEqual(['f32'])
    expect(embeddings.type).toEqual({ dtype: 'f32', shape: [2, 8] })
    const statistics = graph.ops.filter((op) => op.kind === 'batch_norm_training').flatMap((op) => op.results.slice(1))
    expect(new Set(statistics.map((value) => value.type.dtype))).toEqual(new Set(['f32']))
  })
})

describe('scopes', () => {
  it('are named by `as`, else after the block, counted where it is repeated', () => {
    const own = `block unit(x: Image) -> Image {
  x |> conv(4) |> conv(4) |> conv(4) as last
}
backbone mine on Image(8, 8, 3) -> Vector(4) {
  let x = input |> unit |> unit as "deep.er" |> unit
  x |> average_pool
}`
    expect(build(own, 'mine', 'evaluate', 'f32', 1).parameters.map((spec) => spec.path)).toEqual([
      'unit.conv.weight',
      'unit.conv_2.weight',
      'unit.last.weight',
      'deep.er.conv.weight',
      'deep.er.conv_2.weight',
      'deep.er.last.weight',
      'unit_2.conv.weight',
      'unit_2.conv_2.weight',
      'unit_2.last.weight',
    ])
  })

  it('give every op the text that asked for it and the path of its block', () => {
    const { graph } = build(
      'use std.backbones',
      'iresnet(depths: [1], channels: [4], stem: 4, embedding: 4)',
      'train',
      'f32',
      2,
    )
    const ops = graph.ops.filter((op) => op.kind !== 'input')
    expect(ops.filter((op) => op.origin.span === undefined)).toEqual([])
    const conv = ops.filter((op) => op.kind === 'conv2d').map((op) => op.origin.path)
    expect(conv).toEqual(['conv1', 'layer1.0.conv1', 'layer1.0.conv2', 'layer1.0.downsample.0'])
    expect(ops.filter((op) => op.kind === 'add' && op.origin.path === 'layer1.0')).toHaveLength(1)
  })
})
