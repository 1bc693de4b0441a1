import { expect, test } from 'vitest'
import { createChecker } from '../../../compiler/check/expressions.ts'
import { typeOfDefinition } from '../../../compiler/check/names.ts'
import { showType } from '../../../compiler/check/show-type.ts'
import { DiagnosticBag, need } from '../../../grammar/diagnostic.ts'
import { checkText } from '../../helpers/diagnose.ts'
import { brief } from '../../helpers/facts.ts'

/** The displayed type of the last `let` of a text. */
function typeOf(text: string): string {
  const { program, diagnostics } = checkText(text)
  expect(brief(diagnostics)).toEqual([])
  const checker = createChecker(program, new DiagnosticBag())
  return showType(typeOfDefinition(checker, need([...program.entry.own.values()].at(-1), 'a let')))
}

test.each([
  ['64', 'a whole number'],
  ['64.0', 'a plain number'],
  ['10%', 'a plain number'],
  ['-3', 'a whole number'],
  ['7 / 2', 'a plain number'],
  ['7 div 2', 'a whole number'],
  ['7 mod 2 + 1', 'a whole number'],
  ['2 ** 3', 'a whole number'],
  ['2 ** -1', 'a plain number'],
  ['for i in 0..4 { 64 * 2 ** i }', 'a list of whole numbers'],
  ['2 ** 0.5', 'a plain number'],
  ['1 + 0.5', 'a plain number'],
  ['30 GiB', 'bytes'],
  ['30 GiB / 2 s', 'bytes per second'],
  ['900 GB/s * 2 s', 'bytes'],
  ['4 * 12.5 GB/s', 'bytes per second'],
  ['30 GiB / 1 MiB', 'a plain number'],
  ['15.7 TFLOP/s', 'floating-point operations per second'],
  ['1 / 2 s', 'second^-1'],
  ['30 deg + 0.1 rad', 'an angle'],
  ['128 per device', 'a batch size'],
  ['1024 global', 'a batch size'],
  ['2000 steps', 'steps'],
  ['1 epochs + 2 epochs', 'epochs'],
  ['true and not false', '`true` or `false`'],
  ['1 GiB < 2 GB', '`true` or `false`'],
  ['43.59e6 ≈ 43590000', '`true` or `false`'],
  ['"a" == "b"', '`true` or `false`'],
  ['"layer{1}.{2 + 3}"', 'a string'],
  ['[1, 2.5]', 'a list of numbers'],
  ['[]', 'a list'],
  ['[[1], [2]]', 'a list of lists of whole numbers'],
  ['[3, 4][1]', 'a whole number'],
  ['[3, 4].length', 'a whole number'],
  ['[3, 4] + [5]', 'a list of whole numbers'],
  ['[3, 4] + [0.5]', 'a list of numbers'],
  ['[1] == [2, 3]', '`true` or `false`'],
  ['sum([3, 4])', 'a whole number'],
  ['sum([1 GiB, 2 GiB])', 'bytes'],
  ['0..4', 'a list of whole numbers'],
  ['if true then 1 else 0.5', 'a plain number'],
  ['for i in 0..4 { i / 2 }', 'a list of numbers'],
  ['for i in 0..4 carry sum = 0 { sum + i }', 'a whole number'],
  ['for i in 0..4 carry sum = 0 { sum + 0.5 }', 'a plain number'],
  ['{ let a = 2, let b = a * a, b + a }', 'a whole number'],
  ['{ a = 1, b = "x" }', 'a record of `a` and `b`'],
  ['{ a = 1, b = "x" }.b', 'a string'],
  ['cos(60 deg)', 'a plain number'],
  ['cos(0.5)', 'a plain number'],
  ['acos(0.5)', 'an angle'],
  ['sqrt(2)', 'a plain number'],
  ['max(1 rad, 30 deg)', 'an angle'],
  ['env("HOME")', 'a string'],
  ['nvlink(150 GB/s)', 'a link'],
  ['normal(0.1)', 'an initializer'],
  ['sgd(lr: 0.1)', 'an optimizer'],
  ['sgd(0.1).momentum', 'a plain number'],
  ['constant', 'a schedule'],
  ['conv', 'a block'],
  ['sqrt', 'a function'],
])('%s is %s', (source, type) => {
  expect(typeOf(`let it = ${source}`)).toBe(type)
})

test.each([
  ['r50', 'a backbone'],
  ['r50(embedding: 128)', 'a backbone'],
  ['iresnet(depths: [1, 1, 1, 1])', 'a backbone'],
  ['iresnet([1, 1, 1, 1], 64)', 'a backbone'],
  ['r50.parameters', 'a whole number'],
  ['r50.depths', 'a list of whole numbers'],
])('%s is %s', (source, type) => {
  expect(typeOf(`use std.backbones: r50, iresnet\nlet both = [r50, iresnet]\nlet it = ${source}`)).toBe(type)
})

test.each([
  ['dgx_v100', 'a machine'],
  ['dgx_v100(nodes: 4).nodes', 'a whole number'],
  ['dgx_v100.links.within', 'a link'],
  ['dgx_v100.device.memory', 'bytes'],
])('%s is %s', (source, type) => {
  expect(typeOf(`use std.machines: dgx_v100\nlet it = ${source}`)).toBe(type)
})

test('a declared type widens', () => {
  expect(typeOf('let it: float = 3')).toBe('a whole number')
  expect(typeOf('fn half(x: float) -> float { x / 2 }\nlet it = half(3)')).toBe('a plain number')
  expect(typeOf('fn half(x: int) { x div 2 }\nlet it = half(3)')).toBe('a whole number')
})

test('a scalar function is static where its arguments are', () => {
  const { diagnostics } = checkText(`
fn squash(x: scalar) -> scalar { x / (1 + abs(x)) }
let wide: float = squash(3)
margin soft(m: float = 0.3) { target(cos) = squash(cos) - m * squash(m) }
block act(x: Tensor) -> Tensor { squash(x) * sigmoid(x) }
`)
  expect(brief(diagnostics)).toEqual([])
})
