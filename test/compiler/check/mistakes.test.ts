import { expect, test } from 'vitest'
import { checkText } from '../../helpers/diagnose.ts'
import { brief } from '../../helpers/facts.ts'

/** Texts and their diagnostics: code, place and parameters. */
type Case = readonly [text: string, ...said: string[]]

const units: readonly Case[] = [
  ['let a = 1 GiB + 1', 'ARC3008 1:17 doing: add a plain number to bytes'],
  ['let a = 1 + 1 GiB', 'ARC3008 1:13 doing: add bytes to a plain number'],
  ['let a = 1 GiB * 2 GiB - 1 GiB', 'ARC3008 1:25 doing: subtract bytes from byte^2'],
  ['let a = 2 ** 3 GiB', 'ARC3009 1:14 operator: **, wanted: a plain number as its exponent, found: bytes'],
  ['let a = 2 GiB ** 2', 'ARC3009 1:9 operator: **, wanted: a plain number, found: bytes'],
  ['let a: bytes = 32', 'ARC3002 1:16 place: `a` must be, expected: bytes'],
  ['let a: bytes = 0', 'ARC3002 1:16 place: `a` must be, expected: bytes'],
  ['let a: angle = 0', 'ARC3002 1:16 place: `a` must be, expected: an angle'],
  ['let a: angle = -30', 'ARC3002 1:16 place: `a` must be, expected: an angle'],
  ['let a: angle = 1 + 1', 'ARC3003 1:16 place: `a` must be, expected: an angle, found: a whole number'],
  ['let a: time = 3 GiB', 'ARC3003 1:15 place: `a` must be, expected: a time, found: bytes'],
  ['let a: duration = 3 epochs'],
  ['let a: duration = 3 h', 'ARC3003 1:19 place: `a` must be, expected: steps or epochs, found: a time'],
  ['let a: float = 3 deg', 'ARC3003 1:16 place: `a` must be, expected: a plain number, found: an angle'],
  ['let a = 7 div 2.0', 'ARC3009 1:15 operator: div, wanted: whole numbers, found: a plain number'],
  ['let a = 7 GiB mod 2', 'ARC3009 1:9 operator: mod, wanted: whole numbers, found: bytes'],
  ['let a = 3 parsecs', 'ARC3006 1:11 text: parsecs, unit: parsecs'],
  ['let a = 3 KB', 'ARC3006 1:11 text: KB, unit: KB'],
  ['let a = 3 tflops', 'ARC3006 1:11 text: tflops, unit: tflops'],
  ['let a = 0 per device', 'ARC3017 1:9 value: 0'],
  ['let a = 2.5 global', 'ARC3017 1:9 value: 2.5'],
  ['let a = (3 global) * 2', 'ARC3009 1:10 operator: *, wanted: numbers or tensors, found: a batch size'],
  ['let a = 1 GiB < 3', 'ARC3008 1:17 doing: compare bytes with a plain number'],
  ['let a = 1 GiB == 3 s', 'ARC3008 1:18 doing: compare bytes with a time'],
  ['let a = cos(1 GiB)', 'ARC3003 1:13 place: `x` of `cos` takes, expected: an angle, found: bytes'],
  ['let a = acos(1 rad)', 'ARC3003 1:14 place: `x` of `acos` takes, expected: a plain number, found: an angle'],
  ['let a = max(1 rad, 1)', 'ARC3008 1:20 doing: take the max of an angle and a whole number'],
]

