import { expect, test } from 'vitest'
import { brief, checkText } from '../../helpers/diagnose.ts'

/** A text and what is said about it: code, place and sentence. */
type Case = readonly [text: string, ...said: string[]]

const units: readonly Case[] = [
  ['let a = 1 GiB + 1', 'ARC3008 1:17 cannot add a plain number to bytes'],
  ['let a = 1 + 1 GiB', 'ARC3008 1:13 cannot add bytes to a plain number'],
  ['let a = 1 GiB * 2 GiB - 1 GiB', 'ARC3008 1:25 cannot subtract bytes from byte^2'],
  ['let a = 2 ** 3 GiB', 'ARC3009 1:14 `**` takes a plain number as its exponent, not bytes'],
  ['let a = 2 GiB ** 2', 'ARC3009 1:9 `**` takes a plain number, not bytes'],
  ['let a: bytes = 32', 'ARC3002 1:16 `a` must be bytes, and this number has no unit'],
  ['let a: bytes = 0', 'ARC3002 1:16 `a` must be bytes, and this number has no unit'],
  ['let a: angle = 0', 'ARC3002 1:16 `a` must be an angle, and this number has no unit'],
  ['let a: angle = -30', 'ARC3002 1:16 `a` must be an angle, and this number has no unit'],
  ['let a: angle = 1 + 1', 'ARC3003 1:16 `a` must be an angle, not a whole number'],
  ['let a: time = 3 GiB', 'ARC3003 1:15 `a` must be seconds, not bytes'],
  ['let a: duration = 3 epochs'],
  ['let a: duration = 3 h', 'ARC3003 1:19 `a` must be steps or epochs, not seconds'],
  ['let a: float = 3 deg', 'ARC3003 1:16 `a` must be a plain number, not an angle'],
  ['let a = 7 div 2.0', 'ARC3009 1:15 `div` takes whole numbers, not a plain number'],
  ['let a = 7 GiB mod 2', 'ARC3009 1:9 `mod` takes whole numbers, not bytes'],
  ['let a = 3 parsecs', 'ARC3006 1:11 there is no unit `parsecs`'],
  ['let a = 3 KB', 'ARC3006 1:11 there is no unit `KB`'],
  ['let a = 3 tflops', 'ARC3006 1:11 there is no unit `tflops`'],
  ['let a = 0 per device', 'ARC3017 1:9 a batch size is a whole number of samples, not 0'],
  ['let a = 2.5 global', 'ARC3017 1:9 a batch size is a whole number of samples, not 2.5'],
  ['let a = (3 global) * 2', 'ARC3009 1:10 `*` takes numbers or tensors, not a batch size'],
  ['let a = 1 GiB < 3', 'ARC3008 1:17 cannot compare bytes with a plain number'],
  ['let a = 1 GiB == 3 s', 'ARC3008 1:18 cannot compare bytes with seconds'],
  ['let a = cos(1 GiB)', 'ARC3003 1:13 `x` of `cos` takes an angle, not bytes'],
  ['let a = acos(1 rad)', 'ARC3003 1:14 `x` of `acos` takes a plain number, not an angle'],
  ['let a = max(1 rad, 1)', 'ARC3008 1:20 cannot take the max of an angle and a whole number'],
]

