/** `expect error CODE { … }` in tests. */
import { expect, test } from 'vitest'
import { checkProgram } from '../../../compiler/check/check.ts'
import { runLanguageTests } from '../../../compiler/language-tests.ts'
import { loadProgram } from '../../../compiler/names/load.ts'
import { DiagnosticBag } from '../../../grammar/diagnostic.ts'
import { memoryHost } from '../../helpers/diagnose.ts'
import { brief } from '../../helpers/facts.ts'

/** Diagnostics of the checker, then of the test. */
function run(body: string) {
  const bag = new DiagnosticBag()
  const text = `use std.margins: arcface\nlet m = arcface()\nlet n = 3\ntest "t" {\n${body}\n}\n`
  const program = loadProgram({ path: 'test.arc', text }, memoryHost(), bag)
  checkProgram(program, bag)
  const results = bag.hasErrors ? [] : runLanguageTests(program, memoryHost())
  return brief([...bag.sorted(), ...results.flatMap(({ diagnostics }) => diagnostics)])
}

test.each([
  // Errors of values, of types and of names.
  ['  let m = 3 rad\n  expect error ARC4213 { arcface(m: m) }', []],
  ['  expect error ARC4004 { let zero = n - 3, 1 / zero }', []],
  ['  expect error ARC3003 { arcface(m: 1 GiB) }', []],
  ['  expect error ARC2006 { arcfcae() }', []],
  // Another error, or none.
  ['  expect error ARC4213 { arcface(m: n * 0.1 rad) }', ['ARC4302 5:24 title: t, code: ARC4213']],
  ['  expect error ARC4213 { 1 / (n - 3) }', ['ARC4302 5:24 title: t, code: ARC4213']],
  ['  expect error ARC4213 { n + "a" }', ['ARC3009 5:30 operator: +, wanted: numbers or tensors, found: a string']],
])('%s', (body, said) => {
  expect(run(body)).toEqual(said)
})
