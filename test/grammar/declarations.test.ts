import { expect, test } from 'vitest'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { dumpNode, dumpTree } from '../../grammar/dump.ts'
import { parseSetting } from '../../grammar/parser/parser.ts'
import { brief } from '../helpers/facts.ts'
import { parse } from '../helpers/parse.ts'

function dump(text: string): string {
  const { tree, diagnostics } = parse(text)
  return diagnostics.length === 0 ? dumpTree(tree).trimEnd() : brief(diagnostics).join('\n')
}

test.each([
  ['', ''],
  ['// nothing\n\n', ''],
  ['use std.margins', '(use std.margins)'],
  ['use std.backbones: r50,\n  r100', '(use std.backbones (r50 r100))'],
  ['use "pfc0.1.arc"', '(use "pfc0.1.arc")'],
  ['use "../nets/pfc 0.1.arc": a, b', '(use "../nets/pfc 0.1.arc" (a b))'],
  ['use ..base', '(use ..base)'],
  ['use ....shared.nets: wide as broad, deep', '(use ....shared.nets ((as wide broad) deep))'],
  ['use ..nets as nets', '(use ..nets (as nets))'],
  ['use "a.b.arc" as ab', '(use "a.b.arc" (as ab))'],
  ['experiment e extends nets.base { }', '(experiment e (extends nets.base))'],
  [
    'let recipe = train { batch = n per device, clip = 5 }',
    '(let recipe (section train (field batch (batch n "per device")) (field clip 5)))',
  ],
  [
    'test "t" { expect error ARC4213 { let m = 3 rad, arcface(m: m) } }',
    '(test "t" (expect ARC4213 (block (let m (3 rad)) (call arcface (m: m)))))',
  ],
  ['let a = 1\nlet b: [int?]? = [2]', '(let a 1)\n(let b (type (optional (list-of (optional int)))) (list 2))'],
  [
    'extern fn f(x: Image(3, n * 2), y = 1) -> T',
    '(extern-fn f (params (x (type (Image 3 (* n 2)))) (y (default 1))) (result T))',
  ],
  [
    'fn f(\n  x: int,\n  y: int = 1,\n) = x + y',
    '(fn f (params (x (type int)) (y (type int) (default 1))) (block (+ x y)))',
  ],
  ['fn f() =\n  { a = 1 }', '(fn f (block (record (a 1))))'],
  ['fn f() -> int { let a = 1, a }', '(fn f (result int) (block (let a 1) a))'],
  ['block b(x) { x |> f as c }', '(block b (params (x)) (block (|> x (call f (as "c")))))'],
  [
    'backbone r(n: int) on Image(112, 112, 3) -> Vector(n) { input }',
    '(backbone r (params (n (type int))) (on (input (type (Image 112 112 3)))) (result (Vector n)) (block input))',
  ],
  ['backbone r on x: Image -> V { x }', '(backbone r (on (x (type Image))) (result V) (block x))'],
  ['experiment a extends b { }', '(experiment a (extends b))'],
  [
    'experiment a { x = 1, y.z = 2\n\n s { t = 3, } }',
    '(experiment a (field x 1) (field y.z 2) (section s (field t 3)))',
  ],
  ['experiment a { b.c { d = 1 } }', '(experiment a (section b (section c (field d 1))))'],
  ['machine m(n: int = 1) { n = n }', '(machine m (params (n (type int) (default 1))) (field n n))'],
  [
    'margin m { target(cos) = cos, others(c, t) { let u = t, c * u } }',
    '(margin m (method target (params (cos)) cos) (method others (params (c) (t)) (block (let u t) (* c u))))',
  ],
  [
    'optimizer o { state v = 0\n state = 1\n require m < 1\n require = 2 }',
    '(optimizer o (state v 0) (field state 1) (require (< m 1)) (field require 2))',
  ],
  [
    'device d { let k = 1, device = k, machine { backbone = 1 }, test(use) = use }',
    '(device d (let k 1) (field device k) (section machine (field backbone 1)) (method test (params (use)) use))',
  ],
  [
    'experiment e { dataset = d, margin = m, optimizer = o, schedule = s, on = 1, extends = 2, assert = 3, fn = 4, block = 5 }',
    '(experiment e (field dataset d) (field margin m) (field optimizer o) (field schedule s) (field on 1) (field extends 2) (field assert 3) (field fn 4) (field block 5))',
  ],
  [
    'test "a {b}" { let c = 1\n assert c == 1\n assert c }',
    '(test (string "a " b "") (let c 1) (assert (== c 1)) (assert c))',
  ],
])('%s', (text, expected) => {
  expect(dump(text).replaceAll(/\n +/g, ' ')).toBe(expected)
})

test.each([
  ['/// One.\n///  Two.\nlet a = 1', '(let a (doc "One.\\n Two.") 1)'],
  ['/// One.\n\n// not a doc\nextern fn f()', '(extern-fn f (doc "One."))'],
  ['//// not a doc\nlet a = 1', '(let a 1)'],
  ['/// first\nlet a = 1\nlet b = 2', '(let a (doc "first") 1)\n(let b 2)'],
  [
    'experiment e {\n  /// inner\n  let a = 1\n  /// of nobody\n  b = 2\n}',
    '(experiment e (let a (doc "inner") 1) (field b 2))',
  ],
  ['/// at the end', ''],
])('doc comments: %j', (text, expected) => {
  expect(dump(text)).toBe(expected)
})

test.each([
  ['train.batch=64 per device', '(field train.batch (64 "per device"))'],
  ['seed=1', '(field seed 1)'],
  ['dataset.root="../faces"', '(field dataset.root "../faces")'],
  ['margin = cosface(m: 0.4)', '(field margin (call cosface (m: 0.4)))'],
  ['train.batch 64', 'ARC1202 1:12 name: train.batch, what: field'],
  ['train.batch=', 'ARC1204 1:13 after: `=`'],
  ['train.batch', 'ARC1202 1:12 name: train.batch, what: field'],
  ['a=1 b=2', 'ARC1210 1:5 separators: the end, found: `b`'],
  ['=1', 'ARC1201 1:1 expected: a name, found: `=`'],
  ['', 'ARC1201 1:1 expected: a name, found: the end of the text'],
])('setting %s', (text, expected) => {
  const bag = new DiagnosticBag()
  const entry = parseSetting({ path: '--set', text }, bag)
  const reported = brief(bag.sorted())
  expect(reported.length > 0 ? reported.join('\n') : entry && dumpNode(entry)).toBe(expected)
})
