/** Resolved experiments: fields, `extends`, `--set`, and checks across fields. */
import { describe, expect, it } from 'vitest'
import { listExperiments } from '../../../compiler/elaborate/experiment.ts'
import { showPlace } from '../../../grammar/source.ts'
import { rendered } from '../../helpers/diagnose.ts'
import { brief, saidBy } from '../../helpers/facts.ts'
import { experimentText, type ResolveOptions, resolveBody, resolveText } from '../../helpers/resolve.ts'

function resolved(body: string, settings: readonly string[] = [], declarations = '') {
  const { experiment, diagnostics } = resolveBody(body, declarations, { settings })
  expect(rendered(diagnostics.filter((d) => d.severity === 'error'))).toBe('')
  if (experiment === undefined) throw new Error('no experiment')
  return experiment
}

const mistakes = (body: string, declarations: string | undefined, options: ResolveOptions = {}) =>
  saidBy(resolveBody(body, declarations, options).diagnostics)

describe('fields', () => {
  it('have their values, in base units, and their defaults', () => {
    const { dataset, machine, centers, train, evaluate, checkpoint } = resolved(`
  machine = dgx_a100(nodes: 2)
  centers { sample_rate = 10%, update = dense }
  train { batch = 1024 global, precision = bf16, clip = 5 }
  evaluate { sets = [holdout, "extra/pairs.bin"], every = 100 steps }
  checkpoint.every = 2 epochs`)
    expect(dataset).toMatchObject({
      name: 'synthetic',
      format: 'synthetic',
      identities: 20,
      perIdentity: 8,
      holdout: 4,
    })
    expect(machine).toMatchObject({
      name: 'dgx_a100',
      nodes: 2,
      devicesPerNode: 8,
      device: { kind: 'cuda', memory: 85_100_068_864, bandwidth: 2039e9, flops: { f32: 19.5e12, bf16: 312e12 } },
      within: { technology: 'nvlink', bandwidth: 300e9, latency: 3e-6 },
      between: { technology: 'infiniband', bandwidth: 200e9 },
    })
    expect(centers).toMatchObject({
      placement: 'shard',
      sampleRate: 0.1,
      update: 'dense',
      gradient: 'exact',
      std: 0.01,
    })
    expect(train).toMatchObject({
      batch: { count: 1024, scope: 'global' },
      accumulate: 1,
      epochs: 2,
      steps: undefined,
      precision: 'bf16',
      clip: 5,
      seed: 2048,
    })
    expect(evaluate).toEqual({
      sets: ['holdout', 'extra/pairs.bin'],
      every: { kind: 'duration', count: 100, unit: 'steps' },
      pairs: 600,
    })
    expect(checkpoint).toEqual({ every: { kind: 'duration', count: 2, unit: 'epochs' }, keep: 3 })
  })

  it('are recorded as text, with where they come from', () => {
    const { resolved: fields } = resolved('  train.clip = 5', ['train.seed=7', 'machine.memory=2 GiB'])
    const texts = fields.map(({ path, text, origin }) => `${path} = ${text}  (${origin})`)
    expect(texts).toMatchInlineSnapshot(`
      [
        "dataset = synthetic(identities: 20, per_identity: 8, holdout: 4, seed: 1, nuisance: 0.5)  (file)",
        "backbone = iresnet(depths: [1, 1, 1, 1], embedding: 16, channels: [4, 8, 8, 16], stem: 4)  (file)",
        "margin = arcface(m: 0.5 rad, scale: 64)  (file)",
        "machine = cpu(devices: 2, memory: 2 GiB, nodes: 1, between: ethernet(1.25 GB/s, latency: 30 us))  (override)",
        "centers.placement = shard  (default)",
        "centers.per_class = 1  (default)",
        "centers.sample_rate = 1  (default)",
        "centers.update = sparse  (default)",
        "centers.gradient = exact  (default)",
        "centers.std = 0.01  (default)",
        "centers.weights = f32  (default)",
        "centers.state = f32  (default)",
        "centers.chunk = auto  (default)",
        "train.batch = 4 per device  (file)",
        "train.accumulate = 1  (default)",
        "train.epochs = 2  (file)",
        "train.precision = f32  (default)",
        "train.optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 0)  (file)",
        "train.schedule = constant  (default)",
        "train.decay = all  (default)",
        "train.lr_groups = []  (default)",
        "train.freeze = []  (default)",
        "train.label_smoothing = 0  (default)",
        "train.clip = 5  (file)",
        "train.batch_norm = local  (default)",
        "train.reduction = f32  (default)",
        "train.recompute = none  (default)",
        "train.augment = [flip(probability: 0.5)]  (default)",
        "train.on_non_finite = stop  (default)",
        "train.seed = 7  (override)",
        "evaluate.sets = []  (default)",
        "evaluate.pairs = 600  (default)",
        "checkpoint.keep = 3  (default)",
        "log.tensorboard = false  (default)",
      ]
    `)
  })

  it('may wait for an environment variable until the run', () => {
    const body = '  dataset = glint360k(root: "{env("GLINT360K")}/train")'
    const unset = resolveBody(body).experiment
    expect(unset?.dataset.root).toEqual({ path: '/train', pending: 'environment variable GLINT360K' })
    expect(unset?.dataset).toMatchObject({ identities: 360232, images: 17091657 })
    const set = resolveBody(body, '', { env: { GLINT360K: '/data/g' } }).experiment
    expect(set?.dataset.root).toEqual({ path: '/data/g/train', pending: undefined })
  })

  it('may use the `let`s of the experiment and of its file', () => {
    const { train } = resolved('  let each = 2 * base_seed\n  train.seed = each + 1', [], 'let base_seed = 20')
    expect(train.seed).toBe(41)
  })

  it('require what the plan must show', () => {
    const { requires } = resolved(
      '  require memory.peak < 30 GiB\n  require step.time <= 100 ms\n  require throughput > 3000 samples/s',
    )
    expect(requires).toMatchObject([
      { quantity: 'memory.peak', operator: '<', bound: 30 * 2 ** 30 },
      { quantity: 'step.time', operator: '<=', bound: 0.1 },
      { quantity: 'throughput', operator: '>', bound: 3000 },
    ])
  })
})

