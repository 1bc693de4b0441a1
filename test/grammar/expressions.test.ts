import { expect, test } from 'vitest'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { dumpNode } from '../../grammar/dump.ts'
import { parseExpression } from '../../grammar/parser/parser.ts'
import { brief } from '../helpers/facts.ts'

function dump(text: string): string {
  const bag = new DiagnosticBag()
  const expr = parseExpression({ path: 'expr', text }, bag)
  const reported = brief(bag.sorted())
  return reported.length === 0 ? dumpNode(expr) : reported.join('\n')
}

test.each([
  // precedence, loosest first
  ['a or b and not c == d', '(or a (and b (not (== c d))))'],
  ['not a and b', '(and (not a) b)'],
  ['not not a', '(not (not a))'],
  ['a < b + 1', '(< a (+ b 1))'],
  ['a ≈ b', '(≈ a b)'],
  ['a ~= b', '(≈ a b)'],
  ['0..n + 1', '(.. 0 (+ n 1))'],
  ['x == 0..n', '(== x (.. 0 n))'],
  ['a - b - c', '(- (- a b) c)'],
  ['a / b * c div d mod e', '(mod (div (* (/ a b) c) d) e)'],
  ['a + b * -c ** 2', '(+ a (* b (- (** c 2))))'],
  ['2 ** 3 ** 4', '(** 2 (** 3 4))'],
  ['2 ** -x', '(** 2 (- x))'],
  ['-a.b[0](c)', '(- (call (index (. a b) 0) c))'],
  ['(a + b) * c', '(* (+ a b) c)'],
  ['a + b |> f', '(|> (+ a b) f)'],
  ['- x |> f', '(|> (- x) f)'],
  ['x |> f |> g(1) |> m.h', '(|> (|> (|> x f) (call g 1)) (. m h))'],
  ['1 + (if a then 2 else 3)', '(+ 1 (if a 2 3))'],
  ['if a then b else x |> f', '(if a b (|> x f))'],
  ['if a then b else if c then d else e', '(if a b (if c d e))'],
  ['for i in 0..3 { i }', '(for i (.. 0 3) (block i))'],
  ['for i in xs carry x = a + 1 { f(x) }', '(for i xs (carry x (+ a 1)) (block (call f x)))'],
  // conditions of blocks
  ['{ require a > 0\n let b = 1\n require not c\n b }', '(block (let b 1) (require (> a 0)) (require (not c)) b)'],
  ['{ require + 1 }', '(block (+ require 1))'],
  ['{ require }', '(block require)'],
  // batch sizes
  ['64 per device', '(64 "per device")'],
  ['n per device', '(batch n "per device")'],
  ['2 * n + 1 per device', '(batch (+ (* 2 n) 1) "per device")'],
  ['2 * 64 per device', '(batch (* 2 64) "per device")'],
  ['512 div 8 global', '(batch (div 512 8) global)'],
  ['f(x) global', '(batch (call f x) global)'],
  ['-n global', '(batch (- n) global)'],
  ['b == 64 per device', '(== b (64 "per device"))'],
  ['b == n per device and c', '(and (== b (batch n "per device")) c)'],
  ['if a then n per device else 2 ** n global', '(if a (batch n "per device") (batch (** 2 n) global))'],
  ['[n per device, 64 global]', '(list (batch n "per device") (64 global))'],
  ['(n) per node', '(batch n "per node")'],
  ['global', 'global'],
  // calls and scopes
  ['f()', '(call f)'],
  ['f(a, name: b + 1,)', '(call f a (name: (+ b 1)))'],
  ['f(dataset: machine, in_: test)', '(call f (dataset: machine) (in_: test))'],
  ['f(x) as conv1', '(call f x (as "conv1"))'],
  ['f as device', '(call f (as "device"))'],
  ['x |> bn as "l{i}.{j}"', '(|> x (call bn (as (string "l" i "." j ""))))'],
  ['f(\n  a,\n\n  b // note\n  ,\n)', '(call f a b)'],
  // collections
  ['[]', '(list)'],
  ['[1, [2, 3,], x,]', '(list 1 (list 2 3) x)'],
  ['[\n  1,\n  2\n]', '(list 1 2)'],
  ['{}', '(record)'],
  ['{ a = 1, b = { c = 2 } }', '(record (a 1) (b (record (c 2))))'],
  ['{\n a = 1\n\n b = 2,\n}', '(record (a 1) (b 2))'],
  ['{ a }', '(block a)'],
  ['{ a == b }', '(block (== a b))'],
  ['{ let a: int = 1, a + 1 }', '(block (let a (type int) 1) (+ a 1))'],
  ['f({ let a = 1\n a })', '(call f (block (let a 1) a))'],
  // contextual words are names
  ['machine.device + test(state)', '(+ (. machine device) (call test state))'],
  ['{ on = use, extends = fn }', '(record (on use) (extends fn))'],
])('%s', (text, expected) => {
  expect(dump(text)).toBe(expected)
})

