/** Parameters of the backbones: their paths and shapes are those of arcface_torch. */
import { describe, expect, it } from 'vitest'
import { countParameters } from '../../compiler/evaluate/backbone.ts'
import { backboneParameters } from '../../compiler/step/backbone.ts'
import type { ParameterSpec } from '../../compiler/values/elaboration.ts'
import { need } from '../../grammar/diagnostic.ts'
import { resolveBody } from '../helpers/resolve.ts'
import { mbfShapes, r18Shapes, vitShapes } from './state-dicts.ts'

function parametersOf(expression: string): readonly ParameterSpec[] {
  const { experiment } = resolveBody(`  backbone = ${expression}`, 'use std.backbones')
  return need(backboneParameters(need(experiment, expression).backbone), expression).specs
}

/** A filter [kh,kw,I,O] is [O,I,kh,kw] in PyTorch. */
function torchShape({ shape, layout }: ParameterSpec): readonly number[] {
  const [kh = 0, kw = 0, i = 0, o = 0] = shape
  return layout === 'oihw' ? [o, i, kh, kw] : shape
}

const line = (spec: ParameterSpec) => `${spec.path} ${torchShape(spec).join('x')}`

describe.each([
  ['r18', r18Shapes],
  ['mbf', mbfShapes],
  ['vit_t', vitShapes(256, 12)],
])('%s', (name, shapes) => {
  const parameters = parametersOf(name)

  it('has the weights of the state dict, in its order', () => {
    const weights = parameters.filter((spec) => !spec.buffer).map(line)
    expect(weights.toSorted()).toEqual(shapes.trim().split('\n').toSorted())
  })

  it('has the running statistics of every batch normalization', () => {
    const buffers = parameters.filter((spec) => spec.buffer).map((spec) => spec.path)
    const isNorm = (path: string) => path.endsWith('.bias') && !/^fc|^norm|norm\d|proj|mlp/.test(path)
    const norms = parameters.filter((spec) => isNorm(spec.path))
    const wanted = norms.flatMap(({ path }) => [
      path.replace(/bias$/, 'running_mean'),
      path.replace(/bias$/, 'running_var'),
    ])
    expect(buffers).toEqual(wanted)
  })
})

it('fixes the scale of the last normalization of IResNet, and nothing else', () => {
  const fixed = parametersOf('r18').filter((spec) => !spec.buffer && !spec.trainable)
  expect(fixed.map((spec) => spec.path)).toEqual(['features.weight'])
})

it('starts weights as arcface_torch does', () => {
  const start = (name: string, path: string) => parametersOf(name).find((spec) => spec.path === path)?.initializer
  expect(start('r18', 'layer1.0.conv1.weight')).toEqual({ kind: 'normal', std: 0.1 })
  expect(start('r18', 'layer1.0.prelu.weight')).toEqual({ kind: 'constant', value: 0.25 })
  expect(start('r18', 'fc.weight')).toEqual({ kind: 'uniform', bound: 1 / Math.sqrt(25088) })
  expect(start('r18', 'bn2.running_var')).toEqual({ kind: 'constant', value: 1 })
  expect(start('vit_t', 'blocks.3.mlp.fc1.weight')).toEqual({ kind: 'normal', std: 0.02 })
  expect(start('vit_t', 'blocks.3.mlp.fc1.bias')).toEqual({ kind: 'constant', value: 0 })
  expect(start('vit_t', 'patch_embed.proj.bias')).toEqual({ kind: 'uniform', bound: 1 / Math.sqrt(243) })
  // Kaiming, fan out: output channels times the window.
  expect(start('mbf', 'layers.2.layers.1.layers.0.weight')).toEqual({ kind: 'normal', std: Math.sqrt(2 / (128 * 9)) })
})

it.each([
  ['r18', 24025600],
  ['r34', 34139328],
  ['r50', 43590848],
  ['r100', 65156160],
  ['r200', 118833920],
  ['mbf', 2059520],
  ['mbf_large', 6314880],
])('%s has %i parameters', (name, count) => {
  expect(countParameters(parametersOf(name))).toBe(count)
})

/** The published counts, in millions. */
it.each([
  ['vit_t', 256, 12, 19.14],
  ['vit_t_dp005_mask0', 256, 12, 19.14],
  ['vit_s', 512, 12, 76.02],
  ['vit_s_dp005_mask_0', 512, 12, 76.02],
  ['vit_b', 512, 24, 113.83],
  ['vit_b_dp005_mask_005', 512, 24, 113.83],
  ['vit_l_dp005_mask_005', 768, 24, 255.68],
  ['vit_h', 1024, 48, 756.39],
])('%s has the weights of width %i and depth %i, and %d M parameters', (name, width, depth, millions) => {
  const sizes = vitShapes(width, depth)
    .split('\n')
    .map((shape) => shape.split(' ')[1] ?? '')
  const count = sizes.reduce((sum, size) => sum + size.split('x').reduce((product, dim) => product * Number(dim), 1), 0)
  expect(countParameters(parametersOf(name))).toBe(count)
  expect(count / 1e6).toBeCloseTo(millions, 2)
})

it('trains the token of the masks only where there are masks', () => {
  const fixed = (name: string) =>
    parametersOf(name).flatMap((spec) => (spec.buffer || spec.trainable ? [] : [spec.path]))
  expect(fixed('vit_t')).toEqual([])
  expect(fixed('vit_t_dp005_mask0')).toEqual(['mask_token'])
})
