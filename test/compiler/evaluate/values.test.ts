/** Values of expressions: each case is an `assert` of the language. */
import { describe, expect, it } from 'vitest'
import { runLanguageTests } from '../../../compiler/language-tests.ts'
import { loadProgram } from '../../../compiler/names/load.ts'
import { DiagnosticBag } from '../../../grammar/diagnostic.ts'
import { memoryHost } from '../../helpers/diagnose.ts'
import { saidBy } from '../../helpers/facts.ts'

const declarations = `
let numbers = [1, 2, 3]
fn half(x: float) -> float { x / 2 }
fn total(list: [int]) -> int { for n in list carry total = 0 { total + n } }
fn grow(x: int, by: int = x) -> int { x + by }
machine desk(cards: int = 2) {
  devices_per_node = cards, device = card
  links { within = pcie(16 GB/s) }
}
device card { kind = cuda, memory = 8 GiB, bandwidth = 400 GB/s
  flops { f32 = 10 TFLOP/s } }
`

/** Messages of the asserts that fail, in order. */
function run(body: string): readonly string[] {
  const bag = new DiagnosticBag()
  const host = memoryHost({}, { FACES: 'faces' })
  const text = `use std.margins\nuse std.backbones: iresnet\n${declarations}\ntest "t" {\n${body}\n}\n`
  const program = loadProgram({ path: 'test.arc', text }, host, bag)
  const [result] = runLanguageTests(program, host)
  return saidBy([...bag.sorted(), ...(result?.diagnostics ?? [])])
}

const truths = [
  '1 + 2 * 3 == 7',
  '7 div 2 == 3 and -7 div 2 == -4',
  '7 mod 3 == 1 and -7 mod 3 == 2',
  '7 / 2 == 3.5',
  '2 ** 10 == 1024',
  '10% == 0.1',
  '1 GiB == 1024 MiB',
  '2 * 1 GiB + 1024 MiB == 3 GiB',
  '180 deg ≈ 3.14159 rad',
  '30 GiB / 2 GiB == 15',
  '1000.5 ≈ 1000 and not (1001.5 ≈ 1000)',
  'numbers[1] == 2 and numbers.length == 3 and len(numbers) == 3',
  'sum(numbers) == 6 and sum(0..5) == 10 and sum([]) == 0 and total(numbers) == 6',
  'sum([1 GiB, 1024 MiB]) == 2 GiB and sum([0.5, 1]) == 1.5 and (numbers |> sum) > 5',
  'numbers + [4] == [1, 2, 3, 4] and [] + numbers == numbers and (0..2) + (5..7) == [0, 1, 5, 6]',
  'numbers == [1, 2, 3] and numbers != [1, 2] and [[1], [2, 3]] == [[1], [2, 3]] and ["a"] != ["b"]',
  '[0.1, 1 / 3] ≈ [0.1, 0.3333] and not ([0.1] ≈ [0.2]) and not ([0.1] ≈ [0.1, 0.1])',
  'numbers[numbers.length - 1] == 3',
  '(for stage in 0..4 { 64 * 2 ** stage }) == [64, 128, 256, 512]',
  '(for n in numbers { n * n })[2] == 9',
  'half(3) == 1.5',
  'grow(4) == 8 and grow(4, by: 1) == 5',
  '(4 |> grow(by: 2)) == 6',
  '(if 1 < 2 then "a" else 1 / 0) == "a"',
  'false and 1 / 0 > 1 or true',
  '"layer{1 + 1}.{numbers[0]}" == "layer2.1"',
  '"{env("FACES")}/train" == "faces/train"',
  '{ a = 1, b = 2 }.b == 2',
  'max(3, 4) == 4 and min(3, 4) == 3 and abs(-3) == 3',
  'floor(2.7) == 2 and ceil(2.1) == 3 and round(2.5) == 3',
  'max(1 rad, 90 deg) == 90 deg',
  'exp(0) == 1 and log(1) == 0 and sqrt(9) == 3 and pow(2, 3) == 8',
  'cos(60 deg) ≈ 0.5 and sin(0.5) ≈ 0.4794 and acos(0.5) ≈ 60 deg',
  'tanh(0) == 0 and sigmoid(0) == 0.5',
  'abs(erf(1) - 0.842700792949715) < 1e-14 and abs(erf(-0.5) + 0.520499877813047) < 1e-14 and erf(7) == 1',
  'arcface().scale == 64 and arcface(scale: 32).scale == 32',
  'desk.nodes == 1 and desk(cards: 4).devices_per_node == 4',
  'desk.device.memory == 8 GiB and desk.device.flops.f32 == 10 TFLOP/s',
  'desk.device.kind == cuda',
  'iresnet(depths: [1], channels: [8]).embedding == 512',
  'in_steps(2 epochs, 50) == 100 and in_steps(30 steps, 50) == 30',
]

