/** `require` in the braces of functions, blocks and backbones. */
import { expect, test } from 'vitest'
import { resolveBody } from '../../helpers/resolve.ts'

const network = (declarations: string, layers: string) => `${declarations}
backbone mine(embedding: int = 8) on Image(8, 8, 3) -> Vector(embedding) {
  input |> ${layers} |> average_pool |> linear(embedding)
}`

const unit = `block unit(x: Image, channels: int) -> Image {
  let half = channels div 2
  require half >= 2 and channels mod 2 == 0
  x |> conv(channels)
}
fn twice(x: float) -> float {
  require x > 1
  2 * x
}`

const errors = (layers: string) =>
  resolveBody('  backbone = mine', network(unit, layers)).diagnostics.filter(({ severity }) => severity === 'error')

test.each([
  ['unit(4)'],
  ['unit(channels: 6)'],
  ['dropout(rate: 0)'],
  ['dropout(rate: twice(1.5) - 2.5)'],
  ['drop_path(rate: 0.99)'],
])('%s holds what is required', (layers) => {
  expect(errors(layers)).toEqual([])
})

test.each([
  ['unit(2)', 'unit', 'half >= 2 and channels mod 2 == 0', ['`half` is 1', '`channels` is 2']],
  ['unit(5)', 'unit', 'half >= 2 and channels mod 2 == 0', ['`half` is 2', '`channels` is 5']],
  ['dropout(rate: 1.5)', 'dropout', 'rate >= 0 and rate < 1', ['`rate` is 1.5']],
  ['dropout(rate: twice(0.5))', 'twice', 'x > 1', ['`x` is 0.5']],
  ['drop_path(rate: -1%)', 'drop_path', 'rate >= 0 and rate < 1', ['`rate` is -0.01']],
  ['squeeze_excite(reduction: 0)', 'squeeze_excite', 'reduction >= 1', ['`reduction` is 0']],
])('%s is refused', (layers, owner, condition, notes) => {
  const [first, ...others] = errors(layers)
  expect(others).toEqual([])
  expect(first).toMatchObject({ code: 'ARC4213', params: { owner, condition }, span: { source: { path: 'test.arc' } } })
  expect(first?.notes).toEqual(expect.arrayContaining(notes))
})

test('what only the device knows cannot be required', () => {
  const declarations = 'fn positive(x: Tensor) -> Tensor {\n  require x > 0\n  x\n}'
  const { diagnostics } = resolveBody('  backbone = mine', network(declarations, 'positive'))
  expect(diagnostics).toMatchObject([{ code: 'ARC3005', params: { noun: 'condition', what: '`require`' } }])
})