const operators: readonly Case[] = [
  ['let a = "x" + "y"', 'ARC3009 1:9 `+` takes numbers or tensors, not a string'],
  ['let a = -"x"', 'ARC3009 1:10 `-` takes a number, not a string'],
  ['let a = not 1', 'ARC3009 1:13 `not` takes `true` or `false`, not a whole number'],
  ['let a = 1 and true', 'ARC3009 1:9 `and` takes `true` or `false`, not a whole number'],
  ['let a = true < false', 'ARC3009 1:9 `<` takes numbers, not `true` or `false`'],
  ['let a = "x" == 1', 'ARC3008 1:16 cannot compare a string with a whole number'],
  ['let a = [1] == [1]', 'ARC3009 1:9 `==` takes numbers, strings or names, not a list of whole numbers'],
  [
    'let a = if 1 < 2 then 1 else true',
    'ARC3010 1:30 both branches of an `if` give the same kind of value: a whole number here, `true` or `false` there',
  ],
  ['let a = true + 1', 'ARC3009 1:9 `+` takes numbers or tensors, not `true` or `false`'],
  ['let a: int = 4 / 2', 'ARC3004 1:14 `a` must be a whole number, not a plain number'],
  ['let a: int = 3.0', 'ARC3004 1:14 `a` must be a whole number, not a plain number'],
  ['let a: string = 3', 'ARC3001 1:17 `a` must be a string, not a whole number'],
  ['let a: bool = 1', 'ARC3001 1:15 `a` must be `true` or `false`, not a whole number'],
  ['let a: [int] = [1, 2.5]', 'ARC3004 1:20 an element of `a` must be a whole number, not a plain number'],
  ['let a: [int] = 3', 'ARC3001 1:16 `a` must be a list of whole numbers, not a whole number'],
  ['let a = "{[1]}"', 'ARC3015 1:11 a string cannot show a list of whole numbers'],
  ['let a = [1, 2][0.5]', 'ARC3004 1:16 the index of a list must be a whole number, not a plain number'],
  ['let a = 1..2.5', 'ARC3004 1:12 the end of a range must be a whole number, not a plain number'],
  ['let a = for i in true { i }', 'ARC3013 1:18 `for` goes through a list or a range, not `true` or `false`'],
  ['let a = { b = 1, b = 2 }', 'ARC3016 1:18 the field `b` is given twice'],
  ['let a = { b = 1 }.c', 'ARC3011 1:19 a record of `b` has no `c`'],
]

const calls: readonly Case[] = [
  ['let a = sqrt()', 'ARC3102 1:9 `sqrt` still needs `x`'],
  ['let a = sqrt(1, 2)', 'ARC3105 1:17 `sqrt` takes at most 1 argument'],
  ['let a = sqrt(y: 1)', 'ARC3103 1:14 `sqrt` has no parameter `y`'],
  ['let a = sqrt(1, x: 2)', 'ARC3104 1:17 `x` is given twice'],
  ['let a = max(x: 1, 2)', 'ARC3106 1:19 arguments without a name come before those with one'],
  ['let a = 3(2)', 'ARC3101 1:9 a whole number cannot be called'],
  ['let a = sgd(lr: 0.1)(lr: 2)', 'ARC3101 1:9 an optimizer cannot be called'],
  ['let a = sqrt(2) as root', 'ARC3110 1:20 `as` names what a block makes, and `sqrt` makes no parameters'],
  ['let a = sgd(lr: 0.1) as opt', 'ARC3110 1:25 `as` names what a block makes, and `sgd` makes no parameters'],
  ['let a = sgd(lr: 0.1).update(1, 2, 3)', 'ARC3102 1:9 `update` still needs `step`'],
  ['let a = constant.factor(step: 1)', 'ARC3107 1:25 the values of `factor` are given in order, without names'],
  ['let a = constant.factr(1, 2, 3)', 'ARC3208 1:18 a schedule has no method `factr`'],
  ['let a = constant.factor', 'ARC3114 1:18 the method `factor` must be called'],
  ['let a = sgd', 'ARC3102 1:9 `sgd` still needs `lr`'],
  ['let a = squrt(2)', 'ARC2006 1:9 there is no `squrt` here'],
  ['let a = 2 |> sqrt(3)', 'ARC3105 1:19 `sqrt` takes at most 1 argument'],
  ['let a = 2 |> foo', 'ARC2006 1:14 there is no `foo` here'],
  ['let a = foo(bar)', 'ARC2006 1:9 there is no `foo` here'],
  ['let a = sgd(lr: foo(bar))', 'ARC2006 1:17 there is no `foo` here'],
]

