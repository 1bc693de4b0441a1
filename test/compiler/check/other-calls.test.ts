/** Calls of other libraries, and arguments as they write them: what each becomes by its fix, or what is said instead of one. */
import { expect, test } from 'vitest'
import { diagnoseText } from '../../helpers/diagnose.ts'

/** The text after the fix of its only mistake, or the notes of a mistake without one. */
function mended(text: string): string | readonly string[] {
  const [first, ...more] = diagnoseText(text)
  expect(more).toEqual([])
  if (first?.fix === undefined) return first?.notes ?? []
  const { span, replacement } = first.fix
  const after = text.slice(0, span.start) + replacement + text.slice(span.end)
  expect(diagnoseText(after)).toEqual([])
  return after
}

const inBlock = (line: string) => `block f(x: Image) -> Tensor {\n  ${line}\n}\n`

test.each([
  ['x |> nn.Conv2d(64, 128, 3, 2)', 'x |> conv(128, kernel: 3, stride: 2, padding: 0, bias: true)'],
  ['x |> nn.Conv2d(64, 128, 3, 1, 1, bias: false)', 'x |> conv(128, kernel: 3, stride: 1, padding: 1, bias: false)'],
  ['x |> nn.BatchNorm2d(x.channels)', 'x |> batch_norm'],
  ['x |> flatten |> nn.Linear(512, 64, bias: false)', 'x |> flatten |> linear(64, bias: false)'],
  ['x |> nn.ReLU(inplace: true)', 'x |> relu'],
  ['x |> nn.Dropout(p: 0.2)', 'x |> dropout(0.2)'],
  ['x |> batch_norm(x.channels)', 'x |> batch_norm'],
  ['x |> batch_norm(64, momentum: 0.2)', 'x |> batch_norm(momentum: 0.2)'],
  ['x |> batch_norm(0)', 'x |> batch_norm(false)'],
  ['x |> conv(x.channels, 16, kernel: 1)', 'x |> conv(16, kernel: 1)'],
  ['torch.cat([x, x], 1)', 'concatenate(x, x, dim: -1)'],
  ['torch.cat([x, x, x], 1)', ['two tensors are joined by `concatenate(a, b, dim: -1)`; channels are the last dim']],
  ['torch.cat([x, x], 2)', ['two tensors are joined by `concatenate(a, b, dim: -1)`; channels are the last dim']],
  ['nn.Sequential(flatten, linear(64))(x)', ['layers follow each other in a pipeline: `x |> flatten |> linear(64)`']],
  ['nn.Conv2d(64, 128, 3)(x)', ['a layer follows its input: `x |> conv(128, kernel: 3, padding: 0, bias: true)`']],
  ['x |> nn.BatchNorm2d(x.channels, other: 1)', ['did you mean `batch_norm`?']],
  ['self.conv(x, 8)', 'conv(x, 8)'],
  ['self.stem(x)', ['names are read without it']],
])('%s', (line, expected) => {
  expect(mended(inBlock(line))).toEqual(typeof expected === 'string' ? inBlock(expected) : expected)
})

const before = `use std.datasets: synthetic
use std.machines: cpu
use std.backbones: mbf

experiment faces {
  dataset  = synthetic(identities: 20, per_identity: 6, holdout: 20)
  backbone = mbf(embedding: 64)
  machine  = cpu(devices: 2)
  train.batch = 16 global
  train.epochs = 20
`

/** An experiment with some fields; margin and optimizer have one each unless they are among them. */
function experiment(fields: string): string {
  const margin = fields.includes('margin') ? '' : '  margin = arcface(m: 0.3 rad)\n'
  const optimizer = fields.includes('train.optimizer') ? '' : '  train.optimizer = adamw(lr: 0.1)\n'
  const margins = margin === '' ? 'cosface, interclass_filter' : 'arcface'
  return `use std.margins: ${margins}
${before}${margin}${optimizer}  ${fields}\n}\n`
}

test.each([
  ['train.schedule = StepLR(step_size: 5 epochs)', 'train.schedule = step_decay(every: 5 epochs)'],
  [
    'train.schedule = MultiStepLR(milestones: [5 epochs], gamma: 0.5)',
    'train.schedule = multistep(milestones: [5 epochs], gamma: 0.5)',
  ],
  ['train.schedule = CosineAnnealingLR(T_max: 20)', 'train.schedule = cosine()'],
  ['train.schedule = multistep([5, 10])', 'train.schedule = multistep([5 epochs, 10 epochs])'],
  ['train.optimizer = adamw(lr: 0.1, betas: [0.9, 0.99])', 'train.optimizer = adamw(lr: 0.1, beta1: 0.9, beta2: 0.99)'],
  ['train.optimizer = { type = "SGD", lr = 0.1 }', 'train.optimizer = sgd(lr: 0.1)'],
  ['train.average = ema(decay: 99)', 'train.average = ema(decay: 99%)'],
  ['train.lr_scaling = linear_scaling(reference: 512 global)', 'train.lr_scaling = linear_scaling(reference: 512)'],
  [
    'margin = interclass_filter(threshold: 0.4) |> cosface(m: 0.4)',
    'margin = cosface(m: 0.4) |> interclass_filter(threshold: 0.4)',
  ],
])('%s', (written, fixed) => {
  expect(mended(experiment(written))).toBe(experiment(fixed))
})

test.each([
  ['fn half(x: f32) -> float = x / 2\n', 'fn half(x: float) -> float = x / 2\n'],
  ['fn length(x: float) -> float = x.abs()\n', 'fn length(x: float) -> float = abs(x)\n'],
  ['let size = 30 Gi\n', 'let size = 30 GiB\n'],
  [
    'block f(x: Image, act: block = prelu()) -> Image { x |> act }\n',
    'block f(x: Image, act: block = prelu) -> Image { x |> act }\n',
  ],
])('%s', (text, fixed) => {
  expect(mended(text)).toBe(fixed)
})

test('what is read from a base of another kind is not reported', () => {
  const found = diagnoseText('margin strict extends sgd {\n  require m < 0.5\n}\n')
  expect(found.map(({ code }) => code)).toEqual(['ARC3216'])
})
