import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { dumpTree } from '../../grammar/dump.ts'
import { GRAMMAR_MESSAGES } from '../../grammar/messages.ts'
import { applyFixes, parse, showDiagnostic } from '../helpers/parse.ts'

const lines = (...parts: string[]): string => parts.join('\n')

interface Case {
  readonly text: string
  readonly errors: readonly string[]
  /** The text with all fixes made; it must then parse. */
  readonly fixed?: string
  /** What is left of the tree. */
  readonly tree?: string
}

const CASES: Record<string, Case> = {
  'no `=`': {
    text: 'experiment a { batch 64, lr = 1 }',
    errors: ['1:21 ARC1202 expected `=` after the field `batch`'],
    fixed: 'experiment a { batch = 64, lr = 1 }',
    tree: '(experiment a (field batch 64) (field lr 1))',
  },
  'a colon for `=`, and the other way round': {
    text: 'experiment a {\n  lr: 0.1\n  margin = arcface(m = 0.5)\n  c == 3\n}',
    errors: [
      '2:5 ARC1203 a field is given with `=`, not `:`',
      '3:22 ARC1203 an argument is given with `:`, not `=`',
      '4:5 ARC1203 a field is given with `=`, not `==`',
    ],
    fixed: 'experiment a {\n  lr= 0.1\n  margin = arcface(m : 0.5)\n  c = 3\n}',
    tree: '(experiment a (field lr 0.1) (field margin (call arcface (m: 0.5))) (field c 3))',
  },
  'a section with a colon': {
    text: 'experiment a { train: { batch = 1 } }',
    errors: ['1:21 ARC1227 a section has no `:` before its `{`'],
    fixed: 'experiment a { train { batch = 1 } }',
  },
  'a file with a hole': {
    text: 'use "pfc{0 + 1}.arc": a\nlet b = 1',
    errors: ['1:5 ARC1228 the name of a file has no `{ }`'],
    tree: '(let b 1)',
  },
  'no value': {
    text: 'experiment a {\n  batch =\n  epochs = 20\n  lr = }',
    errors: ['2:10 ARC1204 expected a value after `=`', '4:7 ARC1204 expected a value after `=`'],
    tree: '(experiment a (field batch (error)) (field epochs 20) (field lr (error)))',
  },
  'a section that is not closed': {
    text: lines(
      'experiment a {',
      '  centers {',
      '    placement = shard',
      '  train {',
      '    batch = 1',
      '  }',
      '}',
      'let b = 1',
    ),
    errors: ['2:11 ARC1101 `{` is never closed'],
    fixed: lines(
      'experiment a {',
      '  centers {',
      '    placement = shard',
      '  }',
      '  train {',
      '    batch = 1',
      '  }',
      '}',
      'let b = 1',
    ),
    tree: '(experiment a (section centers (field placement shard)) (section train (field batch 1)))\n(let b 1)',
  },
  'a declaration that is not closed': {
    text: 'experiment a {\n  x = 1\n\nexperiment b {\n  y = 2\n}\n',
    errors: ['1:14 ARC1101 `{` is never closed'],
    fixed: 'experiment a {\n  x = 1\n}\n\nexperiment b {\n  y = 2\n}\n',
  },
  'a brace missing at the end': {
    text: 'experiment a {\n  train {\n    x = 1\n  }\n',
    errors: ['1:14 ARC1101 `{` is never closed'],
    fixed: 'experiment a {\n  train {\n    x = 1\n  }\n}\n',
  },
  'two braces missing at the end': {
    text: 'experiment a {\n  train {\n    x = 1\n',
    errors: ['1:14 ARC1101 `{` is never closed', '2:9 ARC1101 `{` is never closed'],
    tree: '(experiment a (section train (field x 1)))',
  },
  'a brace too many': {
    text: 'experiment a {\n  c {\n    x = 1\n  }\n  }\n  y = 2\n}\nlet b = 1',
    errors: ['5:3 ARC1102 `}` closes nothing'],
    tree: '(experiment a (section c (field x 1)) (field y 2))\n(let b 1)',
  },
  'a brace too many at the end': {
    text: 'let a = 1\n}\n',
    errors: ['2:1 ARC1102 `}` closes nothing'],
    fixed: 'let a = 1\n\n',
  },
  'no opening brace': {
    text: 'experiment a\n  x = 1\n  t { y = 2 }\n}\nlet b = 1',
    errors: ['1:13 ARC1104 expected `{` after the head of this experiment'],
    fixed: 'experiment a {\n  x = 1\n  t { y = 2 }\n}\nlet b = 1',
    tree: '(experiment a (field x 1) (section t (field y 2)))\n(let b 1)',
  },
  'a parenthesis that is not closed before the next field': {
    text: 'experiment a {\n  margin = cosface(m: 0.4\n  machine = dgx(nodes: 1)\n}',
    errors: ['2:19 ARC1101 `(` is never closed'],
    fixed: 'experiment a {\n  margin = cosface(m: 0.4)\n  machine = dgx(nodes: 1)\n}',
  },
  'parameters that are not closed': {
    text: 'margin m(a: angle = 0.5 rad {\n  target(cos) = cos\n}',
    errors: ['1:9 ARC1101 `(` is never closed'],
    fixed: 'margin m(a: angle = 0.5 rad) {\n  target(cos) = cos\n}',
  },
  'a list that is not closed': {
    text: 'experiment a {\n  sets = [lfw, cfp\n  every = 1\n}',
    errors: ['2:10 ARC1101 `[` is never closed'],
    fixed: 'experiment a {\n  sets = [lfw, cfp]\n  every = 1\n}',
  },
  'the wrong bracket': {
    text: 'let a = [1, 2)',
    errors: ['1:14 ARC1103 `[` is closed by `)`'],
    fixed: 'let a = [1, 2]',
  },
  'words of other languages for values': {
    text: 'experiment a { x = yes, y = False, z = off }',
    errors: [
      '1:20 ARC1205 `yes` is not a value: write `true`',
      '1:29 ARC1205 `False` is not a value: write `false`',
      '1:40 ARC1205 `off` is not a value: write `false`',
    ],
    fixed: 'experiment a { x = true, y = false, z = false }',
  },
  'operators of other languages': {
    text: 'let a = !b && c || d === e\nlet f = g ^ 2 ≤ 3',
    errors: [
      '1:9 ARC1005 `!` is written `not`',
      '1:12 ARC1005 `&&` is written `and`',
      '1:17 ARC1005 `||` is written `or`',
      '1:22 ARC1005 `===` is written `==`',
      '2:11 ARC1005 `^` is written `**`',
      '2:15 ARC1005 `≤` is written `<=`',
    ],
    fixed: 'let a = not b and c or d == e\nlet f = g ** 2 <= 3',
  },
  'assignment operators': { text: 'experiment a { x += 1 }', errors: ['1:18 ARC1011 names are not assigned to again'] },
  'quotes of other languages': {
    text: `let a = 'b "c"'\nlet d = “e”`,
    errors: [
      '1:9 ARC1003 strings are written in double quotes, not single quotes',
      '2:9 ARC1003 strings are written in double quotes, not curly ones',
    ],
    fixed: `let a = "b \\"c\\""\nlet d = "e"`,
  },
  'a string that is not closed': {
    text: 'experiment a {\n  d = folder(root: "faces)\n  x = 1\n}',
    errors: ['2:20 ARC1002 this string is not closed'],
    fixed: 'experiment a {\n  d = folder(root: "faces")\n  x = 1\n}',
  },
  'comments of other languages': {
    text: '# one\nlet a = 1 # two\n/* three\n */ let b = 2',
    errors: [
      '1:1 ARC1004 comments begin with `//`, not `#`',
      '2:11 ARC1004 comments begin with `//`, not `#`',
      '3:1 ARC1004 comments begin with `//`, not `/*`',
    ],
    tree: '(let a 1)\n(let b 2)',
  },
  semicolons: {
    text: 'experiment a {\n  x = 1;\n  y = 2; z = 3\n}',
    errors: ['2:8 ARC1006 lines do not end with `;`', '3:8 ARC1006 lines do not end with `;`'],
    fixed: 'experiment a {\n  x = 1\n  y = 2, z = 3\n}',
    tree: '(experiment a (field x 1) (field y 2) (field z 3))',
  },
  'stray characters': {
    text: 'let a = $b\nlet c = d\\\nlet größe = 1',
    errors: [
      '1:9 ARC1001 `$` has no meaning here',
      '2:10 ARC1001 `\\` has no meaning here',
      '3:7 ARC1001 `öß` has no meaning here',
    ],
    tree: '(let a b)\n(let c d)\n(let größe 1)',
  },
  'entries on one line': {
    text: 'experiment a { x = 1 y = 2, z = b c = 3 }',
    errors: [
      '1:22 ARC1210 expected a new line or a comma before `y`',
      '1:35 ARC1210 expected a new line or a comma before `c`',
    ],
    fixed: 'experiment a { x = 1, y = 2, z = b, c = 3 }',
  },
  'declarations on one line': {
    text: 'let a = 1 let b = 2',
    errors: ['1:11 ARC1210 expected a new line before `let`'],
    tree: '(let a 1)\n(let b 2)',
  },
  'a missing comma in `use`': {
    text: 'use std.margins arcface cosface',
    errors: ['1:17 ARC1201 expected `:`, found `arcface`', '1:25 ARC1201 expected a comma, found `cosface`'],
    fixed: 'use std.margins: arcface, cosface',
  },
  'declarations of other languages': {
    text: 'def f(x) = x\nimport numpy\nexperimnt a { x = 1 }\nlet b = 1\nclass C { }',
    errors: [
      '1:1 ARC1206 `def` does not begin a declaration',
      '3:1 ARC1206 `experimnt` does not begin a declaration',
      '5:1 ARC1206 `class` does not begin a declaration',
    ],
  },
  'a value at the top': {
    text: 'x = 3\nmachine = 4',
    errors: ['1:1 ARC1206 `x` does not begin a declaration', '2:1 ARC1206 `machine` does not begin a declaration'],
    fixed: 'let x = 3\nlet machine = 4',
  },
  'prose is one mistake': {
    text: 'This is a file\nabout something\nelse, and 3 more.\n\nlet a = 1',
    errors: ['1:1 ARC1206 `This` does not begin a declaration'],
    tree: '(let a 1)',
  },
  'a declaration inside another': {
    text: 'experiment a {\n  margin arcface(m: 1) {\n    x = 1\n  }\n  y = 2\n}',
    errors: ['2:3 ARC1222 a margin is declared at the top of the file, not inside another'],
    tree: '(experiment a (field y 2))',
  },
  'functions without and with a body': {
    text: 'fn f(x)\nextern fn g(x) = x\nlet a = 1',
    errors: ['1:8 ARC1216 the fn `f` has no body', '2:18 ARC1217 the extern function `g` cannot have a body'],
    tree: '(let f (error))\n(fn g (params (x)) (block x))\n(let a 1)',
  },
  'a return': {
    text: 'fn f(x) {\n  y = x\n  return y\n}',
    errors: [
      '2:3 ARC1213 `y` is bound without `let`',
      '3:3 ARC1224 the last line of a block is its value: there is no `return`',
    ],
    fixed: 'fn f(x) {\n  let y = x\n  y\n}',
  },
  'a broken head keeps its name and its body': {
    text: 'fn f(x: , y: int) = 1 +\nmargin m(3) {\n  target(c) = \n}\nlet a = 1',
    errors: [
      '1:9 ARC1201 expected a type, found `,`',
      '1:24 ARC1204 expected a value after `+`',
      '2:10 ARC1201 expected a name, found `3`',
      '3:14 ARC1204 expected a value after `=`',
    ],
    tree: '(let f (error))\n(let m (error))\n(let a 1)',
  },
  'heads that cannot be read': {
    text: 'experiment { a = 1 }\nexperiment a b { c = 1 }\nbackbone r(x: int) -> V { x }\nblock g x { x }\ntest r50 { assert a }\nlet z = 1',
    errors: [
      '1:12 ARC1201 expected a name, found `{`',
      '2:14 ARC1201 expected `{`, found `b`',
      '3:20 ARC1201 expected `on`, found `->`',
      '4:9 ARC1201 expected `(`, found `x`',
      '5:6 ARC1201 expected a string, found `r50`',
    ],
    tree: '(let a (error))\n(let r (error))\n(let g (error))\n(let z 1)',
  },
  'extends on others': {
    text: 'optimizer a extends b { }',
    errors: ['1:13 ARC1218 only experiments extend another, not an optimizer'],
  },
  'statements in tests': {
    text: 'test "x" {\n  a = 1\n  a > 0\n  assert a\n}',
    errors: ['2:3 ARC1225 a test holds `let` and `assert` only', '3:3 ARC1225 a test holds `let` and `assert` only'],
    fixed: 'test "x" {\n  let a = 1\n  assert a > 0\n  assert a\n}',
  },
  'a path for a method': {
    text: 'margin m {\n  a.target(cos) = cos\n}',
    errors: ['2:3 ARC1226 a method has a single name, not the path `a.target`'],
  },
  'a keyword for a name': {
    text: 'fn f(in: int) = 1',
    errors: ['1:6 ARC1207 `in` is a keyword, so it cannot be a name'],
  },
  'one mistake in a deep block spares the others': {
    text: lines(
      'experiment a {',
      '  s {',
      '    x = f(1, { let a = 2 +, a })',
      '    y = 1 +* 2',
      '    z = 3',
      '  }',
      '  w = [1,, 2]',
      '}',
    ),
    errors: [
      '3:27 ARC1204 expected a value after `+`',
      '4:12 ARC1201 expected a value, found `*`',
      '7:10 ARC1204 expected a value after `,`',
    ],
    tree: '(experiment a\n  (section s (field x (call f 1 (block (let a (error)) a))) (field y (error)) (field z 3))\n  (field w (error)))',
  },
}

