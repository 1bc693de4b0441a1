import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { dumpTree } from '../../grammar/dump.ts'
import { grammarError } from '../../grammar/messages.ts'
import { brief, factsOf, wordsOf } from '../helpers/facts.ts'
import { applyFixes, parse } from '../helpers/parse.ts'

const lines = (...parts: string[]): string => parts.join('\n')

interface Case {
  readonly text: string
  readonly errors: readonly string[]
  /** The text after all fixes; it must parse. */
  readonly fixed?: string
  /** The remaining tree. */
  readonly tree?: string
}

const CASES: Record<string, Case> = {
  'no `=`': {
    text: 'experiment a { batch 64, lr = 1 }',
    errors: ['ARC1202 1:21 name: batch, what: field'],
    fixed: 'experiment a { batch = 64, lr = 1 }',
    tree: '(experiment a (field batch 64) (field lr 1))',
  },
  'a colon for `=`, and the other way round': {
    text: 'experiment a {\n  lr: 0.1\n  margin = arcface(m = 0.5)\n  c == 3\n}',
    errors: [
      'ARC1203 2:5 what: a field, right: =, found: :',
      'ARC1203 3:22 what: an argument, right: :, found: =',
      'ARC1203 4:5 what: a field, right: =, found: ==',
    ],
    fixed: 'experiment a {\n  lr= 0.1\n  margin = arcface(m : 0.5)\n  c = 3\n}',
    tree: '(experiment a (field lr 0.1) (field margin (call arcface (m: 0.5))) (field c 3))',
  },
  'a path of Windows with escapes': {
    text: 'experiment a { x = "C:\\new\\train" }',
    errors: ['ARC1012 1:21 escapes: [a line break, a tab]'],
    fixed: 'experiment a { x = "C:/new/train" }',
  },
  'a path of Windows without mistakes': {
    text: 'experiment a { x = "C:\\\\new", y = "a\\tb", z = "C:/n" }',
    errors: [],
  },
  'a quotient of Python, which is a comment': {
    text: 'fn half(x: int) -> int {\n  x // 2\n}',
    errors: ['ARC1013 2:5'],
    fixed: 'fn half(x: int) -> int {\n  x div 2\n}',
  },
  'comments that are no quotients': {
    text: '// 2\nfn half(x: int) -> int {\n  // 3\n  x // 2 of them\n}',
    errors: [],
  },
  'a section with a colon': {
    text: 'experiment a { train: { batch = 1 } }',
    errors: ['ARC1227 1:21'],
    fixed: 'experiment a { train { batch = 1 } }',
  },
  'a file with a hole': {
    text: 'use "pfc{0 + 1}.arc": a\nlet b = 1',
    errors: ['ARC1228 1:5'],
    tree: '(let b 1)',
  },
  'no value': {
    text: 'experiment a {\n  batch =\n  epochs = 20\n  lr = }',
    errors: ['ARC1204 2:10 after: `=`', 'ARC1204 4:7 after: `=`'],
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
    errors: ['ARC1101 2:11 open: {'],
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
    errors: ['ARC1101 1:14 open: {'],
    fixed: 'experiment a {\n  x = 1\n}\n\nexperiment b {\n  y = 2\n}\n',
  },
  'a brace missing at the end': {
    text: 'experiment a {\n  train {\n    x = 1\n  }\n',
    errors: ['ARC1101 1:14 open: {'],
    fixed: 'experiment a {\n  train {\n    x = 1\n  }\n}\n',
  },
  'two braces missing at the end': {
    text: 'experiment a {\n  train {\n    x = 1\n',
    errors: ['ARC1101 1:14 open: {', 'ARC1101 2:9 open: {'],
    tree: '(experiment a (section train (field x 1)))',
  },
  'a brace too many': {
    text: 'experiment a {\n  c {\n    x = 1\n  }\n  }\n  y = 2\n}\nlet b = 1',
    errors: ['ARC1102 5:3 close: }'],
    tree: '(experiment a (section c (field x 1)) (field y 2))\n(let b 1)',
  },
  'a brace too many at the end': {
    text: 'let a = 1\n}\n',
    errors: ['ARC1102 2:1 close: }'],
    fixed: 'let a = 1\n\n',
  },
  'no opening brace': {
    text: 'experiment a\n  x = 1\n  t { y = 2 }\n}\nlet b = 1',
    errors: ['ARC1104 1:13 what: experiment'],
    fixed: 'experiment a {\n  x = 1\n  t { y = 2 }\n}\nlet b = 1',
    tree: '(experiment a (field x 1) (section t (field y 2)))\n(let b 1)',
  },
  'a parenthesis that is not closed before the next field': {
    text: 'experiment a {\n  margin = cosface(m: 0.4\n  machine = dgx(nodes: 1)\n}',
    errors: ['ARC1101 2:19 open: ('],
    fixed: 'experiment a {\n  margin = cosface(m: 0.4)\n  machine = dgx(nodes: 1)\n}',
  },
  'parameters that are not closed': {
    text: 'margin m(a: angle = 0.5 rad {\n  target(cos) = cos\n}',
    errors: ['ARC1101 1:9 open: ('],
    fixed: 'margin m(a: angle = 0.5 rad) {\n  target(cos) = cos\n}',
  },
  'a list that is not closed': {
    text: 'experiment a {\n  sets = [lfw, cfp\n  every = 1\n}',
    errors: ['ARC1101 2:10 open: ['],
    fixed: 'experiment a {\n  sets = [lfw, cfp]\n  every = 1\n}',
  },
  'the wrong bracket': {
    text: 'let a = [1, 2)',
    errors: ['ARC1103 1:14 open: [, close: )'],
    fixed: 'let a = [1, 2]',
  },
  'words of other languages for values': {
    text: 'experiment a { x = yes, y = False, z = off }',
    errors: [
      'ARC1205 1:20 found: yes, right: true',
      'ARC1205 1:29 found: False, right: false',
      'ARC1205 1:40 found: off, right: false',
    ],
    fixed: 'experiment a { x = true, y = false, z = false }',
  },
  'operators of other languages': {
    text: 'let a = !b && c || d === e\nlet f = g ^ 2 ≤ 3',
    errors: [
      'ARC1005 1:9 found: !, right: not',
      'ARC1005 1:12 found: &&, right: and',
      'ARC1005 1:17 found: ||, right: or',
      'ARC1005 1:22 found: ===, right: ==',
      'ARC1005 2:11 found: ^, right: **',
      'ARC1005 2:15 found: ≤, right: <=',
    ],
    fixed: 'let a = not b and c or d == e\nlet f = g ** 2 <= 3',
  },
  'assignment operators': { text: 'experiment a { x += 1 }', errors: ['ARC1011 1:18'] },
  'quotes of other languages': {
    text: `let a = 'b "c"'\nlet d = “e”`,
    errors: ['ARC1003 1:9 quotes: single quotes', 'ARC1003 2:9 quotes: curly ones'],
    fixed: `let a = "b \\"c\\""\nlet d = "e"`,
  },
  'a string that is not closed': {
    text: 'experiment a {\n  d = folder(root: "faces)\n  x = 1\n}',
    errors: ['ARC1002 2:20'],
    fixed: 'experiment a {\n  d = folder(root: "faces")\n  x = 1\n}',
  },
  'comments of other languages': {
    text: '# one\nlet a = 1 # two\n/* three\n */ let b = 2',
    errors: ['ARC1004 1:1 mark: #', 'ARC1004 2:11 mark: #', 'ARC1004 3:1 mark: /*'],
    tree: '(let a 1)\n(let b 2)',
  },
  semicolons: {
    text: 'experiment a {\n  x = 1;\n  y = 2; z = 3\n}',
    errors: ['ARC1006 2:8'],
    fixed: 'experiment a {\n  x = 1\n  y = 2, z = 3\n}',
    tree: '(experiment a (field x 1) (field y 2) (field z 3))',
  },
  'one semicolon': {
    text: 'experiment a { x = 1; y = 2 }',
    errors: ['ARC1006 1:21'],
    fixed: 'experiment a { x = 1, y = 2 }',
    tree: '(experiment a (field x 1) (field y 2))',
  },
  'a backbone that extends another': {
    text: 'backbone b extends a on Image(1, 1, 3) -> Vector(2) { input }',
    errors: ['ARC1294 1:12 keyword: backbone'],
  },
  'stray characters': {
    text: 'let a = $b\nlet c = d\\\nlet größe = 1',
    errors: ['ARC1001 1:9 text: `$`', 'ARC1001 2:10 text: `\\`', 'ARC1001 3:7 text: `öß`'],
    tree: '(let a b)\n(let c d)\n(let größe 1)',
  },
  'entries on one line': {
    text: 'experiment a { x = 1 y = 2, z = b c = 3 }',
    errors: [
      'ARC1210 1:22 separators: a new line or a comma, found: `y`',
      'ARC1210 1:35 separators: a new line or a comma, found: `c`',
    ],
    fixed: 'experiment a { x = 1, y = 2, z = b, c = 3 }',
  },
  'declarations on one line': {
    text: 'let a = 1 let b = 2',
    errors: ['ARC1210 1:11 separators: a new line, found: `let`'],
    tree: '(let a 1)\n(let b 2)',
  },
  'a missing comma in `use`': {
    text: 'use std.margins arcface cosface',
    errors: ['ARC1201 1:17 expected: `:`, found: `arcface`', 'ARC1201 1:25 expected: a comma, found: `cosface`'],
    fixed: 'use std.margins: arcface, cosface',
  },
  'declarations of other languages': {
    text: 'def f(x) = x\nimport numpy\nexperimnt a { x = 1 }\nlet b = 1\nclass C { }',
    errors: [
      'ARC1206 1:1 found: `def`',
      'ARC1206 2:1 found: `import`',
      'ARC1206 3:1 found: `experimnt`',
      'ARC1206 5:1 found: `class`',
    ],
  },
  'a value at the top': {
    text: 'x = 3\nmachine = 4',
    errors: ['ARC1206 1:1 found: `x`', 'ARC1206 2:1 found: `machine`'],
    fixed: 'let x = 3\nlet machine = 4',
  },
  'a word that every JavaScript object has': {
    text: 'constructor a { x = 1 }\nlet b = 1',
    errors: ['ARC1206 1:1 found: `constructor`'],
    tree: '(let b 1)',
  },
  'prose is one mistake': {
    text: 'This is a file\nabout something\nelse, and 3 more.\n\nlet a = 1',
    errors: ['ARC1206 1:1 found: `This`'],
    tree: '(let a 1)',
  },
  'a declaration inside another': {
    text: 'experiment a {\n  margin arcface(m: 1) {\n    x = 1\n  }\n  y = 2\n}',
    errors: ['ARC1222 2:3 word: margin'],
    tree: '(experiment a (field y 2))',
  },
  'functions without and with a body': {
    text: 'fn f(x)\nextern fn g(x) = x\nlet a = 1',
    errors: ['ARC1216 1:8 keyword: fn, name: f', 'ARC1217 2:18 name: g'],
    tree: '(let f (error))\n(fn g (params (x)) (block x))\n(let a 1)',
  },
  'a return': {
    text: 'fn f(x) {\n  y = x\n  return y\n}',
    errors: ['ARC1213 2:3 name: y', 'ARC1224 3:3 word: return, instead: the value of a block is its last line'],
    fixed: 'fn f(x) {\n  let y = x\n  y\n}',
  },
  'a broken head keeps its name and its body': {
    text: 'fn f(x: , y: int) = 1 +\nmargin m(3) {\n  target(c) = \n}\nlet a = 1',
    errors: [
      'ARC1201 1:9 expected: a type, found: `,`',
      'ARC1204 1:24 after: `+`',
      'ARC1201 2:10 expected: a name, found: `3`',
      'ARC1204 3:14 after: `=`',
    ],
    tree: '(let f (error))\n(let m (error))\n(let a 1)',
  },
  'heads that cannot be read': {
    text: 'experiment { a = 1 }\nexperiment a b { c = 1 }\nbackbone r(x: int) -> V { x }\nblock g x { x }\ntest r50 { assert a }\nlet z = 1',
    errors: [
      'ARC1201 1:12 expected: a name, found: `{`',
      'ARC1201 2:14 expected: `{`, found: `b`',
      'ARC1201 3:20 expected: `on`, found: `->`',
      'ARC1201 4:9 expected: `(`, found: `x`',
      'ARC1201 5:6 expected: a string, found: `r50`',
    ],
    tree: '(let a (error))\n(let r (error))\n(let g (error))\n(test "r50" (assert a))\n(let z 1)',
  },
  'statements in tests': {
    text: 'test "x" {\n  a = 1\n  a > 0\n  assert a\n}',
    errors: ['ARC1225 2:3', 'ARC1225 3:3'],
    fixed: 'test "x" {\n  let a = 1\n  assert a > 0\n  assert a\n}',
  },
  'a path for a method': {
    text: 'margin m {\n  a.target(cos) = cos\n}',
    errors: ['ARC1226 2:3 name: a.target'],
  },
  'a keyword for a name': {
    text: 'fn f(in: int) = 1',
    errors: ['ARC1207 1:6 word: in'],
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
    errors: ['ARC1204 3:27 after: `+`', 'ARC1201 4:12 expected: a value, found: `*`', 'ARC1204 7:10 after: `,`'],
    tree: '(experiment a\n  (section s (field x (call f 1 (block (let a (error)) a))) (field y (error)) (field z 3))\n  (field w (error)))',
  },
  'a module with a prefix and names': {
    text: 'use ..nets as nets: wide, deep\nlet a = 1\n',
    errors: ['ARC1275 1:19'],
    fixed: 'use ..nets as nets\nlet a = 1\n',
  },
  'an expectation without a code': {
    text: lines('test "t" {', '  expect error oops { 1 }', '  expect failure ARC4213 { 1 }', '  assert 1 == 1', '}'),
    errors: ['ARC1276 2:16 found: `oops`', 'ARC1225 3:3'],
  },
}

