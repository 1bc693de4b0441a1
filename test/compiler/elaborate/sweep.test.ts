/** `sweep`: one experiment, several variants. */
import { describe, expect, it } from 'vitest'
import { compileVariants } from '../../../compiler/driver.ts'
import { type Experiment, isChosen } from '../../../compiler/experiment/experiment.ts'
import { batchPerDevice } from '../../../compiler/experiment/lengths.ts'
import { memoryHost } from '../../helpers/diagnose.ts'
import { brief } from '../../helpers/facts.ts'
import { experimentText, resolveText } from '../../helpers/resolve.ts'

interface Swept {
  readonly experiments: readonly Experiment[]
  readonly said: readonly string[]
}

/** All variants of the experiment `run` with this body. */
function sweep(
  body: string,
  options: { declarations?: string; settings?: readonly string[]; name?: string } = {},
): Swept {
  const { declarations = '', settings = [], name = 'run' } = options
  const entry = { path: 'test.arc', text: experimentText(body, declarations) }
  const overrides = settings.map((text) => ({ path: '--set', text }))
  const request = { entry, experiment: name, overrides, until: 'elaborate' } as const
  const compilations = [...compileVariants(request, memoryHost())]
  return {
    experiments: compilations.flatMap(({ experiment }) => experiment ?? []),
    said: compilations.flatMap(({ diagnostics }) => brief(diagnostics)),
  }
}

const names = ({ experiments }: Swept) => experiments.map(({ name }) => name)

describe('sweep', () => {
  it('makes one variant of each combination, the first field slowest', () => {
    const swept = sweep(
      '  sweep {\n    dataset.identities = [20, 1_000]\n    centers.placement = [shard, replicate]\n  }',
    )
    expect(names(swept)).toEqual([
      'run[identities=20, placement=shard]',
      'run[identities=20, placement=replicate]',
      'run[identities=1000, placement=shard]',
      'run[identities=1000, placement=replicate]',
    ])
    expect(swept.experiments.map(({ dataset, centers }) => [dataset.identities, centers.placement])).toEqual([
      [20, 'shard'],
      [20, 'replicate'],
      [1000, 'shard'],
      [1000, 'replicate'],
    ])
    expect(swept.said).toEqual([])
  })

  it('reaches into optimizers, backbones and machines', () => {
    const { experiments } = sweep(
      '  sweep { train.optimizer.lr = [0.1, 0.2], backbone.embedding = [8], machine.devices = [1] }',
    )
    expect(experiments.map((e) => [e.optimizer.lr, e.backbone.embedding, e.machine.devicesPerNode])).toEqual([
      [0.1, 8, 1],
      [0.2, 8, 1],
    ])
  })

  it('takes quantities, names and objects as they are written', () => {
    const body =
      '  sweep { train.batch = [4 per device, 16 global], train.precision = [f32, bf16], margin = [cosface(m: 0.3), arcface] }'
    const swept = sweep(body)
    expect(names(swept)).toContain('run[batch=4 per device, precision=bf16, margin=cosface(m: 0.3)]')
    expect(new Set(swept.experiments.map(({ margin }) => margin.name))).toEqual(new Set(['cosface', 'arcface']))
    const chosen = swept.experiments.filter((experiment) => isChosen(experiment))
    expect(new Set(chosen.map(batchPerDevice))).toEqual(new Set([4, 8]))
  })

  it('takes lists that are computed', () => {
    const declarations = 'let rates = for i in 1..4 { i / 10 }'
    const swept = sweep('  sweep.centers.sample_rate = rates\n  sweep.train.seed = 3..5', { declarations })
    expect(names(swept)).toEqual([
      'run[sample_rate=0.1, seed=3]',
      'run[sample_rate=0.1, seed=4]',
      'run[sample_rate=0.2, seed=3]',
      'run[sample_rate=0.2, seed=4]',
      'run[sample_rate=0.3, seed=3]',
      'run[sample_rate=0.3, seed=4]',
    ])
  })

  it('zips lists: the first values together, then the second', () => {
    const body = `  sweep {
    centers.std = [0.1, 0.2]
    zip { train { batch = [4 global, 8 global, 8 global] }, train.optimizer.lr = [0.1, 0.2, 0.3] }
  }`
    const swept = sweep(body)
    expect(swept.said).toEqual([])
    expect(names(swept).slice(0, 4)).toEqual([
      'run[std=0.1, batch=4 global, lr=0.1]',
      'run[std=0.1, batch=8 global, lr=0.2]',
      'run[std=0.1, batch=8 global, lr=0.3]',
      'run[std=0.2, batch=4 global, lr=0.1]',
    ])
    expect(names(swept)).toHaveLength(6)
    expect(names(sweep(body, { settings: ['train.batch=4 global', 'centers.std=0.1'] }))).toEqual([
      'run[lr=0.1]',
      'run[lr=0.2]',
      'run[lr=0.3]',
    ])
    expect(names(sweep('  sweep.zip { train.seed = [1, 2] }'))).toEqual(['run[seed=1]', 'run[seed=2]'])
  })

  it('zips lists of one length, of different variants', () => {
    expect(sweep('  sweep.zip { train.seed = [1, 2], centers.std = [0.1, 0.2, 0.3] }').said).toEqual([
      'ARC4281 15:50 path: centers.std, count: 3, first: train.seed, wanted: 2',
    ])
    expect(sweep('  sweep.zip { train.seed = [1, 1], centers.std = [0.1, 0.1] }').said).toEqual([
      'ARC4221 15:32 path: train.seed, centers.std, text: 1, 0.1',
    ])
    expect(sweep('  sweep { zip = [1, 2] }').said).toEqual(['ARC3205 15:11 name: zip'])
    expect(sweep('  zip { train.seed = [1, 2] }').said).toEqual([
      'ARC3201 15:3 owner: an experiment, what: section, name: zip',
    ])
  })

  it('computes values from the other fields of their variant', () => {
    const swept = sweep('  sweep { train.seed = [1, 2], centers.std = [train.seed / 10, train.batch / 8] }')
    expect(swept.experiments.map(({ centers }) => centers.std)).toEqual([0.1, 1, 0.2, 1])
    expect(names(swept)[0]).toBe('run[seed=1, std=train.seed / 10]')
    expect(sweep('  sweep.centers.std = for i in 1..3 { i * train.batch / 10 }').said).toEqual([
      'ARC4276 15:43 path: train.batch',
    ])
  })

  it('names whole paths where two fields have one name', () => {
    const swept = sweep('  sweep { evaluate.every = [10 steps], checkpoint.every = [5 steps] }')
    expect(names(swept)).toEqual(['run[evaluate.every=10 steps, checkpoint.every=5 steps]'])
  })

  it('may give what the experiment lacks', () => {
    const text = `use std.machines
use std.margins
use std.backbones: mbf
use std.datasets
experiment run {
  dataset = synthetic(identities: 20, per_identity: 8), backbone = mbf, machine = cpu
  train { batch = 4 per device, epochs = 2, optimizer = sgd(lr: 0.1) }
  sweep { margin = [arcface, cosface] }
}`
    expect(resolveText(text, { name: 'run[margin=cosface]' }).experiment?.margin.name).toBe('cosface')
  })
})