const operators: readonly Case[] = [
  ['let a = "x" + "y"', 'ARC3009 1:9 operator: +, wanted: numbers or tensors, found: a string'],
  ['let a = -"x"', 'ARC3009 1:10 operator: -, wanted: a number, found: a string'],
  ['let a = not 1', 'ARC3009 1:13 operator: not, wanted: `true` or `false`, found: a whole number'],
  ['let a = 1 and true', 'ARC3009 1:9 operator: and, wanted: `true` or `false`, found: a whole number'],
  ['let a = true < false', 'ARC3009 1:9 operator: <, wanted: numbers, found: `true` or `false`'],
  ['let a = "x" == 1', 'ARC3008 1:16 doing: compare a string with a whole number'],
  ['let a = [1] == ["a"]', 'ARC3008 1:16 doing: compare a list of whole numbers with a list of strings'],
  ['let a = [1] + ["a"]', 'ARC3008 1:15 doing: join a list of whole numbers and a list of strings'],
  ['let a = [1] + 1', 'ARC3009 1:9 operator: +, wanted: numbers or tensors, found: a list of whole numbers'],
  ['let a = [1] - [1]', 'ARC3009 1:9 operator: -, wanted: numbers or tensors, found: a list of whole numbers'],
  ['let a = ["x"] ≈ ["y"]', 'ARC3009 1:9 operator: ≈, wanted: numbers or lists of numbers, found: a list of strings'],
  ['let a = [1 s] ≈ [1 B]', 'ARC3008 1:17 doing: compare a time with bytes'],
  [
    'let a = sum(["x"])',
    'ARC3001 1:13 place: `list` of `sum` takes, expected: a list of numbers or tensors, found: a list of strings',
  ],
  [
    'fn f(x: int? = none) -> int = x',
    'ARC3001 1:31 place: the result of `f` must be, expected: a whole number, found: a whole number or `none`',
  ],
  ['let a = sum(3)', 'ARC3001 1:13 place: `list` of `sum` takes, expected: a list, found: a whole number'],
  [
    'let a = if 1 < 2 then 1 else true',
    'ARC3010 1:30 what: both branches of an `if` give the same kind of value, first: a whole number, second: `true` or `false`',
  ],
  ['let a = true + 1', 'ARC3009 1:9 operator: +, wanted: numbers or tensors, found: `true` or `false`'],
  [
    'let a: int = 4 / 2',
    'ARC3004 1:14 place: `a` must be, expected: a whole number, found: a number that may not be whole',
  ],
  ['let a: int = 3.0', 'ARC3004 1:14 place: `a` must be, expected: a whole number, found: 3.0'],
  ['let a: string = 3', 'ARC3001 1:17 place: `a` must be, expected: a string, found: a whole number'],
  ['let a: bool = 1', 'ARC3001 1:15 place: `a` must be, expected: `true` or `false`, found: a whole number'],
  ['let a: [int] = [1, 2.5]', 'ARC3004 1:20 place: an element of `a` must be, expected: a whole number, found: 2.5'],
  ['let a: [int] = 3', 'ARC3001 1:16 place: `a` must be, expected: a list of whole numbers, found: a whole number'],
  ['let a = "{[1]}"', 'ARC3015 1:11 found: a list of whole numbers'],
  ['let a = [1, 2][0.5]', 'ARC3004 1:16 place: the index of a list must be, expected: a whole number, found: 0.5'],
  ['let a = 1..2.5', 'ARC3004 1:12 place: the end of a range must be, expected: a whole number, found: 2.5'],
  ['let a = for i in true { i }', 'ARC3013 1:18 found: `true` or `false`'],
  ['let a = { b = 1, b = 2 }', 'ARC3016 1:18 name: b'],
  ['let a = { b = 1 }.c', 'ARC3011 1:19 type: a record of `b`, name: c'],
]

const calls: readonly Case[] = [
  ['let a = sqrt()', 'ARC3102 1:9 callee: sqrt, names: [x]'],
  ['let a = sqrt(1, 2)', 'ARC3105 1:17 callee: sqrt, most: 1'],
  ['let a = sqrt(y: 1)', 'ARC3103 1:14 callee: sqrt, name: y'],
  ['let a = sqrt(1, x: 2)', 'ARC3104 1:17 name: x'],
  ['let a = max(x: 1, 2)', 'ARC3106 1:19'],
  ['margin m { scale = b, let b = 2, target(cos) = cos }', 'ARC2087 1:20 name: b'],
  [
    'margin m { state s = 0, target(cos) = cos + s, forward(norm) = { s = average(norm) } }',
    'ARC3208 1:48 owner: a margin, name: forward',
  ],
  [
    'optimizer o { lr = 1, learn b = 0, update(weight, rate) = { weight = weight - rate, b = b } }',
    'ARC3211 1:23 owners: a margin can learn numbers, keyword: an optimizer',
  ],
  ['let a = 3(2)', 'ARC3101 1:9 found: a whole number'],
  ['let a = sgd(lr: 0.1)(lr: 2)', 'ARC3101 1:9 found: an optimizer'],
  ['let a = sqrt(2) as root', 'ARC3110 1:20 callee: sqrt'],
  ['let a = sgd(lr: 0.1) as opt', 'ARC3110 1:25 callee: sgd'],
  ['let a = adamw(lr: 0.1).update(1, 2, 3)', 'ARC3102 1:9 callee: update, names: [step]'],
  ['let a = sgd(lr: 0.1).update(1, 2, 3)'],
  ['let a = constant.factor(step: 1, epoch: 10)'],
  ['let a = constant.factor(steps: 1)', 'ARC3103 1:25 callee: factor, name: steps'],
  ['let a = polynomial.factor(0, epoch: 10)', 'ARC3102 1:9 callee: factor, names: [total]'],
  ['let a = polynomial.factor(0, 100, step: 10)', 'ARC3104 1:35 name: step'],
  ['let a = constant.factr(1, 2, 3)', 'ARC3208 1:18 owner: a schedule, name: factr'],
  ['let a = constant.factor', 'ARC3114 1:18 name: factor'],
  ['let a = sgd', 'ARC3102 1:9 callee: sgd, names: [lr]'],
  ['let a = squrt(2)', 'ARC2006 1:9 name: squrt'],
  ['let a = 2 |> sqrt(3)', 'ARC3105 1:19 callee: sqrt, most: 1'],
  ['let a = 2 |> foo', 'ARC2006 1:14 name: foo'],
  ['let a = foo(bar)', 'ARC2006 1:9 name: foo'],
  ['let a = sgd(lr: foo(bar))', 'ARC2006 1:17 name: foo'],
]