const functions: readonly Case[] = [
  ['fn f(x) -> int { 1 }', 'ARC3108 1:6 the parameter `x` needs a type'],
  ['fn f(x: int) -> int { x / 2 }', 'ARC3004 1:23 the result of `f` must be a whole number, not a plain number'],
  ['fn f(x: int) -> string { x }', 'ARC3001 1:26 the result of `f` must be a string, not a whole number'],
  ['fn f(x: int = "a") -> int { x }', 'ARC3001 1:15 the default of `x` must be a whole number, not a string'],
  ['fn f(x: int, x: int) -> int { x }', 'ARC2003 1:14 `x` is declared twice'],
  ['fn f(x: int) -> int { let y = 2\n let y = 3\n x + y }', 'ARC2003 2:6 `y` is declared twice'],
  ['fn f(x: int) -> int { f(x) }', 'ARC3109 1:23 `f` calls itself, and recursion is not allowed'],
  ['fn f(x: int) { g(x) }\nfn g(x: int) { f(x) }', 'ARC3109 1:16 `f` calls itself, and recursion is not allowed'],
  [
    'block b(x: int) -> Image { conv(x) }',
    'ARC3112 1:12 the block `b` needs a tensor as its first parameter',
    'ARC3102 1:28 `conv` still needs `channels`',
  ],
  ['block b(x: Image) -> Vector { x }', 'ARC3001 1:31 the result of `b` must be a vector, not an image'],
  ['block b(x: Image) -> Image { x + (x |> flatten) }', 'ARC3009 1:35 `+` takes tensors of one shape, not a vector'],
  ['block b(x: Image) -> Image { x + 1 GiB }', 'ARC3009 1:34 `+` takes plain numbers beside tensors, not bytes'],
  ['block b(x: Image) -> Image { x |> conv(8, kernal: 3) }', 'ARC3103 1:43 `conv` has no parameter `kernal`'],
  ['block b(x: Image) -> Image { if x > 0 then x else 0 }'],
  ['block b(x: Tensor(3)) -> Image { x }', 'ARC3111 1:12 `Tensor` takes no sizes, not 1'],
  ['fn f(x: Imag) -> int { 1 }', 'ARC2009 1:9 there is no type `Imag`'],
  ['fn f(x: int(3)) -> int { x }', 'ARC3111 1:9 `int` takes no sizes, not 1'],
  ['let f = 1\nfn f(x: int) -> int { x }', 'ARC2003 2:4 `f` is declared twice'],
]

const margins: readonly Case[] = [
  ['margin a { target(cos) = cos }'],
  ['margin a(m: float) { target(c) = c - m }'],
  ['margin a { target(cos, norm) = cos }', 'ARC3207 1:12 `target` gets one value, `cos`'],
  ['margin a { target = 3 }', 'ARC3219 1:12 `target` is a method, not a field'],
  [
    'margin a(scale: string) { target(cos) = cos }',
    'ARC3001 1:17 the field `scale` takes a plain number, not a string',
  ],
  ['margin a(scale: int = 3) { scale = scale, target(cos) = cos }'],
  ['margin a { scale = 3 deg, target(cos) = cos }', 'ARC3003 1:20 `scale` takes a plain number, not an angle'],
  [
    'margin a { target(cos) = if cos > 0 then cos else "x" }',
    'ARC3010 1:51 both branches of an `if` give the same kind of value: a plain number here, a string there',
  ],
  ['margin a { target(cos) = "x" }', 'ARC3001 1:26 the result of `target` must be a plain number, not a string'],
  ['margin a { require 3, target(cos) = cos }', 'ARC3001 1:20 `require` takes `true` or `false`, not a whole number'],
  ['margin a { state s = 0, target(cos) = cos }', 'ARC3211 1:12 only optimizers keep states, not a margin'],
  ['margin a { target(cos) = cos\n target(cos) = cos }', 'ARC2003 2:2 `target` is declared twice'],
  [
    'margin a(m: int) { target(cos) = conv(cos, 3) }',
    'ARC3001 1:34 the result of `target` must be a plain number, not an image',
    'ARC3001 1:39 `x` of `conv` takes an image, not a plain number',
  ],
  ['margin a { target(cos) = a.target(cos) }', 'ARC3109 1:26 `a` calls itself, and recursion is not allowed'],
  ['margin a { let b = 3, target(cos) = cos }', 'ARC2007 1:16 `b` is never used'],
  ['margin a { links { let c = 3 }, target(cos) = cos }', 'ARC3201 1:12 a margin has no section `links`'],
]