describe('extends', () => {
  it('takes field by field, also out of sections, and gathers requirements', () => {
    const text = `${experimentText('  train { seed = 1, clip = 5 }\n  require memory.peak < 1 GiB')}
experiment last extends run {
  train { seed = 2 }
  require memory.peak < 2 GiB
}
`
    const { experiment } = resolveText(text, { name: 'last' })
    expect(experiment?.train).toMatchObject({ seed: 2, clip: 5, epochs: 2 })
    expect(experiment?.requires.map((r) => r.bound)).toEqual([2 ** 30, 2 ** 31])
  })

  it('drops changes inside of a value that is replaced later', () => {
    const text = `${experimentText('  train.optimizer.lr = 0.3')}
experiment last extends run { train.optimizer = sgd(lr: 0.5) }
`
    expect(resolveText(text, { name: 'run' }).experiment?.optimizer.lr).toBe(0.3)
    expect(resolveText(text, { name: 'last' }).experiment?.optimizer.lr).toBe(0.5)
  })

  it('changes an argument of what a base of another file sets in a section', () => {
    const files = { 'shared.arc': experimentText() }
    const text = 'use shared: run\nexperiment here extends run { train.optimizer.momentum = 0.5 }\n'
    const { experiment, diagnostics } = resolveText(text, { files })
    expect(diagnostics).toEqual([])
    expect(experiment?.optimizer.text).toBe('sgd(lr: 0.1, momentum: 0.5, weight_decay: 0)')
  })

  it('evaluates the fields of another file in its scope', () => {
    const files = { 'shared.arc': experimentText('  train.seed = hidden', 'let hidden = 99') }
    const { experiment } = resolveText('use shared: base, run\nexperiment here extends run { train.clip = 1 }\n', {
      files,
    })
    expect(experiment?.train).toMatchObject({ seed: 99, clip: 1 })
  })
})

