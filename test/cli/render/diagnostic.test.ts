import { expect, test } from 'vitest'
import { countDiagnostics, diagnosticToJson, renderDiagnostics } from '../../../cli/render/diagnostic.ts'
import type { Diagnostic, Fix, Related } from '../../../grammar/diagnostic.ts'
import type { SourceFile, Span } from '../../../grammar/source.ts'

const file = (text: string, path = 'demo.arc'): SourceFile => ({ path, text })
/** The place of the nth occurrence of a text. */
function at(source: SourceFile, piece: string, nth = 0): Span {
  let start = source.text.indexOf(piece)
  for (let count = 0; count < nth; count++) start = source.text.indexOf(piece, start + 1)
  return { source, start, end: start + piece.length }
}
const error = (span: Span, more: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'ARC9001',
  severity: 'error',
  params: {},
  message: 'this is wrong',
  span,
  related: [],
  notes: [],
  ...more,
})
const plain = (diagnostic: Diagnostic, width = 80) => renderDiagnostics([diagnostic], { color: false, width })
const related = (span: Span, message: string): Related => ({ span, message })

test('the line, the caret and its label', () => {
  const source = file('let a = 1\nlet b = a + c\n')
  expect(plain(error(at(source, 'c'), { label: 'not declared' }))).toMatchInlineSnapshot(`
    "error[ARC9001]: this is wrong
     --> demo.arc:2:13
      |
    2 | let b = a + c
      |             ^ not declared
    "
  `)
})

test('tabs are expanded and wide characters take two columns', () => {
  const source = file('\tlet 名前 = "日本" + x\n')
  expect(
    plain(error(at(source, 'x'), { label: 'here', related: [related(at(source, '"日本"'), 'a string')] })),
  ).toMatchInlineSnapshot(`
    "error[ARC9001]: this is wrong
     --> demo.arc:1:18
      |
    1 |     let 名前 = "日本" + x
      |                ------   ^ here
      |                |
      |                a string
    "
  `)
})

test('several labels of one line hang below each other', () => {
  const source = file('let total = first + second + third')
  const places = [related(at(source, 'first'), 'bytes'), related(at(source, 'second'), 'seconds')]
  expect(plain(error(at(source, 'third'), { label: 'an angle', related: places }))).toMatchInlineSnapshot(`
    "error[ARC9001]: this is wrong
     --> demo.arc:1:30
      |
    1 | let total = first + second + third
      |             -----   ------   ^^^^^ an angle
      |             |       |
      |             |       seconds
      |             |
      |             bytes
    "
  `)
})

test('lines between are shown when there is one, and cut when there are more', () => {
  const source = file('one\ntwo\nthree\nfour\nfive\nsix\nseven')
  const places = [related(at(source, 'one'), 'first'), related(at(source, 'three'), 'second')]
  expect(plain(error(at(source, 'seven'), { related: places }))).toMatchInlineSnapshot(`
    "error[ARC9001]: this is wrong
     --> demo.arc:7:1
      |
    1 | one
      | --- first
    2 | two
    3 | three
      | ----- second
    ...
    7 | seven
      | ^^^^^
    "
  `)
})

test('a place in another file has a frame of its own', () => {
  const [source, other] = [file('margin = arcface(m: 30)'), file('\n\nmargin arcface(m: angle) {', 'std/margins.arc')]
  const places = [related(at(other, 'm: angle'), 'declared here')]
  expect(
    plain(error(at(source, '30'), { related: places, notes: ['30 degrees is 0.524 radians'] })),
  ).toMatchInlineSnapshot(`
    "error[ARC9001]: this is wrong
     --> demo.arc:1:21
      |
    1 | margin = arcface(m: 30)
      |                     ^^
     ::: std/margins.arc:3:16
      |
    3 | margin arcface(m: angle) {
      |                -------- declared here
      |
      = note: 30 degrees is 0.524 radians
    "
  `)
})

