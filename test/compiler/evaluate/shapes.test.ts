/** Shape errors, with the chain of blocks that led to them. */
import { expect, it } from 'vitest'
import { rendered } from '../../helpers/diagnose.ts'
import { factsOf, wordsOf } from '../../helpers/facts.ts'
import { resolveBody } from '../../helpers/resolve.ts'

const backbone = (body: string) => `backbone mine(embedding: int = 16) on Image(112, 112, 3) -> Vector(embedding) {
${body}
}`

const tail = '|> flatten |> linear(embedding)'

const cases: Readonly<Record<string, string>> = {
  'a filter that does not fit': backbone(
    `  input |> conv(8, kernel: 7, stride: 16) |> conv(8, kernel: 9, padding: 0) ${tail}`,
  ),
  'channels that groups do not divide': backbone(`  input |> conv(8) |> conv(8, groups: 3) ${tail}`),
  'output channels that groups do not divide': backbone(`  input |> conv(8) |> conv(6, groups: 4) ${tail}`),
  'a stride of 0': backbone(`  input |> conv(8, stride: 0) ${tail}`),
  'a sum of two shapes': backbone(
    `  let a = input |> conv(64, stride: 2)\n  let b = a |> conv(128, stride: 2)\n  (a + b) ${tail}`,
  ),
  'a sum inside of a block in a loop': `block unit(x: Image, channels: int) -> Image {
  let y = x |> conv(channels, stride: 2) |> batch_norm
  x + y
}
${backbone(`  let x = for i in 0..2 carry x = input { x |> unit(8) as "stage{i}" }\n  x ${tail}`)}`,
  'another embedding than declared': backbone('  input |> conv(8) |> average_pool |> linear(32)'),
  'a backbone on other images': backbone(
    '  input |> conv(4) |> iresnet(depths: [1], channels: [4], embedding: embedding)',
  ),
  'an image where a vector is declared': `block unit(x: Tensor) -> Tensor {
  x |> conv(4)
}
${backbone('  let x = input |> unit\n  x |> linear(embedding)')}`,
  'one name for two calls': backbone(`  let a = input |> conv(8) as c\n  let b = a |> conv(8) as c\n  b ${tail}`),
  'one parameter twice': `block twice(x: Tensor) -> Tensor {
  let a = parameter("a", [x.channels], zeros())
  x + per_channel(parameter("a", [x.channels], ones()), x) + per_channel(a, x)
}
${backbone(`  input |> twice ${tail}`)}`,
  'too few channels in the list': backbone(
    '  input |> iresnet(depths: [1, 1], channels: [4], stem: 4, embedding: embedding)',
  ),
  'a slope for other channels': `block odd(x: Image) -> Image {
  x * per_channel(parameter("slope", [5], ones()), x)
}
${backbone(`  input |> odd ${tail}`)}`,
  'statistics that are weights': `block norm_of_weights(x: Image) -> Image {
  let w = parameter("w", [x.channels], ones())
  batch_normalization(x, w, w, w, w)
}
${backbone(`  input |> norm_of_weights ${tail}`)}`,
}

it.each(Object.keys(cases))('%s', (name) => {
  const { diagnostics, experiment } = resolveBody('  backbone = mine', cases[name])
  expect(experiment).toBeUndefined()
  expect(factsOf(diagnostics)).toMatchSnapshot()
})

const all = () => Object.values(cases).map((text) => resolveBody('  backbone = mine', text).diagnostics)

it('the words beside their sentences', () => {
  expect(wordsOf(all().flat())).toMatchSnapshot()
})

it('one of them as people see it', () => {
  const [found] = all().filter((diagnostics) =>
    diagnostics.some(({ params }) => params.left === '[N, H 112, W 112, C 3]'),
  )
  expect(rendered(found ?? [])).toMatchSnapshot()
})