describe('--set', () => {
  it.each<readonly [string, string, unknown]>([
    ['train.batch=8 per device', 'train.batch.count', 8],
    ['train.optimizer.lr=0.05', 'optimizer.lr', 0.05],
    ['train.optimizer=sgd(lr: 0.2)', 'optimizer.text', 'sgd(lr: 0.2, momentum: 0.9, weight_decay: 0)'],
    ['margin.m=0.3 rad', 'margin.text', 'arcface(m: 0.3 rad, scale: 64)'],
    ['backbone.embedding=32', 'backbone.embedding', 32],
    ['dataset.holdout=2', 'dataset.holdout', 2],
    ['dataset.format=synthetic', 'dataset.format', 'synthetic'],
    ['machine.devices=4', 'machine.devicesPerNode', 4],
    ['machine.links.within=pcie(16 GB/s)', 'machine.within.technology', 'pcie'],
    ['centers.sample_rate=30%', 'centers.sampleRate', 0.3],
    ['evaluate.sets=[holdout]', 'evaluate.sets', ['holdout']],
    [
      'evaluate.sets=["a.bin", pairs("lfw/pairs.txt", root: "lfw"), pairs("b.csv")]',
      'evaluate.sets',
      [
        'a.bin',
        {
          name: 'pairs',
          protocol: 'pairs',
          list: { path: 'lfw/pairs.txt', pending: undefined },
          root: { path: 'lfw', pending: undefined },
        },
        {
          name: 'pairs',
          protocol: 'pairs',
          list: { path: 'b.csv', pending: undefined },
          root: { path: '', pending: undefined },
        },
      ],
    ],
    [
      'evaluate.sets=[ijbc(root: "ijb")]',
      'evaluate.sets',
      [
        {
          name: 'ijbc',
          protocol: 'ijbc',
          list: { path: '', pending: undefined },
          root: { path: 'ijb', pending: undefined },
        },
      ],
    ],
    ['evaluate.sets=[ijbb("ijb")]', 'evaluate.sets.0.protocol', 'ijbb'],
    ['train.schedule=polynomial(power: 2)', 'schedule.name', 'polynomial'],
  ])('%s', (setting, path, value) => {
    expect(resolved('', [setting])).toHaveProperty(path, value)
  })

  it('applies to a data set folder', () => {
    const { dataset } = resolved('  dataset = folder(root: "here", holdout: 3)', ['dataset.root="../there"'])
    expect(dataset).toMatchObject({ root: { path: '../there', pending: undefined }, holdout: 3 })
  })

  it('goes as deep as the objects do', () => {
    const settings = ['machine.device.flops.f32=1 TFLOP/s', 'machine.device.memory=2 GiB']
    const { experiment } = resolveBody('', '', { settings, check: false })
    expect(experiment?.machine.device).toMatchObject({ flops: { f32: 1e12 }, memory: 2 ** 31 })
    expect(experiment?.resolved.filter(({ path }) => path.startsWith('machine.')).map(({ text }) => text)).toEqual([
      'cpu_device(memory: 2 GiB)',
      '1 TFLOP/s',
    ])
  })

  it.each([
    ['train.bach=8 per device', 'ARC4204 path: train.bach'],
    ['train.optimizer.momentun=0.5', 'ARC4204 path: momentun'],
    ['backbone.depth=[1]', 'ARC4204 path: depth'],
    ['train.seed.low=3', 'ARC4204 path: low'],
    ['margin.m=2 rad', 'ARC4213 owner: arcface, condition: m >= 0 rad and m < 90 deg'],
    ['train.optimizer.lr=-1', 'ARC4020 path: sgd.lr, bounds: at least 0, found: -1'],
    ['machine.device.memory=0 B', 'ARC4020 path: cpu_device.memory, bounds: above 0 B, found: 0 B'],
  ])('%s is a mistake', (setting, message) => {
    expect(mistakes('', undefined, { settings: [setting], check: false })).toEqual([message])
  })
})

describe('which experiment', () => {
  const several = experimentText()

  it('is listed with its documentation', () => {
    const { program } = resolveText(`/// The first.\n${'experiment a { }'}\nexperiment b { }\n`, { check: false })
    expect(listExperiments(program).map(({ name, doc }) => [name, doc])).toEqual([
      ['a', 'The first.'],
      ['b', undefined],
    ])
  })

  it('must be said where there are several', () => {
    const { diagnostics } = resolveText(several)
    expect(brief(diagnostics)).toEqual(['ARC4201 14:12 names: [base, run]'])
    expect(diagnostics[0]?.related.map(({ span }) => showPlace(span))).toEqual(['test.arc:7:12'])
    expect(diagnostics[0]?.notes.join()).toContain('arcc run test.arc base')
  })

  it('must exist', () => {
    expect(brief(resolveText(several, { name: 'runn' }).diagnostics)).toEqual(['ARC4203 7:12 name: runn'])
    expect(brief(resolveText('let a = 1\n', { check: false }).diagnostics)).toEqual(['ARC4202 1:1'])
  })
})

