/** Fields of other trainers: what each becomes by its fix, or what is said instead of one. */
import { expect, test } from 'vitest'
import { diagnoseText } from '../../helpers/diagnose.ts'

const before = `use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface
use std.backbones: mbf

experiment faces {
  dataset  = synthetic(identities: 20, per_identity: 6, holdout: 20)
  backbone = mbf(embedding: 64)
  margin   = arcface(m: 0.3 rad)
  machine  = cpu(devices: 2)
  train {
    epochs    = 2
    optimizer = adamw(lr: 0.1)
`

/** The line that a field of `train` becomes; the rest of an experiment follows. */
function mended(written: string, others = 'batch = 16 global'): readonly string[] {
  const text = `${before}    ${written}\n    ${others}\n  }\n}\n`
  const [first, ...more] = diagnoseText(text)
  expect(more).toEqual([])
  expect(first?.code).toBe('ARC3201')
  if (first?.fix === undefined) return first?.notes ?? []
  const { span, replacement } = first.fix
  const after = text.slice(0, span.start) + replacement + text.slice(span.end)
  expect(diagnoseText(after).filter(({ severity }) => severity === 'error')).toEqual([])
  return [after.slice(span.start, after.indexOf('\n', span.start))]
}

test.each([
  ['fp16 = true', 'precision = f16'],
  ['use_amp = false', 'precision = f32'],
  ['bf16 = true', 'precision = bf16'],
  ['gradient_checkpointing = true', 'recompute = blocks'],
  ['sync_bn = true', 'batch_norm = synced'],
  ['warmup_epochs = 1', 'schedule = polynomial(warmup: 1 epochs)'],
  ['warmup_steps = 2', 'schedule = polynomial(warmup: 2 steps)'],
  ['step_size = 1', 'schedule = step_decay(every: 1 epochs)'],
  ['max_grad_norm = 5', 'clip = 5'],
  ['gradient_clip_val = 5', 'clip = 5'],
  ['ema_decay = 0.999', 'average = ema(decay: 0.999)'],
  ['adam_beta2 = 0.98', 'optimizer.beta2 = 0.98'],
  ['eps = 1e-7', 'optimizer.epsilon = 1e-7'],
  ['weight_decay = 0.1', 'optimizer.weight_decay = 0.1'],
  ['learning_rate = 0.2', 'optimizer.lr = 0.2'],
  ['pretrained = "r50.pt"', 'start = weights("r50.pt")'],
  ['dataloader_num_workers = 4', 'workers = 4'],
  ['gradient_accumulation_steps = 2', 'accumulate = 2'],
  ['dali = true', 'augment = dali()'],
])('%s', (written, wanted) => {
  expect(mended(written)).toEqual([wanted])
})

test.each([
  ['per_device_train_batch_size = 8', 'batch = 8 per device'],
  ['total_batch_size = 16', 'batch = 16 global'],
])('%s', (written, wanted) => {
  expect(mended(written, 'seed = 1')).toEqual([wanted])
})

test.each([
  ['resume = true', '`arcc run --resume RUN`'],
  ['output_dir = "work"', '`arcc run FILE --folder FOLDER`'],
  ['momentum = 0.9', 'argument of the optimizer, as in `optimizer = …(momentum: 0.9)`'],
  ['warmup_ratio = 0.1', 'argument of the schedule, as in `schedule = …(warmup: …)`'],
  ['eval_steps = 100', 'did you mean `evaluate.every = 100 steps`?'],
  ['save_total_limit = 2', 'did you mean `checkpoint.keep = 2`?'],
  ['fp16 = "auto"', 'did you mean `precision = f16`?'],
  ['num_classes = 20', 'argument of the dataset, as in `dataset = …(identities: 20)`'],
  ['margin_list = [1, 0.5, 0]', '`arcface(m: 0.5 rad)`'],
  ['wandb = true', '`log.tensorboard`'],
])('%s has no fix', (written, said) => {
  expect(mended(written).join(' ')).toContain(said)
})

test('a field that is set already is not set again', () => {
  expect(mended('fp16 = true', 'precision = bf16\n    batch = 16 global')).toEqual([
    'did you mean `precision = f16`? `train.precision` is set already',
  ])
})