test.each([
  ['64', '64'],
  ['1_000_000', '1000000'],
  ['1.0', '1.0'],
  ['1e3', '1000.0'],
  ['5e-4', '0.0005'],
  ['30 GiB', '(30 GiB)'],
  ['30GiB', '(30 GiB)'],
  ['0.5rad', '(0.5 rad)'],
  ['28.6 deg', '(28.6 deg)'],
  ['10%', '(10 %)'],
  ['0.5%', '(0.5 %)'],
  ['900 GB/s', '(900 GB/s)'],
  ['3000 samples/s', '(3000 samples/s)'],
  ['4 * 12.5 GB/s', '(* 4 (12.5 GB/s))'],
  ['128 per device', '(128 "per device")'],
  ['1024 global', '(1024 global)'],
  ['2000  steps', '(2000 steps)'],
  // the unit ends where it must
  ['900 GB / s', '(/ (900 GB) s)'],
  ['900 GB/size', '(/ (900 GB) size)'],
  ['3 mod 2', '(mod 3 2)'],
  ['if x then 1 else 2', '(if x 1 2)'],
  ['for i in 0..3 carry x = 1 { x }', '(for i (.. 0 3) (carry x 1) (block x))'],
  ['[10%, 20 %]', 'ARC1223 1:10'],
  ['3.x', '(. 3 x)'],
])('number %s', (text, expected) => {
  expect(dump(text)).toBe(expected)
})

test.each([
  ['""', '""'],
  ['"a\\n\\t\\"\\\\\\u{41}"', '"a\\n\\t\\"\\\\A"'],
  ['"\\{x\\}"', '"{x}"'],
  ['"a } b"', '"a } b"'],
  ['"{x}"', '(string "" x "")'],
  ['"layer{stage}.{index + 1}"', '(string "layer" stage "." (+ index 1) "")'],
  ['"{f("{x}", { a = 1 })}!"', '(string "" (call f (string "" x "") (record (a 1))) "!")'],
  ['"http://x/{y}"', '(string "http://x/" y "")'],
])('string %s', (text, expected) => {
  expect(dump(text)).toBe(expected)
})

test.each([
  // a line goes on
  ['a +\nb', '(+ a b)'],
  ['a\n  |> f\n  |> g', '(|> (|> a f) g)'],
  ['a\nand b\nor c', '(or (and a b) c)'],
  ['a\n  .b\n  .c', '(. (. a b) c)'],
  ['if a\n  then b\n  else\n\n  c', '(if a b c)'],
  ['f(x)\n as y', '(call f x (as "y"))'],
  ['\n\n(a\n+ b)\n\n', '(+ a b)'],
  ['a |> // why\n  // and how\n  f', '(|> a f)'],
  // a line ends
  ['a\n+ b', 'ARC1210 2:1 separators: the end, found: `+`'],
  ['f\n(a)', 'ARC1210 2:1 separators: the end, found: `(`'],
  ['3\nGiB', 'ARC1210 2:1 separators: the end, found: `GiB`'],
])('lines %j', (text, expected) => {
  expect(dump(text)).toBe(expected)
})

