/** The formulations of convolutions. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { Conv2dParams } from '../../../compiler/ir/op.ts'
import { filterGradForm, forwardForm, inputGradForm } from '../../../compiler/stablehlo/conv-choice.ts'
import { convGeometry } from '../../../compiler/stablehlo/conv-geometry.ts'
import { emitModule } from '../../helpers/emit-module.ts'

interface Shape {
  readonly size: number
  readonly inputs: number
  readonly outputs: number
  readonly window: number
  readonly stride?: number
  readonly padding?: number
  readonly groups?: number
}

function geometry({ size, inputs, outputs, window, stride = 1, padding = 0, groups = 1 }: Shape) {
  const edge: [number, number] = [padding, padding]
  const params: Conv2dParams = { stride: [stride, stride], padding: [edge, edge], groups }
  const result = Math.floor((size + 2 * padding - window) / stride) + 1
  return convGeometry(
    params,
    [4, size, size, inputs],
    [window, window, inputs / groups, outputs],
    [4, result, result, outputs],
  )
}

/** Shape, the forms of y, dx and dw on the CPU, and the form of all three on CUDA. */
const cases: readonly [string, Shape, string, string, string, string?][] = [
  ['3×3', { size: 28, inputs: 128, outputs: 128, window: 3, padding: 1 }, 'plain', 'plain', 'plain'],
  ['3×3 at 112', { size: 112, inputs: 64, outputs: 64, window: 3, padding: 1 }, 'plain', 'plain', 'tiles'],
  ['3×3 stride 2', { size: 56, inputs: 64, outputs: 64, window: 3, stride: 2, padding: 1 }, 'plain', 'phases', 'plain'],
  ['3×3 at 14', { size: 14, inputs: 256, outputs: 256, window: 3, padding: 1 }, 'plain', 'plain', 'rows'],
  [
    '3×3 stride 2 of many channels',
    { size: 56, inputs: 128, outputs: 128, window: 3, stride: 2, padding: 1 },
    'plain',
    'phases',
    'rows',
  ],
  ['first', { size: 112, inputs: 3, outputs: 64, window: 3, padding: 1 }, 'plain', 'plain', 'rows'],
  ['1×1', { size: 28, inputs: 128, outputs: 256, window: 1 }, 'dot', 'dot', 'dot'],
  ['1×1 stride 2', { size: 56, inputs: 64, outputs: 64, window: 1, stride: 2 }, 'dot', 'dot', 'dot'],
  ['1×1 padded', { size: 28, inputs: 16, outputs: 16, window: 1, padding: 1 }, 'plain', 'plain', 'plain'],
  ['depthwise', { size: 14, inputs: 64, outputs: 64, window: 3, padding: 1, groups: 64 }, 'lanes', 'lanes', 'lanes'],
  [
    'pairs',
    { size: 14, inputs: 64, outputs: 64, window: 3, padding: 1, groups: 32 },
    'lanes',
    'lanes',
    'lanes',
    'blocks',
  ],
  ['wide groups', { size: 14, inputs: 64, outputs: 64, window: 3, padding: 1, groups: 2 }, 'plain', 'plain', 'plain'],
  [
    'depthwise whole',
    { size: 7, inputs: 512, outputs: 512, window: 7, groups: 512 },
    'whole',
    'whole',
    'whole',
    'whole',
  ],
  [
    'multiplier',
    { size: 14, inputs: 8, outputs: 16, window: 3, padding: 1, groups: 8 },
    'plain',
    'plain',
    'plain',
    'blocks',
  ],
]

describe('formulations', () => {
  it.each(cases)('%s', (_, shape, forward, input, filter, onCuda = 'plain') => {
    const g = geometry(shape)
    expect([forwardForm('cpu', g), inputGradForm('cpu', g), filterGradForm('cpu', g)]).toEqual([forward, input, filter])
    expect([forwardForm('cuda', g), inputGradForm('cuda', g), filterGradForm('cuda', g)]).toEqual([
      onCuda,
      onCuda,
      onCuda,
    ])
  })
})

describe('text', () => {
  const edge: [number, number] = [1, 1]
  const params: Conv2dParams = { stride: [2, 2], padding: [edge, edge], groups: 1 }

  function graph() {
    const b = new GraphBuilder('conv', 1)
    const x = b.input('x', { dtype: 'f32', shape: [1, 6, 6, 8] })
    const w = b.input('w', { dtype: 'f32', shape: [3, 3, 8, 16] })
    const y = b.add('conv2d', [x, w], params)
    return b.finish([
      { name: 'y', value: y },
      { name: 'dx', value: b.add('conv2d_input_grad', [y, w], { ...params, inputShape: [1, 6, 6, 8] }) },
      { name: 'dw', value: b.add('conv2d_filter_grad', [x, y], { ...params, filterShape: [3, 3, 8, 16] }) },
    ])
  }

  it('on CUDA a convolution and its gradients are three convolutions', () => {
    expect(emitModule(graph(), { platform: 'cuda' })).toMatchSnapshot()
  })

  it('on the CPU the input gradient of stride 2 is four of them', () => {
    expect(emitModule(graph(), { platform: 'cpu' })).toMatchSnapshot()
  })
})