const devices: readonly Case[] = [
  ['device d { kind = cpu }', 'ARC3204 1:8 the device `d` does not say `memory`, `bandwidth` and `flops.f32`'],
  [
    'device d { kind = gpu, memory = 1 GiB, bandwidth = 1 GB/s, flops { f32 = 1 TFLOP/s } }',
    'ARC3007 1:19 `gpu` is not a value of `kind`',
  ],
  [
    'device d { kind = cpu, memory = 1 GiB, bandwidth = 1 GB/s, flops { f23 = 1 TFLOP/s } }',
    'ARC3201 1:68 section `flops` has no field `f23`',
  ],
  [
    'device d { kind = cpu, memory = 1 GiB, bandwidth = 1 GB/s, flops = 1 TFLOP/s }',
    'ARC3205 1:60 `flops` is a section, not a field',
  ],
  [
    'device d { kind = cpu, memory = 1 GiB, bandwidth = 1 GB/s, flops { f32 = 1 TFLOP } }',
    'ARC3003 1:74 `flops.f32` takes floating-point operations per second, not flop',
  ],
  [
    'device d { kind = cpu, memory = 1 GiB, bandwidth = 1 GB/s, flops.f32 = 1 TFLOP/s, flops { f32 = 1 TFLOP/s } }',
    'ARC3203 1:91 `flops.f32` is set twice',
  ],
  ['device d extends e { }', 'ARC1218 1:10 only experiments extend another, not a device'],
  ['dataset d { format = folder, constructor = 3 }', 'ARC3201 1:30 a data set has no field `constructor`'],
  ['dataset d { format = toString }', 'ARC3007 1:22 `toString` is not a value of `format`'],
  ['let a = 3 constructor', 'ARC3006 1:11 there is no unit `constructor`'],
  ['let a = toString', 'ARC2006 1:9 there is no `toString` here'],
  ['margin m { constructor(x) = x, target(cos) = cos }', 'ARC3208 1:12 a margin has no method `constructor`'],
  ['optimizer o(lr: float) { update(w, g, r, s) = { weight = w - r * g } }'],
  [
    'optimizer o { lr = 0.1, update(w, g, r, s) = { weight = acos(g) } }',
    'ARC3001 1:57 the new `weight` must be a plain number, not an angle',
  ],
  [
    'optimizer o { state m = "x", update(w, g, r, s) = { weight = w, m = m } }',
    'ARC3204 1:11 the optimizer `o` does not say `lr`',
    'ARC3001 1:25 the first value of `m` must be a plain number, not a string',
  ],
  ['schedule s { factor(step, total, epoch) = cos(step) }'],
]

const tests: readonly Case[] = [
  ['test "a" { assert 3 }', 'ARC3001 1:19 `assert` takes `true` or `false`, not a whole number'],
  ['test "a" { let x = 3, assert true }', 'ARC2007 1:16 `x` is never used'],
  ['test "a {b}" { assert 1 ≈ 1 }', 'ARC2006 1:10 there is no `b` here'],
  ['test "a" { let x = 3\nlet x = 4\nassert x == 4 }', 'ARC2003 2:5 `x` is declared twice'],
]

const groups = { units, operators, calls, functions, margins, devices, tests }

for (const [group, cases] of Object.entries(groups))
  test.each(cases)(`${group}: %s`, (text, ...said) => {
    expect(brief(checkText(text).diagnostics)).toEqual(said)
  })
