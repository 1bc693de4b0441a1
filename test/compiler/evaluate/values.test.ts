/** What expressions evaluate to: each case is an `assert` of the language. */
import { describe, expect, it } from 'vitest'
import { runLanguageTests } from '../../../compiler/evaluate/language-tests.ts'
import { loadProgram } from '../../../compiler/names/load.ts'
import { DiagnosticBag } from '../../../grammar/diagnostic.ts'
import { brief, memoryHost } from '../../helpers/diagnose.ts'

const declarations = `
let numbers = [1, 2, 3]
fn half(x: float) -> float { x / 2 }
fn sum(list: [int]) -> int { for n in list carry total = 0 { total + n } }
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
  return brief([...bag.sorted(), ...(result?.diagnostics ?? [])]).map((line) => line.replace(/^(\S+) \S+/, '$1'))
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
  'sum(numbers) == 6 and sum(0..5) == 10',
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
  'arcface().scale == 64 and arcface(scale: 32).scale == 32',
  'desk.nodes == 1 and desk(cards: 4).devices_per_node == 4',
  'desk.device.memory == 8 GiB and desk.device.flops.f32 == 10 TFLOP/s',
  'desk.device.kind == cuda',
  'iresnet(depths: [1], channels: [8]).embedding == 512',
  'in_steps(2 epochs, 50) == 100 and in_steps(30 steps, 50) == 30',
]

const failures: readonly (readonly [string, string])[] = [
  ['1 == 2', 'ARC4301 test "t": `1 == 2` does not hold'],
  ['1 / 0 == 1', 'ARC4004 division by zero'],
  ['1 mod 0 == 1', 'ARC4004 division by zero'],
  ['1e200 * 1e200 > 0', 'ARC4005 the result of `1e200 * 1e200` is not a finite number'],
  ['log(0) > 0', 'ARC4005 the result of `log` is not a finite number'],
  ['numbers[3] == 1', 'ARC4006 index 3 lies outside a list of 3 elements'],
  ['numbers[-1] == 1', 'ARC4006 index -1 lies outside a list of 3 elements'],
  ['1 GiB + 1 s > 0 B', 'ARC4003 `+` does not combine bytes with seconds'],
  ['cos(1 GiB) > 0', 'ARC4002 expected a plain number for `cos`, found bytes'],
  ['half() == 1', 'ARC4008 `half` needs `x`'],
  ['half(1, 2) == 1', 'ARC4011 `half` takes at most 1 argument'],
  ['half(y: 2) == 1', 'ARC4009 `half` has no parameter `y`'],
  ['half(x: 2, x: 2) == 1', 'ARC4010 `x` is given twice'],
  ['half("a") == 1', 'ARC4002 expected a plain number for `x`, found a string'],
  ['sum([1.5]) == 1', 'ARC4002 expected a list of whole numbers for `list`, found a list of 1'],
  ['numbers(1) == 1', 'ARC4007 a list of 3 cannot be called'],
  ['desk.device.flops.f64 == 1', 'ARC4012 a record has no `f64`'],
  ['missing == 1', 'ARC4001 there is no `missing` here'],
  ['conv2d(1, 2) == 1', 'ARC4002 expected an image for `x`, found the number 1'],
  ['zeros() == 1', 'ARC4003 `==` does not combine an initializer with the number 1'],
  ['parameter("a", [1], zeros()) == 1', 'ARC4017 `parameter` needs a tensor graph: it only stands inside a backbone'],
  ['arcface(m: 2 rad).scale == 1', 'ARC4213 `arcface` requires `m >= 0 rad and m < 90 deg`'],
  ['desk(cards: 0).devices_per_node == 0', 'ARC4020 `desk.devices_per_node` must be at least 1, got 0'],
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
      [32, ['`a` is 3']],
      [63, ['`a * 2` is 6', '`a + 1` is 4']],
    ])
  })
})
