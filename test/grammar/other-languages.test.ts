/** Choices, bindings, types and heads as other languages write them: each is one report, after whose fix the text parses. */
import { expect, test } from 'vitest'
import { experimentBody } from '../../compiler/schema/experiment.ts'
import { brief } from '../helpers/facts.ts'
import { type Mistake, testMistakes } from '../helpers/mistakes.ts'
import { parse } from '../helpers/parse.ts'

const CHOICE = 'what: a choice, right: if … then … else …, found:'

const cases: readonly Mistake[] = [
  [
    'a choice of Python',
    'let a = f(1 if b else 2)',
    [`ARC1203 1:13 ${CHOICE} … if … else …`],
    'let a = f(if b then 1 else 2)',
  ],
  [
    'a choice of C',
    'let a = b == 1 ? c : d + 1',
    [`ARC1203 1:16 ${CHOICE} … ? … : …`],
    'let a = if b == 1 then c else d + 1',
  ],
  ['a choice in a choice', 'let a = b ? 1 : c ? 2 : 3', [`ARC1203 1:11 ${CHOICE} … ? … : …`]],
  ['an optional member', 'let a = b?.c', ['ARC1005 1:10 found: ?., right: .'], 'let a = b.c'],
  ['an optional type', 'fn f(x: int?) = x', [], 'fn f(x: int?) = x'],
  ['is', 'let a = if b is 1 then 2 else 3', ['ARC1005 1:14 found: is, right: =='], 'let a = if b == 1 then 2 else 3'],
  ['is not', 'let a = b is not none', ['ARC1005 1:11 found: is not, right: !='], 'let a = b != none'],
  ['a name that is called like the word', 'let a = is + 1', [], 'let a = is + 1'],
  [
    'a type before a name',
    'fn f() -> int {\n  long a = 1\n  a\n}',
    ['ARC1213 2:3 name: a'],
    'fn f() -> int {\n  let a: int = 1\n  a\n}',
  ],
  [
    'a constant of a test',
    'test "t" {\n  const a = 1\n  assert a == 1\n}',
    ['ARC1213 2:3 name: a'],
    'test "t" {\n  let a = 1\n  assert a == 1\n}',
  ],
  ['brackets behind a type', 'fn f(x: int[]) = x', ['ARC1005 1:12 found: int[], right: [int]'], 'fn f(x: [int]) = x'],
  [
    'a match',
    'let a = match b { 0 => 2, 1 => 3, _ => 4 }',
    ['ARC1224 1:9 word: match, instead: a choice is written `if a then b else c`'],
    'let a = if b == 0 then 2 else if b == 1 then 3 else 4',
  ],
  [
    'a match of patterns',
    'let a = match b { Some(c) => c, _ => 4 }',
    ['ARC1224 1:9 word: match, instead: a choice is written `if a then b else c`'],
  ],
  [
    'a loop of C',
    'let a = for (let i = 0; i < n; i++) { i }',
    ['ARC1203 1:13 what: a loop, right: for i in 0..n, found: (let i = 0; i < n; i++)'],
    'let a = for i in 0..n { i }',
  ],
  [
    'a loop of C with its end',
    'let a = for (int i = 1; i <= 4; ++i) { i }',
    ['ARC1203 1:13 what: a loop, right: for i in 1..4 + 1, found: (int i = 1; i <= 4; ++i)'],
    'let a = for i in 1..4 + 1 { i }',
  ],
  ['an include', '#include "nets.arc"\nlet a = 1', ['ARC1206 1:1 found: `#include`'], 'use "nets.arc"\nlet a = 1'],
  ['a letter for a zero', 'let a = O.1', ['ARC1009 1:9 text: O.1, reason: its first zero is a letter'], 'let a = 0.1'],
  [
    'a block with the name of a match',
    'block match(x: Image, case: int) -> Image { x |> conv(case) }\nlet b = [match(a, 3), lowercase]',
    [],
    'block match(x: Image, case: int) -> Image { x |> conv(case) }\nlet b = [match(a, 3), lowercase]',
  ],
  ['a name with a space', 'experiment a { b c = 1 }', ['ARC1288 1:18 name: b_c, sign:'], 'experiment a { b_c = 1 }'],
  ['a module of Python', 'import numpy as np\nlet a = 1', ['ARC1206 1:1 found: `import`'], 'let a = 1'],
  [
    'a name of a module of Python',
    'from torch.nn import Linear\nlet a = 1',
    ['ARC1206 1:1 found: `from`'],
    'let a = 1',
  ],
  ['an empty object of Python', 'cfg = Namespace()\nlet a = 1', ['ARC1206 1:1 found: `cfg`']],
  ['a tuple for a list', 'let a = (1, 2)', ['ARC1201 1:11 expected: `)`, found: `,`'], 'let a = [1, 2]'],
  ['a tuple for an object', 'experiment a { margin = (1, 0, 0.4) }', ['ARC1201 1:27 expected: `)`, found: `,`']],
  ['a slice', 'let a = b[1:]', ['ARC1201 1:12 expected: `]`, found: `:`']],
  ['a range with its end', 'let a = 0..=3', ['ARC1201 1:12 expected: a value, found: `=`']],
  ['a line that was cut', 'let a = f(b: 1, c', ['ARC1101 1:10 open: (']],
  [
    'an experiment without its head',
    'let a = 1\n\n  dataset = b\n  train {\n    epochs = 1\n  }\n}\n',
    ['ARC1105 3:3'],
    'let a = 1\n\nexperiment my_experiment {\n  dataset = b\n  train {\n    epochs = 1\n  }\n}\n',
  ],
  ['a brace too many', 'let a = 1\n}\n', ['ARC1102 2:1 close: }']],
]

testMistakes(cases)

test.each(Object.keys({ ...experimentBody.fields, ...experimentBody.sections }))('`%s` begins a path', (name) => {
  expect(brief(parse(`experiment a { ${name} x = 1 }`).diagnostics)).toEqual([
    `ARC1291 1:${17 + name.length} first: ${name}, rest: x`,
  ])
})