test.each(Object.entries(CASES))('%s', (_, { text, errors, fixed, tree }) => {
  const parsed = parse(text)
  expect(parsed.diagnostics.map(showDiagnostic)).toEqual(errors)
  if (tree !== undefined) expect(dumpTree(parsed.tree).trimEnd()).toBe(tree)
  if (fixed !== undefined) {
    expect(applyFixes(text, parsed.diagnostics)).toBe(fixed)
    expect(parse(fixed).diagnostics.map(showDiagnostic)).toEqual([])
  }
})

test('every message of the catalogue is tested', () => {
  const tests = ['errors', 'expressions', 'declarations'].map((name) =>
    readFileSync(new URL(`${name}.test.ts`, import.meta.url), 'utf8'),
  )
  const untested = Object.keys(GRAMMAR_MESSAGES).filter((code) => !tests.some((text) => text.includes(` ${code} `)))
  expect(untested).toEqual([])
})

test('a missing brace points to where its block opened, and to where it was expected', () => {
  const { diagnostics } = parse('experiment a {\n  train {\n    x = 1\n}\n')
  expect(diagnostics).toHaveLength(1)
  const [missing] = diagnostics
  expect(missing?.label).toBe('opened here')
  expect(missing?.related.map((r) => r.message)).toEqual(['expected `}` here at the latest'])
})