const functions: readonly Case[] = [
  ['fn f(x) -> int { 1 }', 'ARC3108 1:6 name: x'],
  [
    'fn f(x: int) -> int { x / 2 }',
    'ARC3004 1:23 place: the result of `f` must be, expected: a whole number, found: a number that may not be whole',
  ],
  [
    'fn f(x: int) -> string { x }',
    'ARC3001 1:26 place: the result of `f` must be, expected: a string, found: a whole number',
  ],
  [
    'fn f(x: int = "a") -> int { x }',
    'ARC3001 1:15 place: the default of `x` must be, expected: a whole number, found: a string',
  ],
  ['fn f(x: int, x: int) -> int { x }', 'ARC2003 1:14 name: x'],
  ['fn f(x: int) -> int { let y = 2\n let y = 3\n x + y }', 'ARC2003 2:6 name: y'],
  ['fn f(x: int) -> int { f(x) }', 'ARC3109 1:23 name: f'],
  ['fn f(x: int) { g(x) }\nfn g(x: int) { f(x) }', 'ARC3109 1:16 name: f'],
  ['block b(x: int) -> Image { conv(x) }', 'ARC3112 1:12 name: b', 'ARC3102 1:28 callee: conv, names: [channels]'],
  [
    'block b(x: Image) -> Vector { x }',
    'ARC3001 1:31 place: the result of `b` must be, expected: a vector, found: an image',
  ],
  [
    'block b(x: Image) -> Image { x + (x |> flatten) }',
    'ARC3009 1:35 operator: +, wanted: tensors of one shape, found: a vector',
  ],
  [
    'block b(x: Image) -> Image { x + 1 GiB }',
    'ARC3009 1:34 operator: +, wanted: plain numbers beside tensors, found: bytes',
  ],
  ['block b(x: Image) -> Image { x |> conv(8, kernal: 3) }', 'ARC3103 1:43 callee: conv, name: kernal'],
  ['block b(x: Image) -> Image { if x > 0 then x else 0 }'],
  ['block b(x: Tensor(3)) -> Image { x }', 'ARC3111 1:12 type: Tensor, wanted: no sizes, found: 1'],
  ['fn f(x: Imag) -> int { 1 }', 'ARC2009 1:9 name: Imag'],
  ['fn f(x: int(3)) -> int { x }', 'ARC3111 1:9 type: int, wanted: no sizes, found: 1'],
  ['let f = 1\nfn f(x: int) -> int { x }', 'ARC2003 2:4 name: f'],
]