const failures: readonly (readonly [string, string])[] = [
  ['1 == 2', 'ARC4301 title: t, condition: 1 == 2'],
  ['"a" == "b"', 'ARC4301 title: t, condition: "a" == "b"'],
  ['true == false', 'ARC4301 title: t, condition: true == false'],
  ['1 / 0 == 1', 'ARC4004'],
  ['1 mod 0 == 1', 'ARC4004'],
  ['1e200 * 1e200 > 0', 'ARC4005 what: `1e200 * 1e200`'],
  ['log(0) > 0', 'ARC4005 what: `log`'],
  ['numbers[3] == 1', 'ARC4006 index: 3, length: 3'],
  ['numbers[-1] == 1', 'ARC4006 index: -1, length: 3'],
  ['1 GiB + 1 s > 0 B', 'ARC4003 operator: +, left: bytes, right: a time'],
  ['cos(1 GiB) > 0', 'ARC4002 found: bytes, wanted: a plain number for `cos`'],
  ['half() == 1', 'ARC4008 callee: half, name: x'],
  ['half(1, 2) == 1', 'ARC4011 callee: half, most: 1'],
  ['half(y: 2) == 1', 'ARC4009 callee: half, name: y'],
  ['half(x: 2, x: 2) == 1', 'ARC4010 name: x'],
  ['half("a") == 1', 'ARC4002 found: a string, wanted: a plain number for `x`'],
  ['total([1.5]) == 1', 'ARC4002 found: a list of 1, wanted: a list of whole numbers for `list`'],
  ['sum(["a"]) == 1', 'ARC4275'],
  ['sum([1 s, 1 B]) == 1', 'ARC4002 found: bytes, wanted: a plain number for `sum`'],
  ['[1 s] == [1 B]', 'ARC4003 operator: ==, left: a time, right: bytes'],
  ['numbers - numbers == []', 'ARC4003 operator: -, left: a list of 3, right: a list of 3'],
  ['numbers(1) == 1', 'ARC4007 what: a list of 3'],
  ['desk.device.flops.f64 == 1', 'ARC4012 what: a record, name: f64'],
  ['missing == 1', 'ARC4001 name: missing'],
  ['conv2d(1, 2) == 1', 'ARC4002 found: the number 1, wanted: an image for `x`'],
  ['zeros() == 1', 'ARC4003 operator: ==, left: an initializer, right: the number 1'],
  ['parameter("a", [1], zeros()) == 1', 'ARC4017 what: `parameter`'],
  ['arcface(m: 2 rad).scale == 1', 'ARC4213 owner: arcface, condition: m >= 0 rad and m < 90 deg'],
  ['desk(cards: 0).devices_per_node == 0', 'ARC4020 path: desk.devices_per_node, bounds: at least 1, found: 0'],
]

describe('values', () => {
  it.each(truths)('%s', (condition) => {
    expect(run(`  assert ${condition}`)).toEqual([])
  })

  it.each(failures)('%s', (condition, message) => {
    expect(run(`  assert ${condition}`)).toEqual([message])
  })

  it('reports every assert of a test, with the values of both sides', () => {
    const bag = new DiagnosticBag()
    const text = 'let a = 3\ntest "two" {\n  assert a == 4\n  assert a > 2\n  assert a * 2 < a + 1\n}\n'
    const program = loadProgram({ path: 'test.arc', text }, memoryHost(), bag)
    const [result] = runLanguageTests(program, memoryHost())
    expect(result?.diagnostics.map((d) => [d.span.start, d.notes])).toEqual([
      [32, [expect.stringMatching(/`a` .* 3$/)]],
      [63, [expect.stringMatching(/`a \* 2` .* 6$/), expect.stringMatching(/`a \+ 1` .* 4$/)]],
    ])
  })
})