test.each(Object.entries(CASES))('%s', (_, { text, errors, fixed, tree }) => {
  const parsed = parse(text)
  expect(brief(parsed.diagnostics)).toEqual(errors)
  if (tree !== undefined) expect(dumpTree(parsed.tree).trimEnd()).toBe(tree)
  if (fixed !== undefined) {
    expect(applyFixes(text, parsed.diagnostics)).toBe(fixed)
    expect(brief(parse(fixed).diagnostics)).toEqual([])
  }
})

test('the words beside their sentences', async () => {
  const words = wordsOf(Object.values(CASES).flatMap(({ text }) => parse(text).diagnostics))
  await expect(words).toMatchFileSnapshot('__snapshots__/words.txt')
})

test('every message of the catalogue is tested', () => {
  const tests = ['errors', 'expressions', 'declarations', 'habits', 'pasted', 'other-languages'].map((name) =>
    readFileSync(new URL(`${name}.test.ts`, import.meta.url), 'utf8'),
  )
  const untested = Object.keys(grammarError.catalogue).filter(
    (code) => !tests.some((text) => text.includes(`${code} `)),
  )
  expect(untested).toEqual([])
})

test('a missing brace points to where its block opened, and to where it was expected', () => {
  const { diagnostics } = parse('experiment a {\n  train {\n    x = 1\n}\n')
  expect(diagnostics).toHaveLength(1)
  expect(factsOf(diagnostics)).toMatchInlineSnapshot(`
    "ARC1101 test.arc:2:9 \`{\`
      open: {
      also test.arc:3:10 \`\`
      fix  test.arc:3:10 \`\` → "\\n  }"
      a label
    "
  `)
})
