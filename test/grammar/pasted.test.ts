/** Texts that are pasted from other programs: what is not code is reported at its place, and the code around it is read. */
import { type Mistake, testMistakes } from '../helpers/mistakes.ts'

const CONFLICT = 'ARC1014 1:1 what: a marker of a merge conflict'
const DIFF = 'what: the sign of a diff'
const NUMBER = 'what: the number of a line'

const cases: readonly Mistake[] = [
  ['a marker that was left', '<<<<<<< ours\nlet a = 1', [CONFLICT], 'let a = 1'],
  [
    'the middle of a conflict',
    'let a = 1\n=======\nlet b = 2',
    ['ARC1014 2:1 what: a marker of a merge conflict'],
    'let a = 1\nlet b = 2',
  ],
  ['a whole conflict', '<<<<<<< ours\nlet a = 1\n=======\nlet a = 2\n>>>>>>> theirs\nlet b = 2', [CONFLICT]],
  [
    'a fence of Markdown',
    '```arc\nlet a = 1\n```',
    ['ARC1014 1:1 what: a fence of Markdown', 'ARC1014 3:1 what: a fence of Markdown'],
    'let a = 1\n',
  ],
  ['a divider', '---\nlet a = 1', ['ARC1014 1:1 what: a divider of YAML or Markdown'], 'let a = 1'],
  ['an added line', 'experiment a {\n+ x = 1\n}', [`ARC1014 2:1 ${DIFF}`], 'experiment a {\n  x = 1\n}'],
  ['a removed line', 'experiment a {\n- x = 1\n}', [`ARC1014 2:1 ${DIFF}`]],
  [
    'a whole diff',
    '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-let a = 1\n+let a = 2\n let b = 3',
    [`ARC1014 1:1 ${DIFF}`],
    ' let a = 2\n let b = 3',
  ],
  ['a sum that goes on', 'let a = (1\n+ 2\n- 3)', []],
  ['one number of a line', 'experiment a {\n12   x = 1\n}', [`ARC1014 2:1 ${NUMBER}`], 'experiment a {\n     x = 1\n}'],
  [
    'numbers of all lines',
    '1 use std.margins\n2 fn f(x: int) -> int {\n3   x\n4 }',
    [`ARC1014 1:1 ${NUMBER}`],
    '  use std.margins\n  fn f(x: int) -> int {\n    x\n  }',
  ],
  ['numbers that begin lines', 'let a = [\n1,\n2 * b,\n3]', []],
  [
    'half the sign of a comment',
    '/ made from a table\nlet a = 1',
    ['ARC1004 1:1 mark: /'],
    '// made from a table\nlet a = 1',
  ],
  ['a quotient that goes on', 'let a = (1\n/ b)', []],
  ['an exponent with a dash', 'let a = 5e–4', ['ARC1005 1:11 found: –, right: -'], 'let a = 5e-4'],
  ['a difference with a dash', 'let a = b – 4', ['ARC1005 1:11 found: –, right: -'], 'let a = b - 4'],
  ['a raised number', 'let a = b²', ['ARC1005 1:10 found: ², right: ** 2'], 'let a = b ** 2'],
  [
    'a ligature',
    'let ﬂag = ﬁt',
    ['ARC1001 1:5 text: U+FB02, which only looks like `fl`', 'ARC1001 1:11 text: U+FB01, which only looks like `fi`'],
    'let flag = fit',
  ],
  ['a product of matrices', 'let a = b @ c', ['ARC1001 1:11 text: `@`']],
  ['a quote too many', 'let a = f("b"", c: 1)', ['ARC1002 1:14'], 'let a = f("b", c: 1)'],
  [
    'a section on one line',
    'experiment a {\n  s { x = 1, y = 2\n  z = 3\n}',
    ['ARC1101 2:5 open: {'],
    'experiment a {\n  s { x = 1, y = 2 }\n  z = 3\n}',
  ],
  [
    'a list before `carry`',
    'let a = for i in [1, 2 carry x = 3 { x + i }',
    ['ARC1101 1:18 open: ['],
    'let a = for i in [1, 2] carry x = 3 { x + i }',
  ],
  ['a call before `then`', 'let a = if f(b then c else d', ['ARC1101 1:13 open: ('], 'let a = if f(b) then c else d'],
  [
    'a name broken by a line',
    'let a = f(b_\n  c: 1)',
    ['ARC1201 2:3 expected: a comma or `)`, found: `c`'],
    'let a = f(b_c: 1)',
  ],
]

testMistakes(cases)
