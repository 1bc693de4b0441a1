import { expect, test } from 'vitest'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { dumpNode } from '../../grammar/dump.ts'
import { parseExpression } from '../../grammar/parser/parser.ts'
import { showDiagnostic } from '../helpers/parse.ts'

function dump(text: string): string {
  const bag = new DiagnosticBag()
  const expr = parseExpression({ path: 'expr', text }, bag)
  const reported = bag.sorted().map(showDiagnostic)
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
  ['[10%, 20 %]', '1:10 ARC1223 `%` means percent, and follows a number directly'],
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
  ['a\n+ b', '2:1 ARC1210 expected the end before `+`'],
  ['f\n(a)', '2:1 ARC1210 expected the end before `(`'],
  ['3\nGiB', '2:1 ARC1210 expected the end before `GiB`'],
])('lines %j', (text, expected) => {
  expect(dump(text)).toBe(expected)
})

test.each([
  ['a < b < c', '1:7 ARC1208 `<` and `<` cannot follow each other without parentheses'],
  ['0..1..2', '1:5 ARC1208 `..` and `..` cannot follow each other without parentheses'],
  ['a == not b', '1:6 ARC1209 `not` inside a larger expression needs parentheses'],
  ['a |> f + b', '1:1 ARC1209 a pipeline inside a larger expression needs parentheses'],
  ['a + if b then c else d', '1:5 ARC1209 an `if` inside a larger expression needs parentheses'],
  ['[for i in x { i }, 1 + for i in x { i }]', '1:24 ARC1209 a `for` inside a larger expression needs parentheses'],
  ['a |> 3', '1:6 ARC1220 the right side of `|>` must be a function or a call'],
  ['a |> -f', '1:6 ARC1220 the right side of `|>` must be a function or a call'],
  ['3 as x', '1:1 ARC1219 `as` names the parameters of a call, and this is not one'],
  ['f(x) as 3', '1:9 ARC1201 expected a name or a string, found `3`'],
  ['', '1:1 ARC1201 expected a value, found the end of the text'],
  ['a +', '1:4 ARC1204 expected a value after `+`'],
  ['a.', '1:3 ARC1201 expected a name, found the end of the text'],
  ['a.in', '1:3 ARC1207 `in` is a keyword, so it cannot be a name'],
  ['f(a b)', '1:5 ARC1201 expected a comma or `)`, found `b`'],
  ['f(a,, b)', '1:5 ARC1204 expected a value after `,`'],
  ['f(a = 1)', '1:5 ARC1203 an argument is given with `:`, not `=`'],
  ['[1 2]', '1:4 ARC1201 expected a comma or `]`, found `2`'],
  ['(1, 2)', '1:3 ARC1201 expected `)`, found `,`'],
  ['if a then b', '1:12 ARC1221 an `if` has a value, so it needs an `else`'],
  ['if a { b } else { c }', '1:6 ARC1201 expected `then`, found `{`'],
  ['for i of xs { i }', '1:7 ARC1201 expected `in`, found `of`'],
  ['for i in xs: i', '1:12 ARC1201 expected `{`, found `:`'],
  ['{ let a = 1 }', '1:13 ARC1214 this block ends without a value'],
  ['{ a\n b }', '1:3 ARC1215 only the last line of a block is its value'],
  ['{ let b = 1, a = b, a }', '1:14 ARC1213 `a` is bound without `let`'],
  ['{ return a }', '1:3 ARC1224 the last line of a block is its value: there is no `return`'],
  ['{ a: 1 }', '1:4 ARC1203 a field is given with `=`, not `:`'],
  ['{ a = 1, b: 2 }', '1:11 ARC1203 a field is given with `=`, not `:`'],
  ['True', '1:1 ARC1205 `True` is not a value: write `true`'],
  ['off', '1:1 ARC1205 `off` is not a value: write `false`'],
  ['a && b', '1:3 ARC1005 `&&` is written `and`'],
  ['a === b', '1:3 ARC1005 `===` is written `==`'],
  ['!a', '1:1 ARC1005 `!` is written `not`'],
  ['2^3', '1:2 ARC1005 `^` is written `**`'],
  ['a % b', '1:3 ARC1223 `%` means percent, and follows a number directly'],
  ["'a'", '1:1 ARC1003 strings are written in double quotes, not single quotes'],
  ['“a”', '1:1 ARC1003 strings are written in double quotes, not curly ones'],
  ['"a', '1:1 ARC1002 this string is not closed'],
  ['f("a)', '1:3 ARC1002 this string is not closed'],
  ['"a {b"', '1:4 ARC1008 the `{` in this string is not closed'],
  ['"a {} b"', '1:4 ARC1010 the `{ }` in this string holds no expression'],
  ['"{a b}"', '1:5 ARC1201 expected `}`, found `b`'],
  ['"\\q"', '1:2 ARC1007 `\\q` is not an escape of strings'],
  ['.5', '1:1 ARC1009 `.5` is not a number: it needs a digit before the point'],
  ['5. + 1', '1:1 ARC1009 `5.` is not a number: it needs a digit behind the point'],
  ['1__0', '1:1 ARC1009 `1__0` is not a number: a `_` stands between two digits'],
  ['1e999', '1:1 ARC1009 `1e999` is not a number: it is too large'],
  ['a $ b', '1:3 ARC1001 `$` has no meaning here\n1:5 ARC1210 expected the end before `b`'],
  ['naïve + 1', '1:3 ARC1001 `ï` has no meaning here'],
  ['f(a', '1:2 ARC1101 `(` is never closed'],
  ['[1, 2)', '1:6 ARC1103 `[` is closed by `)`'],
  ['a)', '1:2 ARC1102 `)` closes nothing'],
  ['f([1, 2)', '1:3 ARC1101 `[` is never closed'],
])('wrong: %s', (text, expected) => {
  expect(dump(text)).toBe(expected)
})

test('nesting and length have limits, which are told', () => {
  const times = (n: number, open: string, close: string) => dump(`${open.repeat(n)}x${close.repeat(n)}`)
  expect(times(199, '(', ')')).toBe('x')
  expect(times(201, '(', ')')).toBe('1:201 ARC1211 nested more than 200 deep')
  expect(dump(`${'1 + '.repeat(200)}1`)).toContain('(+ 1 1)')
  expect(dump(`${'1 + '.repeat(201)}1`)).toBe('1:1 ARC1212 an expression has at most 200 operators')
  expect(dump(`x${'.a'.repeat(700)}`)).toBe('1:1 ARC1211 nested more than 600 deep')
})
