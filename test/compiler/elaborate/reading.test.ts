/** Values that read other fields of the experiment, and computed batch sizes. */
import { describe, expect, it } from 'vitest'
import { saidBy } from '../../helpers/facts.ts'
import { resolveBody } from '../../helpers/resolve.ts'

function resolved(body: string, declarations = '', settings: readonly string[] = [], name = 'run') {
  const { experiment, diagnostics } = resolveBody(body, declarations, { settings, name })
  expect(saidBy(diagnostics)).toEqual([])
  if (experiment === undefined) throw new Error('no experiment')
  return experiment
}
const said = (body: string, declarations = '', settings: readonly string[] = []) =>
  saidBy(resolveBody(body, declarations, { settings }).diagnostics)

describe('a computed batch size', () => {
  it('is any whole number of samples', () => {
    const declarations = 'let n = 3\nfn twice(x: int) -> int = 2 * x'
    const batch = (text: string) => resolved(`  train.batch = ${text}`, declarations).train.batch
    expect(batch('n per device')).toMatchObject({ count: 3, scope: 'device' })
    expect(batch('twice(n) + 2 global')).toMatchObject({ count: 8, scope: 'global' })
    expect(batch('if n > 2 then n per device else 4 global')).toMatchObject({ count: 3 })
  })

  it('is refused otherwise', () => {
    expect(said('  train.batch = 0.5 * 3 per device')).toEqual([
      'ARC3004 place: a batch size must be, expected: a whole number, found: a number that may not be whole',
    ])
    expect(said('  train.batch = 2 - 2 per device')).toEqual([
      'ARC4023 what: a batch, bounds: a whole number of 1 or more, found: 0',
    ])
    expect(said('  train.batch = (2 + 2) per node')).toEqual(['ARC3006 text: per node, unit: per node'])
  })
})

describe('a field that reads others', () => {
  it('computes with the samples of a step over all devices', () => {
    const rate = '  train.optimizer.lr = 0.1 * train.batch / 512'
    expect(resolved(rate).optimizer.lr).toBeCloseTo((0.1 * 8) / 512, 12)
    expect(resolved(`${rate}\n  train.batch = 64 global`).optimizer.lr).toBeCloseTo(0.0125, 12)
    expect(resolved(rate, '', ['train.batch=32 per device']).optimizer.lr).toBeCloseTo(0.0125, 12)
    expect(resolved('', '', ['train.optimizer.lr=0.1 * train.batch / 512']).optimizer.lr).toBeCloseTo(0.0015625, 12)
  })

  it('reads what the experiment that is run has, wherever it is written', () => {
    const declarations = `experiment scaled extends base {
  let unit = train.batch / 8
  train.optimizer = sgd(lr: 0.1 * unit)
  train.clip = 10 * train.optimizer.lr
}
experiment large extends scaled { train.batch = 16 per device }`
    expect(resolved('', declarations, [], 'scaled').train.clip).toBeCloseTo(1, 12)
    const large = resolved('', declarations, [], 'large')
    expect([large.optimizer.lr, large.train.clip]).toEqual([0.4, 4])
  })

  it('reads objects, backbones and machines, and takes over values', () => {
    const { train, checkpoint, evaluate, dataset } = resolved(`  let steps = dataset.identities * 8 div train.batch
  train { epochs = none, steps = 2 * steps, seed = backbone.embedding + machine.devices }
  dataset.holdout = train.seed mod 3
  evaluate { every = 3 steps, sets = ["faces/lfw.bin"] }
  checkpoint.every = evaluate.every`)
    expect(train).toMatchObject({ steps: 40, seed: 18 })
    expect([checkpoint.every, evaluate.every]).toEqual([evaluate.every, { kind: 'duration', count: 3, unit: 'steps' }])
    expect(dataset.holdout).toBe(0)
  })

  it('is seen by bounds of `require`', () => {
    const { requires } = resolved('  let half = machine.device.memory / 2\n  require memory.peak < half')
    expect(requires).toMatchObject([{ quantity: 'memory.peak', bound: 2 ** 31 }])
  })

  it('gives way to names of the file', () => {
    const declarations = 'let train = { batch = 3 }'
    expect(resolved('  centers.std = train.batch / 3', declarations).centers.std).toBe(1)
  })

  it('cannot depend on itself', () => {
    expect(said('  train.seed = train.epochs\n  train.epochs = train.seed')).toEqual([
      'ARC4277 chain: [train.epochs, train.seed, train.epochs]',
    ])
    expect(said('  train.seed = train.seed + 1')).toEqual(['ARC4277 chain: [train.seed, train.seed]'])
    expect(said('  let a = train.seed\n  train.seed = a')).toEqual(['ARC4277 chain: [train.seed, train.seed]'])
    expect(said('  let a = b\n  let b = 1\n  train.seed = a')).toEqual(['ARC2006 name: b'])
  })

  it('is checked', () => {
    expect(said('  train.seed = train.bacth')).toEqual([
      'ARC3011 type: a record of `batch`, `accumulate`, `epochs`, `steps`, `precision`, `optimizer`, `schedule`, `start`, `decay`, `lr_groups`, `freeze`, `lr_scaling`, `average`, `label_smoothing`, `clip`, `batch_norm`, `reduction`, `recompute`, `augment`, `workers`, `on_non_finite`, `watchdog` and `seed`, name: bacth',
    ])
    const fixes = (body: string) => resolveBody(body).diagnostics.map(({ code, fix }) => [code, fix?.replacement])
    expect(fixes('  train.clip = batch / 2')).toEqual([['ARC2006', 'train.batch']])
    expect(fixes('  machine = machin(devices: 2)')).toEqual([['ARC2006', undefined]])
    expect(fixes('  let n = 3\n  train.batch = n * 2')).toEqual([['ARC3001', ' per device']])
    expect(said('  train.seed = train.batch / 2')).toEqual([
      'ARC3004 place: `train.seed` takes, expected: a whole number, found: a number that may not be whole',
    ])
    expect(said('  train.batch = auto\n  train.clip = train.batch / 2')).toEqual([
      'ARC4278 path: train.batch, found: `auto`',
    ])
    expect(said('  train.seed = train.steps * 2')).toEqual(['ARC4284 what: train.steps'])
    expect(said('  train.clip = train.optimizer.momentun')).toEqual(['ARC3011 type: an optimizer, name: momentun'])
  })
})