const margins: readonly Case[] = [
  ['margin a { target(cos) = cos }'],
  ['margin a(m: float) { target(c) = c - m }', 'ARC3207 1:29 owner: margin `a`, method: target, name: c'],
  [
    'margin a(m: angle) { target(theta) = cos(theta + m) }',
    'ARC3207 1:29 owner: margin `a`, method: target, name: theta',
  ],
  ['margin a { target(cos, cos) = cos }', 'ARC2003 1:24 name: cos'],
  ['margin a { target() = 1 }'],
  ['margin a { target(cos: scalar) = cos }'],
  ['margin a { target(cos = 3) = cos }', 'ARC3250 1:25 method: target, name: cos'],
  [
    'margin a { target(cos: angle) = cos }',
    'ARC3001 1:24 place: `cos` of `target` is, expected: a plain number, found: an angle',
  ],
  ['margin a { target = 3 }', 'ARC3219 1:12 name: target'],
  [
    'margin a(scale: string) { target(cos) = cos }',
    'ARC3001 1:17 place: the field `scale` takes, expected: a plain number, found: a string',
  ],
  ['margin a(scale: int = 3) { scale = scale, target(cos) = cos }'],
  [
    'margin a { scale = 3 deg, target(cos) = cos }',
    'ARC3003 1:20 place: `scale` takes, expected: a plain number, found: an angle',
  ],
  [
    'margin a { target(cos) = if cos > 0 then cos else "x" }',
    'ARC3010 1:51 what: both branches of an `if` give the same kind of value, first: a plain number, second: a string',
  ],
  [
    'margin a { target(cos) = "x" }',
    'ARC3001 1:26 place: the result of `target` must be, expected: a plain number, found: a string',
  ],
  [
    'margin a { require 3, target(cos) = cos }',
    'ARC3001 1:20 place: `require` takes, expected: `true` or `false`, found: a whole number',
  ],
  ['margin a { state s = 0, target(cos) = cos }', 'ARC3252 1:18 name: s'],
  ['margin a { state s = 0, target(cos) = cos - s\n update(norm) = { s = average(norm) } }'],
  [
    'margin a { state s = 0, target(cos) = cos - s\n update(norm) = { mean = average(norm) } }',
    'ARC3210 2:19 name: mean, kept: not',
  ],
  ['margin a { target(cos) = cos\n update(norm) = {} }', 'ARC3253 2:2 margin: a'],
  ['margin a { target(cos) = cos\n update(norm) = { mean = average(norm) } }', 'ARC3253 2:2 margin: a'],
  ['margin a { learn b = 1, target(cos) = cos }', 'ARC2007 1:18 name: b'],
  ['margin a { state s = 0, target(cos) = cos\n update(norm) = { s = average(norm) } }', 'ARC2007 1:18 name: s'],
  ['margin a(b: float) { learn b = 1, target(cos) = cos - b }', 'ARC2003 1:28 name: b'],
  ['margin a { learn b = 16, scale = b, target(cos) = cos * b }', 'ARC2006 1:34 name: b'],
  [
    'margin a { learn b = 0.5 rad, target(cos) = cos(acos(cos) + b) }',
    'ARC3003 1:22 place: the first value of `b` must be, expected: a plain number, found: an angle',
  ],
  ['margin a { learn b = 1, target(cos) = cos - b }'],
  [
    'margin a { target(cos) = cos - norm * step }',
    'ARC3151 1:32 method: target, name: norm',
    'ARC3151 1:39 method: target, name: step',
  ],
  ['let step = 1\nschedule s { factor() = step }'],
  [
    'schedule s { state t = 0, factor() = 1 }',
    'ARC3211 1:14 owners: a margin or an optimizer can have states, keyword: a schedule',
  ],
  [
    'optimizer o { lr = 1, learn b = 0, update(weight) = { weight = weight } }',
    'ARC3211 1:23 owners: a margin can learn numbers, keyword: an optimizer',
  ],
  ['margin a { target(cos) = cos, other(cos, own) = if cos > target(own) then 0 else cos }'],
  ['margin a { target(cos, own) = cos }', 'ARC3207 1:24 owner: margin `a`, method: target, name: own'],
  [
    'margin a { target(cos, norm) = cos - norm, other(cos, norm) = target(norm) }',
    'ARC3150 1:70 method: target, position: cos, name: norm',
  ],
  ['margin a { target(cos) = cos\n target(cos) = cos }', 'ARC2003 2:2 name: target'],
  [
    'margin a(m: int) { target(cos) = conv(cos, 3) }',
    'ARC3001 1:34 place: the result of `target` must be, expected: a plain number, found: an image',
    'ARC3001 1:39 place: `x` of `conv` takes, expected: an image, found: a plain number',
  ],
  ['margin a { target(cos) = a.target(cos) }', 'ARC3109 1:26 name: a'],
  ['margin a { let b = 3, target(cos) = cos }', 'ARC2007 1:16 name: b'],
  ['margin a { links { let c = 3 }, target(cos) = cos }', 'ARC3201 1:12 owner: a margin, what: section, name: links'],
]