describe('across fields', () => {
  const five = `backbone five(embedding: int = 8) on Image(112, 112, 5) -> Vector(embedding) {
  input |> flatten |> linear(embedding)
}`
  const wrong: readonly (readonly [body: string, message: string, declarations?: string])[] = [
    ['  train { steps = 100, epochs = 2 }', 'ARC4208'],
    ['  train.batch = 31 global', 'ARC4209 count: 31, devices: 2'],
    ['  train.precision = bf16\n  machine = dgx_v100', 'ARC4212 precision: bf16, device: NVIDIA V100 SXM2 32 GB'],
    ['  evaluate.sets = [holdout]\n  dataset.holdout = 0', 'ARC4214'],
    ['  evaluate.sets = [holdout, lfw]', 'ARC4226 sets: [lfw], dataset: synthetic'],
    ['  evaluate.sets = [pairs("")]', 'ARC4280 set: pairs, field: list, protocol: pairs'],
    ['  evaluate.sets = [ijbb("")]', 'ARC4280 set: ijbb, field: root, protocol: ijbb'],
    ['  backbone = five', 'ARC4227 channels: 5', five],
    ['  train.accumulate = 3', 'ARC4225 count: 4, parts: 3'],
    ['  train { accumulate = 2, batch = auto }', 'ARC4224'],
    ['  centers.chunk = 2.5 rows', 'ARC4218 rows: 2.5'],
    ['  centers.chunk = 0 rows', 'ARC4020 path: centers.chunk, bounds: at least 1 rows, found: 0 rows'],
    ['  centers.state = int8\n  train.optimizer = adamw(lr: 0.1)', 'ARC4219 optimizer: adamw, states: [first, second]'],
    ['  evaluate.pairs = 61', 'ARC4216 pairs: 61'],
    ['  centers.sample_rate = -1%', 'ARC4020 path: centers.sample_rate, bounds: in [0, 1], found: -0.01'],
    ['  centers.sample_rate = 120%', 'ARC4020 path: centers.sample_rate, bounds: in [0, 1], found: 120%, which is 1.2'],
    ['  margin = arcface(m: 28.6 rad)', 'ARC4213 owner: arcface, condition: m >= 0 rad and m < 90 deg'],
    [
      '  machine = lonely',
      'ARC4210 machine: lonely, nodes: 2',
      `machine lonely {
  nodes = 2, devices_per_node = 1, device = v100_sxm2_32gb
  links { within = pcie(16 GB/s) }
}`,
    ],
    ['  dataset = lost', 'ARC4211 format: folder, field: root', 'dataset lost { format = folder }'],
    [
      '  dataset = few',
      'ARC4211 format: synthetic, field: per_identity',
      'dataset few { format = synthetic, identities = 5 }',
    ],
    ['  dataset = mixed([])', 'ARC4250'],
    ['  dataset = mixed([mixed([folder(root: "a")])])', 'ARC4251 name: mixed'],
    ['  dataset = mixed([folder(root: "a", holdout: 5)])', 'ARC4252 name: folder, holdout: 5'],
    [
      '  dataset = mixed([folder(root: "a"), recordio(root: "b")], classes: by_name)',
      'ARC4253 name: recordio, format: recordio',
    ],
    ['  dataset = mixed([folder(root: "a")], weights: [1, 2])', 'ARC4254 weights: 2, sets: 1'],
    ['  dataset = mixed([folder(root: "a")], weights: [0])', 'ARC4255 weight: 0'],
  ]
  it.each(wrong.map(([body, message, declarations]) => ({ body, message, declarations })))(
    '$body',
    ({ body, message, declarations }) => {
      expect(mistakes(body, declarations)).toEqual([message])
    },
  )

  it('finds several mistakes at once', () => {
    const found = mistakes('  centers.std = -1\n  train.clip = 0\n  margin = arcface(m: 100 deg)', undefined)
    expect(found.map((line) => line.slice(0, 7)).toSorted()).toEqual(['ARC4020', 'ARC4020', 'ARC4213'])
  })

  it('says what a margin in radians would have been in degrees', () => {
    const { diagnostics } = resolveBody('  margin = arcface(m: 28.6 rad)')
    expect(diagnostics[0]?.related.map(({ span }) => showPlace(span))).toEqual(['std/margins.arc:5:11'])
    expect(diagnostics[0]?.notes.join()).toMatch(/28\.6 rad.*28\.6 deg.*0\.499 rad/)
  })
})

describe('the length of a run', () => {
  it('by `--set` takes the place of the other measure in the file', () => {
    const { experiment, diagnostics } = resolveText(experimentText(''), { name: 'base', settings: ['train.steps=7'] })
    expect(diagnostics).toEqual([])
    expect([experiment?.train.steps, experiment?.train.epochs]).toEqual([7, undefined])
    expect(experiment?.resolved.map((field) => field.path)).not.toContain('train.epochs')
  })

  it('is said once in the file, and once in the settings', () => {
    const both = resolveText(experimentText(''), { name: 'base', settings: ['train.steps=7', 'train.epochs=2'] })
    expect(both.diagnostics.map((d) => d.code)).toEqual(['ARC4208'])
  })
})