test('a span of several lines marks the rest of its first, and one at the end of the text a column', () => {
  const source = file('experiment a {\n  train { }\n}')
  expect(plain(error({ source, start: 11, end: source.text.length }))).toMatchInlineSnapshot(`
    "error[ARC9001]: this is wrong
     --> demo.arc:1:12
      |
    1 | experiment a {
      |            ^^^
    "
  `)
  expect(plain(error({ source, start: source.text.length, end: source.text.length }))).toMatchInlineSnapshot(`
    "error[ARC9001]: this is wrong
     --> demo.arc:3:2
      |
    3 | }
      |  ^
    "
  `)
  const empty = file('')
  expect(plain(error({ source: empty, start: 0, end: 0 }))).toMatchInlineSnapshot(`
    "error[ARC9001]: this is wrong
     --> demo.arc:1:1
      |
    1 |
      | ^
    "
  `)
})

test('fixes insert, replace, delete and add lines', () => {
  const source = file('let a = 28.6 rads\nlet b = 2\n')
  const fix = (span: Span, replacement: string): Fix => ({ message: 'try this', span, replacement })
  const shown = (span: Span, replacement: string) =>
    plain(error(at(source, '28.6'), { fix: fix(span, replacement) })).split('help')[1]
  expect(shown(at(source, 'rads'), 'rad')).toMatchInlineSnapshot(`
    ": try this
      |
    1 | let a = 28.6 rad
      |              ~~~
    "
  `)
  expect(shown({ source, start: 12, end: 12 }, ' +')).toMatchInlineSnapshot(`
    ": try this
      |
    1 | let a = 28.6 + rads
      |              +
    "
  `)
  expect(shown(at(source, ' rads'), '')).toMatchInlineSnapshot(`
    ": try this
      |
    1 | - let a = 28.6 rads
    1 | + let a = 28.6
    "
  `)
  expect(shown({ source, start: 0, end: 0 }, 'use std.margins: arcface\n')).toMatchInlineSnapshot(`
    ": try this
      |
    1 | use std.margins: arcface
      | ++++++++++++++++++++++++
    "
  `)
})

test('long lines are cut around the place', () => {
  const source = file(`let x = [${'1, '.repeat(60)}wrong, ${'2, '.repeat(60)}3]`)
  const lines = plain(error(at(source, 'wrong'), { label: 'here' }), 60).split('\n')
  expect(lines).toMatchInlineSnapshot(`
    [
      "error[ARC9001]: this is wrong",
      " --> demo.arc:1:190",
      "  |",
      "1 | … 1, 1, 1, 1, 1, 1, 1, wrong, 2, 2, 2, 2, 2, 2, 2, 2, 2…",
      "  |                        ^^^^^ here",
      "",
    ]
  `)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
})

test('colors only where they are asked for', () => {
  const source = file('let a = b')
  const diagnostic = error(at(source, 'b'), { label: 'here', severity: 'warning' })
  expect(renderDiagnostics([diagnostic], { color: false, width: 80 })).not.toContain('\u001b')
  expect(renderDiagnostics([diagnostic], { color: true, width: 80 })).toContain('\u001b[33m')
})

test('counts in words', () => {
  const source = file('x')
  const one = error(at(source, 'x'))
  expect(countDiagnostics([one])).toBe('1 error')
  expect(countDiagnostics([one, one, { ...one, severity: 'warning' }])).toBe('2 errors, 1 warning')
})

test('the JSON form has the same facts, with lines and columns', () => {
  const source = file('let a = 1\nlet b = cc\n')
  const fix = { message: 'did you mean `a`?', span: at(source, 'cc'), replacement: 'a' }
  const places = [related(at(source, 'a'), 'here')]
  expect(diagnosticToJson(error(at(source, 'cc'), { fix, related: places, notes: ['a note'] }))).toEqual({
    code: 'ARC9001',
    severity: 'error',
    message: 'this is wrong',
    path: 'demo.arc',
    line: 2,
    column: 9,
    endLine: 2,
    endColumn: 11,
    label: undefined,
    related: [{ path: 'demo.arc', line: 1, column: 5, endLine: 1, endColumn: 6, message: 'here' }],
    notes: ['a note'],
    fix: {
      path: 'demo.arc',
      line: 2,
      column: 9,
      endLine: 2,
      endColumn: 11,
      message: 'did you mean `a`?',
      replacement: 'a',
    },
  })
})