const devices: readonly Case[] = [
  ['device d { kind = cpu }', 'ARC3204 1:8 owner: the device `d`, names: [memory, bandwidth, flops.f32]'],
  [
    'device d { kind = gpu, memory = 1 GiB, bandwidth = 1 GB/s, flops { f32 = 1 TFLOP/s } }',
    'ARC3007 1:19 name: gpu, what: value of `kind`',
  ],
  [
    'device d { kind = cpu, memory = 1 GiB, bandwidth = 1 GB/s, flops { f23 = 1 TFLOP/s } }',
    'ARC3201 1:68 owner: section `flops`, what: field, name: f23',
  ],
  ['device d { kind = cpu, memory = 1 GiB, bandwidth = 1 GB/s, flops = 1 TFLOP/s }', 'ARC3205 1:60 name: flops'],
  [
    'device d { kind = cpu, memory = 1 GiB, bandwidth = 1 GB/s, flops { f32 = 1 TFLOP } }',
    'ARC3003 1:74 place: `flops.f32` takes, expected: floating-point operations per second, found: flop',
  ],
  [
    'device d { kind = cpu, memory = 1 GiB, bandwidth = 1 GB/s, flops.f32 = 1 TFLOP/s, flops { f32 = 1 TFLOP/s } }',
    'ARC3203 1:91 path: flops.f32',
  ],
  ['device d extends e { }', 'ARC2011 1:18 keyword: device, name: e'],
  ['dataset d { format = folder, constructor = 3 }', 'ARC3201 1:30 owner: a data set, what: field, name: constructor'],
  ['dataset d { format = toString }', 'ARC3007 1:22 name: toString, what: value of `format`'],
  ['let a = 3 constructor', 'ARC3006 1:11 text: constructor, unit: constructor'],
  ['let a = toString', 'ARC2006 1:9 name: toString'],
  ['margin m { constructor(x) = x, target(cos) = cos }', 'ARC3208 1:12 owner: a margin, name: constructor'],
  ['optimizer o(lr: float) { update(rate, gradient, weight) = { weight = weight - rate * gradient } }'],
  [
    'optimizer o(lr: float) { update(w, grad, lr) = { weight = w - lr * grad } }',
    'ARC3207 1:33 owner: optimizer `o`, method: update, name: w',
    'ARC3207 1:36 owner: optimizer `o`, method: update, name: grad',
    'ARC3207 1:42 owner: optimizer `o`, method: update, name: lr',
  ],
  [
    'optimizer o(inner: optimizer) { lr = 1, update(weight, gradient) = inner.update(gradient, weight) }',
    'ARC3150 1:81 method: update, position: weight, name: gradient',
    'ARC3150 1:91 method: update, position: gradient, name: weight',
  ],
  [
    'optimizer o { lr = 1, state step = 0, update(weight) = { weight = weight, step = 0 } }',
    'ARC3251 1:29 name: step, method: update',
  ],
  [
    'optimizer o { lr = 0.1, update(gradient) = { weight = acos(gradient) } }',
    'ARC3001 1:55 place: the new `weight` must be, expected: a plain number, found: an angle',
  ],
  [
    'optimizer o { state m = "x", update(weight) = { weight = weight, m = m } }',
    'ARC3204 1:11 owner: the optimizer `o`, names: [lr]',
    'ARC3001 1:25 place: the first value of `m` must be, expected: a plain number, found: a string',
  ],
  ['schedule s { factor(step) = cos(step) }'],
]

const tests: readonly Case[] = [
  ['test "a" { assert 3 }', 'ARC3001 1:19 place: `assert` takes, expected: `true` or `false`, found: a whole number'],
  ['test "a" { let x = 3, assert true }', 'ARC2007 1:16 name: x'],
  ['test "a {b}" { assert 1 ≈ 1 }', 'ARC2006 1:10 name: b'],
  ['test "a" { let x = 3\nlet x = 4\nassert x == 4 }', 'ARC2003 2:5 name: x'],
]

const groups = { units, operators, calls, functions, margins, devices, tests }

for (const [group, cases] of Object.entries(groups))
  test.each(cases)(`${group}: %s`, (text, ...said) => {
    expect(brief(checkText(text).diagnostics)).toEqual(said)
  })