describe('an experiment that extends a swept one', () => {
  const declarations = `experiment swept extends base { sweep { train.seed = [1, 2], train.clip = [5, 10] } }`
  const extending = (body: string) => {
    const text = experimentText('', declarations)
      .replace('run extends base', 'run extends swept')
      .replace('{\n\n}', `{ ${body} }`)
    const request = { entry: { path: 'test.arc', text }, experiment: 'run', until: 'elaborate' } as const
    return [...compileVariants(request, memoryHost())].flatMap(({ experiment }) => experiment?.name ?? [])
  }

  it.each([
    ['', ['run[seed=1, clip=5]', 'run[seed=1, clip=10]', 'run[seed=2, clip=5]', 'run[seed=2, clip=10]']],
    ['train.seed = 7', ['run[clip=5]', 'run[clip=10]']],
    ['train { seed = 7, clip = 1 }', ['run']],
    ['sweep.train.clip = [3]', ['run[seed=1, clip=3]', 'run[seed=2, clip=3]']],
    [
      'sweep.train.accumulate = [1]',
      [
        'run[seed=1, clip=5, accumulate=1]',
        'run[seed=1, clip=10, accumulate=1]',
        'run[seed=2, clip=5, accumulate=1]',
        'run[seed=2, clip=10, accumulate=1]',
      ],
    ],
  ])('and says %s', (body, wanted) => {
    expect(extending(body)).toEqual(wanted)
  })
})

describe('--set', () => {
  const body = '  sweep { train.seed = [1, 2] }'
  it.each<readonly [readonly string[], readonly string[]]>([
    [['train.seed=5'], ['run']],
    [['sweep.train.seed=[5, 6]'], ['run[seed=5]', 'run[seed=6]']],
    [['sweep.train.clip=[1]'], ['run[seed=1, clip=1]', 'run[seed=2, clip=1]']],
    [['train.clip=1'], ['run[seed=1]', 'run[seed=2]']],
  ])('%o', (settings, wanted) => {
    const swept = sweep(body, { settings })
    expect(swept.said).toEqual([])
    expect(names(swept)).toEqual(wanted)
  })
})

describe('the name of a variant', () => {
  const body = '  sweep { train.seed = [1, 2] }'
  it('chooses one', () => {
    expect(names(sweep(body, { name: 'run[seed=2]' }))).toEqual(['run[seed=2]'])
  })

  it.each([
    ['run[seed=3]', 'ARC4203 14:12 name: run[seed=3]'],
    ['base[seed=3]', 'ARC4203 7:12 name: base[seed=3]'],
    ['runs[seed=1]', 'ARC4203 7:12 name: runs[seed=1]'],
  ])('%s is none', (name, said) => {
    expect(sweep(body, { name }).said).toEqual([said])
  })

  it('is asked for where one experiment is resolved', () => {
    const text = experimentText(body)
    const { diagnostics } = resolveText(text, { name: 'run' })
    expect(brief(diagnostics)).toEqual(['ARC4223 14:12 name: run, count: 2'])
    expect(diagnostics[0]?.notes).toEqual([expect.stringContaining('`run[seed=1]`, `run[seed=2]`')])
  })
})
