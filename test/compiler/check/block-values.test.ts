/** Blocks as arguments: which ones fit, and what is said about the others. */
import { expect, test } from 'vitest'
import { checkText } from '../../helpers/diagnose.ts'
import { brief } from '../../helpers/facts.ts'

const unit = `block unit(x: Image, channels: int, activation: block = prelu) -> Image {
  x |> conv(channels) |> activation as act
}
`

const calls = (argument: string) => `${unit}block outer(x: Image) -> Image {
  x |> unit(8, activation: ${argument})
}`

test.each([...['relu', 'prelu', 'gelu', 'tanh', 'sigmoid', 'leaky_relu', 'batch_norm', 'identity', 'hard_swish']])(
  '%s is a block for an activation',
  (name) => {
    expect(brief(checkText(calls(name)).diagnostics)).toEqual([])
  },
)

test.each([
  ['conv', 'name: conv, place: `activation` of `unit`, reason: it needs `channels`, which `unit` does not pass'],
  [
    'normal',
    'name: normal, place: `activation` of `unit`, reason: its first parameter is a plain number, not a tensor',
  ],
  ['zeros', 'name: zeros, place: `activation` of `unit`, reason: it takes no tensor'],
  [
    'channels_per_group',
    'name: channels_per_group, place: `activation` of `unit`, reason: it gives a whole number, not a tensor',
  ],
])('%s is none', (name, facts) => {
  expect(brief(checkText(calls(name)).diagnostics)).toEqual([`ARC3165 5:28 ${facts}`])
})

test.each([
  ['"relu"', 'found: a string'],
  ['relu(x)', 'found: a tensor'],
  ['3', 'found: a whole number'],
])('%s is not the name of one', (argument, found) => {
  expect(brief(checkText(calls(argument)).diagnostics)).toEqual([
    `ARC3001 5:28 place: \`activation\` of \`unit\` takes, expected: the name of a block or function, ${found}`,
  ])
})

test('a name in quotes is mended', () => {
  const [diagnostic] = checkText(calls('"relu"')).diagnostics
  expect(diagnostic?.fix?.replacement).toBe('relu')
})

test('a default is checked, too', () => {
  const text = 'block unit(x: Image, activation: block = linear) -> Tensor {\n  x |> activation\n}'
  expect(brief(checkText(text).diagnostics)).toEqual([
    'ARC3165 1:42 name: linear, place: the default of `activation`, reason: it needs `features`, which `unit` does not pass',
  ])
})

const twice = (call: string) => `block twice(x: Image, layer: block) -> Tensor {
  ${call}
}
block outer(x: Image) -> Tensor {
  twice(x, conv)
}`

test('further arguments are those that the calls pass', () => {
  expect(brief(checkText(twice('x |> layer(8) |> layer(16, stride: 2)')).diagnostics)).toEqual([])
  expect(brief(checkText(twice('layer(x, channels: 8, width: 3)')).diagnostics)).toEqual([
    'ARC3165 5:12 name: conv, place: `layer` of `twice`, reason: it has no `width`, which `twice` passes',
  ])
})

test('one of several', () => {
  const text = `${unit}block outer(x: Image, deep: bool, all: [block] = [relu, gelu]) -> Image {
  let one = if deep then gelu else relu
  x |> unit(8, activation: one) as a |> unit(8, activation: all[0]) as b |> unit(8, activation: if deep then tanh else one) as c
}`
  expect(brief(checkText(text).diagnostics)).toEqual([])
})

test('a call needs a tensor', () => {
  expect(brief(checkText(twice('layer(channels: 8)')).diagnostics)).toEqual(['ARC3102 2:3 callee: layer, names: [x]'])
  expect(brief(checkText(twice('layer(3, channels: 8)')).diagnostics)).toEqual([
    'ARC3001 2:9 place: the first argument of `layer` must be, expected: a tensor, found: a whole number',
  ])
})
