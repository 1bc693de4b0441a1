/**
 * Layers of the standard library against PyTorch 2.13 in f64: the sum of a layer's result, and its product with a wave, cos(index).
 *
 * Legend: images [2,4,6,4] of 4 by 6 pixels with 4 channels; filters are [O,I,kh,kw] in PyTorch and [kh,kw,I,O] here.
 */
import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { rendered } from '../../helpers/diagnose.ts'
import { factsOf } from '../../helpers/facts.ts'
import { runBackbone } from '../../helpers/run-backbone.ts'

/** In PyTorch's order, channels before pixels. */
const images = Array.from({ length: 192 }, (_, at) => {
  const [n, h, w, c] = [Math.floor(at / 96), Math.floor(at / 24) % 4, Math.floor(at / 4) % 6, at % 4]
  const i = ((n * 4 + h) * 6 + w) * 4 + c
  return 0.25 * ((7 * i * i + 3 * i) % 17) - 2
})

const weight = (length: number, center = 0) =>
  Array.from({ length }, (_, i) => center + 0.125 * ((5 * i * i + 2 * i) % 11) - 0.5)

function filter(outputs: number, inputs: number, kh: number, kw: number): readonly number[] {
  const torch = weight(outputs * inputs * kh * kw)
  return Array.from({ length: torch.length }, (_, at) => {
    const [o, i] = [at % outputs, Math.floor(at / outputs) % inputs]
    return torch[(o * inputs + i) * kh * kw + Math.floor(at / (outputs * inputs))] ?? Number.NaN
  })
}

type Weights = Readonly<Record<string, readonly number[]>>
/** A layer; the number of its results per image; sum and product with the wave; its weights. */
type Case = readonly [layer: string, features: number, sum: number, wave: number, weights?: Weights]

const affine = { 'layer.weight': weight(4), 'layer.bias': weight(4, 0.25) }

const cases: readonly Case[] = [
  ['gelu', 96, 94.93724, 0.39486],
  ['gelu(approximate: true)', 96, 94.924352, 0.394988],
  ['hard_swish', 96, 57.447917, 0.332901],
  ['leaky_relu(slope: 0.1)', 96, 103.875, 0.230621],
  ['max_pool(kernel: 3, stride: 2, padding: 1)', 24, 83.75, -2.114051],
  ['max_pool(kernel: [1, 2], stride: [2, 1])', 40, 66.25, -0.165942],
  ['average_pool(kernel: [2, 3])', 16, -0.875, -0.74132],
  ['average_pool(kernel: 3, stride: 2, padding: 1)', 24, -0.527778, -0.59765],
  ['group_norm(groups: 2) as layer', 96, 48.062969, -1.835013, affine],
  ['instance_norm as layer', 96, 0, -0.742153],
  ['instance_norm(affine: true) as layer', 96, 48, -1.694933, affine],
  ['conv(3, kernel: [1, 3]) as layer', 72, -0.75, -3.796172, { 'layer.weight': filter(3, 4, 1, 3) }],
  [
    'conv(3, kernel: [3, 2], padding: [2, 1], dilation: [2, 1]) as layer',
    84,
    1.15625,
    -16.625988,
    { 'layer.weight': filter(3, 4, 3, 2) },
  ],
  [
    'squeeze_excite(reduction: 2) as layer',
    96,
    -2.623741,
    -0.159943,
    { 'layer.fc1.weight': filter(2, 4, 1, 1), 'layer.fc2.weight': filter(4, 2, 1, 1) },
  ],
  ['weighed', 96, -13.5, -41.902884],
  ['gather([3, 0, 0, 1], dim: -1)', 96, -7.5, -5.023298],
]

const network = (layer: string, features: number) => `fn weighed(x: Image) -> Image {
  x * constant([[[[1, 2, 3, 4]]]]) + mean_over(x, dim: -1)
}
backbone mine on Image(4, 24, 1) -> Vector(${features}) {
  input |> reshape([input.batch, 4, 6, 4]) |> ${layer} |> reshape([input.batch, ${features}])
}`

const failed = (result: readonly unknown[]) => typeof result[0] === 'object'

describe('layers', () => {
  for (const [layer, features, sum, wave, weights = {}] of cases)
    it(layer, () => {
      const result = runBackbone({ declarations: network(layer, features), mode: 'evaluate', images, weights })
      if (failed(result)) throw new Error(rendered(result as readonly Diagnostic[]))
      const numbers = result as readonly number[]
      expect(numbers.reduce((total, x) => total + x, 0)).toBeCloseTo(sum, 4)
      expect(numbers.reduce((total, x, i) => total + x * Math.cos(i), 0)).toBeCloseTo(wave, 4)
    })

  it.each([
    ['conv(3, kernel: [3, 3, 3])', 'ARC4165', 'what: `kernel`, count: 3'],
    ['max_pool(kernel: 2, padding: 2)', 'ARC4023', 'found: 2'],
    ['max_pool(kernel: [3, 90], padding: [0, 45])', 'ARC4023', 'found: 270'],
    ['max_pool(kernel: 9)', 'ARC4102', 'kernel: 9x9, image: 4x6, padding: 0'],
    ['conv(3, kernel: [1, 3], dilation: [1, 5], padding: 0)', 'ARC4102', 'kernel: 1x11'],
    ['gather([0, 4], dim: -1)', 'ARC4166', 'index: 4'],
    ['gather([], dim: 0)', 'ARC4167', 'what: `indices` of `gather`'],
    ['group_norm(groups: 3)', 'ARC4103', 'channels: 4, groups: 3'],
    ['plus([[1, 2], [3]])', 'ARC4104', 'lists of shapes [2] and [1]'],
    ['plus([1 rad])', 'ARC4104', 'found: an angle'],
    ['plus([[1, 2, 3, 4]])', 'ARC4101', 'operator: +'],
  ])('%s is an error', (layer, code, facts) => {
    const declarations = `fn plus(x: Image, numbers: list) -> Image {
  x + constant(numbers)
}
${network(layer, 96)}`
    const [first] = runBackbone({ declarations, mode: 'evaluate', images })
    if (typeof first !== 'object') throw new Error(`${layer} is accepted`)
    expect(first.code).toBe(code)
    expect(factsOf([first])).toContain(facts)
  })
})
