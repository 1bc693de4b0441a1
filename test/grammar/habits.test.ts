/** Habits of other languages: each is reported at its place, with a fix after which the text parses. */
import { expect, test } from 'vitest'
import { brief } from '../helpers/facts.ts'
import { applyFixes, parse } from '../helpers/parse.ts'

/** A text, its mistakes, and the text after all fixes. */
const cases: [name: string, text: string, errors: readonly string[], fixed?: string][] = [
  [
    'sections by indentation',
    'experiment a {\n  train:\n    batch = 1\n    epochs = 2\n  c = 3\n}',
    ['ARC1289 2:8 name: train'],
    'experiment a {\n  train {\n    batch = 1\n    epochs = 2\n  }\n  c = 3\n}',
  ],
  [
    'a section with a colon and its closing brace',
    'experiment a {\n  train:\n    x = 1\n  }\n}',
    ['ARC1289 2:8 name: train'],
  ],
  ['an experiment by indentation', 'experiment a:\n  x = 1\nlet b = 2', ['ARC1289 1:13 name: experiment a']],
  [
    'a heading of TOML',
    'experiment a {\n  [train]\n  x = 1\n}',
    ['ARC1289 2:3 name: train'],
    'experiment a {\n  train {\n  x = 1\n  }\n}',
  ],
  [
    'a list of YAML',
    'experiment a {\n  sets:\n    - lfw\n    - cfp\n  x = 1\n}',
    ['ARC1290 3:5 name: sets'],
    'experiment a {\n  sets = [lfw, cfp]\n  x = 1\n}',
  ],
  ['a negative value below its name', 'let a =\n  - 3', []],
  [
    'a section in parentheses',
    'experiment a { s(x = 1, y = 2) }',
    ['ARC1289 1:17 name: s'],
    'experiment a { s { x = 1, y = 2 } }',
  ],
  ['an opening brace is missing', 'experiment a {\n  s\n    x = 1\n  }\n}', ['ARC1104 2:4 what: section']],
  [
    'quotes inside a string',
    'let a = "say "hi" now"\nlet b = 1',
    ['ARC1295 1:14'],
    'let a = "say \\"hi\\" now"\nlet b = 1',
  ],
  ['a block in a block', 'fn f() = { block b(x: Image) -> Image { x }\n 1 }', ['ARC1222 1:12 word: block']],
  ['a block closed by a word', 'experiment a {\n  x = 1\nend', ['ARC1103 3:1 open: {, close: end']],
  ['a section closed by a parenthesis', 'experiment a { s { x = 1 ) }', ['ARC1103 1:26 open: {, close: )']],
  [
    'a list that ends before a field',
    'experiment a { x = [1, y = 2 }',
    ['ARC1101 1:20 open: ['],
    'experiment a { x = [1], y = 2 }',
  ],
  ['a call that ends before a pipeline', 'let a = x |> f(1 |> g', ['ARC1101 1:15 open: ('], 'let a = x |> f(1) |> g'],
  ['a division that is a comment', 'let a = f(16 // 2)', ['ARC1101 1:10 open: ('], 'let a = f(16 div 2)'],
  [
    'names in quotes and with dashes',
    'experiment "a" { "x": 1, sample-rate = 2 }',
    ['ARC1287 1:12 name: a', 'ARC1287 1:18 name: x', 'ARC1288 1:32 name: sample_rate, sign: -'],
    'experiment a { x = 1, sample_rate = 2 }',
  ],
  [
    'a path with a space',
    'experiment a { train x = 1 }',
    ['ARC1291 1:22 first: train, rest: x'],
    'experiment a { train.x = 1 }',
  ],
  [
    'a requirement as a field',
    'experiment a { require = a < 2 }',
    ['ARC1286 1:24 text: =, after: require'],
    'experiment a { require a < 2 }',
  ],
  [
    'another word for a requirement',
    'experiment a { requires a < 2 }',
    ['ARC1005 1:16 found: requires, right: require'],
    'experiment a { require a < 2 }',
  ],
  [
    'a word of tests for a requirement',
    'experiment a { check a < 2 }',
    ['ARC1005 1:16 found: check, right: require'],
    'experiment a { require a < 2 }',
  ],
  [
    'a call in brackets',
    'let a = cpu[devices: 2]',
    ['ARC1285 1:12 what: a call, found: `[ ]`'],
    'let a = cpu(devices: 2)',
  ],
  [
    'a call in braces',
    'let a = f(cpu{devices: 2})',
    ['ARC1285 1:14 what: a call, found: `{ }`'],
    'let a = f(cpu(devices: 2))',
  ],
  [
    'a call in braces, over several lines',
    'let a = f(cpu {\n  devices = 2\n  memory = 1 GiB\n})',
    ['ARC1285 1:15 what: a call, found: `{ }`'],
    'let a = f(cpu (devices: 2, memory: 1 GiB))',
  ],
  ['a block after a condition', 'let a = if b then c else { d }', [], 'let a = if b then c else { d }'],
  [
    'a block after the start of a loop',
    'let a = for i in n carry x = y{ x }',
    [],
    'let a = for i in n carry x = y{ x }',
  ],
  ['a block after a type', 'block f(x: Image) -> Image{ x }', [], 'block f(x: Image) -> Image{ x }'],
  [
    'sizes in brackets',
    'backbone b on Image[112, 112, 3] -> Vector{8} { input }',
    ['ARC1285 1:20 what: a type, found: `[ ]`', 'ARC1285 1:43 what: a type, found: `{ }`'],
    'backbone b on Image(112, 112, 3) -> Vector(8) { input }',
  ],
  [
    'sizes with an x',
    'backbone b on Image(112x112x3) -> Vector(8) { input |> conv(8, kernel: 3 x 3) }',
    [
      'ARC1009 1:21 text: 112x112x3, reason: sizes are separated by commas',
      'ARC1009 1:72 text: 3 x 3, reason: sizes are separated by commas',
    ],
    'backbone b on Image(112, 112, 3) -> Vector(8) { input |> conv(8, kernel: [3, 3]) }',
  ],
  [
    'sizes with a cross',
    'backbone b on Image(112×112×3) -> Vector(8) { input }',
    ['ARC1009 1:21 text: 112×112×3, reason: sizes are separated by commas'],
    'backbone b on Image(112, 112, 3) -> Vector(8) { input }',
  ],
  [
    'types with parameters in brackets',
    'fn f(x: list[int], y: Optional[int]) -> List[int] = x',
    [
      'ARC1005 1:13 found: list[int], right: [int]',
      'ARC1005 1:31 found: Optional[int], right: int?',
      'ARC1005 1:45 found: List[int], right: [int]',
    ],
    'fn f(x: [int], y: int?) -> [int] = x',
  ],
  [
    'the result before the input',
    'backbone b -> Vector(8) on Image(112, 112, 3) { input }',
    ['ARC1201 1:12 expected: `on`, found: `->`'],
    'backbone b on Image(112, 112, 3) -> Vector(8) { input }',
  ],
  [
    'a result without an input',
    'backbone b -> Vector(8) { input }',
    ['ARC1201 1:12 expected: `on`, found: `->`'],
    'backbone b on Image(112, 112, 3) -> Vector(8) { input }',
  ],
  ...['||>', '|>>', '|->', '>>', '%>%'].map((sign): (typeof cases)[number] => [
    `\`${sign}\` for a pipeline`,
    `let a = b ${sign} c`,
    [`ARC1005 1:11 found: ${sign}, right: |>`],
    'let a = b |> c',
  ]),
  [
    'spaces of web pages',
    'let\u00a0a = 1\nlet b\u2003= "\u00a0"',
    ['ARC1001 1:4 text: U+00A0, a no-break space'],
    'let a = 1\nlet b = "\u00a0"',
  ],
  ['a byte order mark', '\ufefflet a = 1', [], '\ufefflet a = 1'],
  [
    'a class of Python',
    'class F(nn.Module):\n    def f(self):\n        self.n += 1  # one\n\nlet a = 1',
    ['ARC1206 1:1 found: `class`'],
  ],
  [
    'a function of Python',
    'async def f(x,\n  y=(1, 2)) -> int:\n  return x\n\nlet a = 1',
    ['ARC1206 1:1 found: `async`'],
  ],
  [
    'a block by indentation',
    'block f(x: Image) -> Image:\n  let y = x\n  y |> prelu\nlet a = 1',
    ['ARC1289 1:27 name: block f'],
    'block f(x: Image) -> Image {\n  let y = x\n  y |> prelu\n}\nlet a = 1',
  ],
  [
    'a comparison of C in a condition',
    'let a = if b = c then 1 else 2',
    ['ARC1005 1:14 found: =, right: =='],
    'let a = if b == c then 1 else 2',
  ],
  [
    'misspelt keywords',
    'let a = if b thn 1 else for i in c cary x = d { x }',
    ['ARC1005 1:14 found: thn, right: then', 'ARC1005 1:36 found: cary, right: carry'],
    'let a = if b then 1 else for i in c carry x = d { x }',
  ],
  ['a variable of Rust', 'let mut a = 1', ['ARC1224 1:5 word: mut, instead: every name keeps its value'], 'let a = 1'],
  ['a name that is called like a variable', 'let mut = 1', [], 'let mut = 1'],
  ['a field with a sign', 'experiment a { @x = 1 }', ['ARC1001 1:16 text: `@`'], 'experiment a { x = 1 }'],
  ['an open comment', '/* note\nlet a = 1', ['ARC1004 1:1 mark: /*'], '// note\nlet a = 1'],
  ['a continued line', 'let a = 1 \\\n  + 2', ['ARC1001 1:11 text: `\\`'], 'let a = 1 +\n  2'],
  ['a backslash at the end', 'let a = 1 \\\nlet b = 2', ['ARC1001 1:11 text: `\\`'], 'let a = 1 \nlet b = 2'],
  ['a sum on the next line', 'let a = 1\n  + 2', ['ARC1206 2:3 found: `+`'], 'let a = 1 +\n  2'],
  ['a sum below a comment', 'let a = 1 // one\n  + 2', ['ARC1206 2:3 found: `+`']],
  [
    'a sum on the next line in a block',
    'fn f() -> int {\n  let a = 1\n    + 2\n  a\n}',
    ['ARC1201 3:5 expected: a value, found: `+`'],
  ],
  ['two commas', 'let a = f(1,, 2)', ['ARC1204 1:13 after: `,`'], 'let a = f(1, 2)'],
  [
    'letters of another alphabet',
    'let r\u0430te = 1',
    ['ARC1001 1:6 text: U+0430, which only looks like `a`'],
    'let rate = 1',
  ],
  [
    'a keyword as a name, and its use',
    'block f(x: Image) -> Image {\n  let in = x\n  in |> prelu\n}',
    ['ARC1207 2:7 word: in'],
  ],
  ['a product in place', 'fn f(x: int) -> int {\n  x *= 2\n  x\n}', ['ARC1011 2:5']],
  [
    'a division that is a comment',
    'let a = if b < 4 // 2 then 1 else 2\nlet c = 1',
    ['ARC1201 1:18 expected: `then`, found: a comment'],
  ],
  [
    'a lambda in parentheses',
    'let a = (lambda x: x)',
    ['ARC1224 1:10 word: lambda, instead: functions are declared with `fn`'],
  ],
  [
    'a conditional of C',
    'let a = if (x) { 1 } else { 2 }',
    ['ARC1201 1:16 expected: `then`, found: `{`'],
    'let a = if (x) then { 1 } else { 2 }',
  ],
  [
    'a conditional of Python',
    'let a = if x: 1 elif y: 2 else: 3',
    [
      'ARC1203 1:13 what: the first branch, right: then, found: :',
      'ARC1203 1:17 what: a further condition, right: else if, found: elif',
      'ARC1203 1:23 what: the first branch, right: then, found: :',
      'ARC1286 1:31 text: :, after: else',
    ],
    'let a = if x then 1 else if y then 2 else 3',
  ],
  ['a type before its name', 'fn f(int x) = x', ['ARC1293 1:6 name: x, type: int'], 'fn f(x: int) = x'],
  ['a prefix of a string', 'let a = f"x{1}"', ['ARC1085 1:9 prefix: f'], 'let a = "x{1}"'],
  ['a hexadecimal number', 'let a = 0xff', ['ARC1009 1:9 text: 0xff, reason: numbers are decimal'], 'let a = 255'],
  ['thousands', 'let a = 2k steps', ['ARC1009 1:9 text: 2k, reason: thousands have no letter'], 'let a = 2000 steps'],
  [
    'digits with a comma',
    'experiment a { x = 1,000 }',
    ['ARC1009 1:20 text: 1,000, reason: digits are grouped with `_`'],
    'experiment a { x = 1_000 }',
  ],
  [
    'comments of C, Lua and Python',
    '/* a */\n-- b\n"""c"""\nlet d = 1',
    ['ARC1004 1:1 mark: /*', 'ARC1004 2:1 mark: --', 'ARC1004 3:1 mark: """'],
    '// a\n// b\n// c\nlet d = 1',
  ],
  ['a decorator', '@cached\nfn f(x) = x', ['ARC1001 1:1 text: `@cached`'], '\nfn f(x) = x'],
  ['an increment', 'let a = b++', ['ARC1011 1:10']],
  ['degrees', 'let a = 17°', ['ARC1005 1:11 found: °, right: deg'], 'let a = 17 deg'],
  ['a bar among pipelines', 'let a = x |> f | g', ['ARC1005 1:16 found: |, right: |>'], 'let a = x |> f |> g'],
  ['a bar without pipelines', 'let a = x | y', ['ARC1005 1:11 found: |, right: or'], 'let a = x or y'],
  ['an arrow for a pipeline', 'let a = x -> f', ['ARC1005 1:11 found: ->, right: |>'], 'let a = x |> f'],
  ['no value', 'let a = None', ['ARC1205 1:9 found: None, right: none'], 'let a = none'],
  ['new', 'let a = new sgd(1)', ['ARC1224 1:9 word: new, instead: an object is written like a call'], 'let a = sgd(1)'],
  [
    'a call without parentheses',
    'let a = sgd lr: 0.1',
    ['ARC1210 1:13 separators: a new line, found: `lr`'],
    'let a = sgd(lr: 0.1)',
  ],
  ['an import of Python', 'from std.margins import a, b', ['ARC1206 1:1 found: `from`'], 'use std.margins: a, b'],
  ['all names', 'use std.margins: *', ['ARC1292 1:18 found: *, right: use std.margins'], 'use std.margins'],
  [
    'names in braces',
    'use std.margins: { a, b }',
    ['ARC1292 1:18 found: { }, right: use std.margins: a, b'],
    'use std.margins: a, b',
  ],
  ['the path of a file', 'use std/margins: a', ['ARC1292 1:8 found: /, right: use std.margins'], 'use std.margins: a'],
  [
    'the path of Rust',
    'use std::margins::a',
    ['ARC1292 1:8 found: ::, right: use std.margins: a'],
    'use std.margins: a',
  ],
  [
    'extensions of other languages',
    'experiment a : b { }\nexperiment c(b) { }\nexperiment d inherits b { }',
    [
      'ARC1203 1:14 what: what an experiment builds on, right: extends, found: :',
      'ARC1203 2:13 what: what an experiment builds on, right: extends, found: ( )',
      'ARC1203 3:14 what: what an experiment builds on, right: extends, found: inherits',
    ],
    'experiment a extends b { }\nexperiment c extends b { }\nexperiment d extends b { }',
  ],
  [
    'a test without quotes',
    'test sums { expect 1 == 1 }',
    ['ARC1201 1:6 expected: a string, found: `sums`', 'ARC1225 1:13'],
    'test "sums" { assert 1 == 1 }',
  ],
]

test.each(cases)('%s', (_, text, errors, fixed) => {
  const { diagnostics } = parse(text)
  expect(brief(diagnostics)).toEqual(errors)
  if (fixed === undefined) return
  expect(applyFixes(text, diagnostics)).toBe(fixed)
  expect(brief(parse(fixed).diagnostics)).toEqual([])
})