test.each([
  ['a < b < c', 'ARC1208 1:7 first: <, second: <'],
  ['0..1..2', 'ARC1208 1:5 first: .., second: ..'],
  ['a == not b', 'ARC1209 1:6 what: `not`'],
  ['a |> f + b', 'ARC1209 1:1 what: a pipeline'],
  ['a + if b then c else d', 'ARC1209 1:5 what: an `if`'],
  ['[for i in x { i }, 1 + for i in x { i }]', 'ARC1209 1:24 what: a `for`'],
  ['a |> 3', 'ARC1220 1:6'],
  ['a |> -f', 'ARC1220 1:6'],
  ['3 as x', 'ARC1219 1:1'],
  ['f(x) as 3', 'ARC1201 1:9 expected: a name or a string, found: `3`'],
  ['', 'ARC1201 1:1 expected: a value, found: the end of the text'],
  ['a +', 'ARC1204 1:4 after: `+`'],
  ['a.', 'ARC1201 1:3 expected: a name, found: the end of the text'],
  ['a.in', 'ARC1207 1:3 word: in'],
  ['f(a b)', 'ARC1201 1:5 expected: a comma or `)`, found: `b`'],
  ['f(a,, b)', 'ARC1204 1:5 after: `,`'],
  ['f(a = 1)', 'ARC1203 1:5 what: an argument, right: :, found: ='],
  ['[1 2]', 'ARC1201 1:4 expected: a comma or `]`, found: `2`'],
  ['(1, 2)', 'ARC1201 1:3 expected: `)`, found: `,`'],
  ['if a then b', 'ARC1221 1:12'],
  ['if a { b } else { c }', 'ARC1201 1:6 expected: `then`, found: `{`'],
  ['for i of xs { i }', 'ARC1201 1:7 expected: `in`, found: `of`'],
  ['for i in xs: i', 'ARC1201 1:12 expected: `{`, found: `:`'],
  ['{ let a = 1 }', 'ARC1214 1:13 what: block'],
  ['{ a\n b }', 'ARC1215 1:3'],
  ['{ let b = 1, a = b, a }', 'ARC1213 1:14 name: a'],
  ['{ return a }', 'ARC1224 1:3 word: return, instead: the value of a block is its last line'],
  ['{ a: 1 }', 'ARC1203 1:4 what: a field, right: =, found: :'],
  ['{ a = 1, b: 2 }', 'ARC1203 1:11 what: a field, right: =, found: :'],
  ['True', 'ARC1205 1:1 found: True, right: true'],
  ['off', 'ARC1205 1:1 found: off, right: false'],
  ['a && b', 'ARC1005 1:3 found: &&, right: and'],
  ['a === b', 'ARC1005 1:3 found: ===, right: =='],
  ['!a', 'ARC1005 1:1 found: !, right: not'],
  ['2^3', 'ARC1005 1:2 found: ^, right: **'],
  ['a % b', 'ARC1223 1:3'],
  ["'a'", 'ARC1003 1:1 quotes: single quotes'],
  ['“a”', 'ARC1003 1:1 quotes: curly ones'],
  ['"a', 'ARC1002 1:1'],
  ['f("a)', 'ARC1002 1:3'],
  ['"a {b"', 'ARC1008 1:4'],
  ['"a {} b"', 'ARC1010 1:4'],
  ['"{a b}"', 'ARC1201 1:5 expected: `}`, found: `b`'],
  ['"\\q"', 'ARC1007 1:2 text: \\q'],
  ['.5', 'ARC1009 1:1 text: .5, reason: it needs a digit before the point'],
  ['5. + 1', 'ARC1009 1:1 text: 5., reason: it needs a digit behind the point'],
  ['1__0', 'ARC1009 1:1 text: 1__0, reason: a `_` stands between two digits'],
  ['1e999', 'ARC1009 1:1 text: 1e999, reason: it is too large'],
  ['a $ b', 'ARC1001 1:3 text: `$`\nARC1210 1:5 separators: the end, found: `b`'],
  ['naïve + 1', 'ARC1001 1:3 text: `ï`'],
  ['f(a', 'ARC1101 1:2 open: ('],
  ['[1, 2)', 'ARC1103 1:6 open: [, close: )'],
  ['a)', 'ARC1102 1:2 close: )'],
  ['f([1, 2)', 'ARC1101 1:3 open: ['],
])('wrong: %s', (text, expected) => {
  expect(dump(text)).toBe(expected)
})

test('nesting and length have limits, which are told', () => {
  const times = (n: number, open: string, close: string) => dump(`${open.repeat(n)}x${close.repeat(n)}`)
  expect(times(199, '(', ')')).toBe('x')
  expect(times(201, '(', ')')).toBe('ARC1211 1:201 limit: 200')
  expect(dump(`${'1 + '.repeat(200)}1`)).toContain('(+ 1 1)')
  expect(dump(`${'1 + '.repeat(201)}1`)).toBe('ARC1212 1:1 limit: 200')
  expect(dump(`x${'.a'.repeat(700)}`)).toBe('ARC1211 1:1 limit: 600')
})
