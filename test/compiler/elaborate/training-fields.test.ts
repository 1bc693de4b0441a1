/** Fields of `train`, `centers`, `checkpoint` and `log`: values in files and by `--set`, and mistakes across fields. */
import { describe, expect, it } from 'vitest'
import { saidBy } from '../../helpers/facts.ts'
import { resolveBody } from '../../helpers/resolve.ts'

describe('train.watchdog', () => {
  it.each([
    ['never', 'never'],
    ['20 min', 1200],
  ])('accepts %s in a file and in --set', (text, value) => {
    expect(resolveBody(`  train.watchdog = ${text}`).experiment?.train.watchdog).toBe(value)
    expect(resolveBody('', '', { settings: [`train.watchdog=${text}`] }).experiment?.train.watchdog).toBe(value)
  })
})

const said = (body: string, settings: readonly string[] = [], declarations = '') =>
  resolveBody(body, declarations, { settings }).diagnostics

describe('a field of an optional object that is not set', () => {
  it.each(['--set', 'file'])('cannot be changed (%s)', (where) => {
    const text = 'centers.optimizer.lr = 0.9'
    const [mistake, ...more] = where === 'file' ? said(`  ${text}`) : said('', [text])
    expect(more).toEqual([])
    expect(mistake?.code).toBe('ARC4234')
    expect(mistake?.params).toEqual({ path: 'centers.optimizer', field: 'lr' })
    expect(mistake?.notes.join('\n')).toContain('set all of it first: `centers.optimizer = …`')
    expect(mistake?.notes.join('\n')).toContain('sgd(lr: 0.1)')
  })

  it('can be changed where it is set', () => {
    const { experiment } = resolveBody('  centers.optimizer = sgd(lr: 1)', '', {
      settings: ['centers.optimizer.lr=0.9'],
    })
    expect(experiment?.centersOptimizer.lr).toBe(0.9)
  })
})

describe('the length of a run', () => {
  const lengths = (body: string, settings: readonly string[] = []) => {
    const { experiment, diagnostics } = resolveBody(body, '', { settings })
    expect(saidBy(diagnostics)).toEqual([])
    const { epochs, steps } = experiment?.train ?? {}
    return { epochs, steps, shown: experiment?.resolved.map(({ path }) => path).filter((p) => /epochs|steps/.test(p)) }
  }

  it('is the one that an experiment sets, whichever its base sets', () => {
    expect(lengths('  train.steps = 7')).toEqual({ epochs: undefined, steps: 7, shown: ['train.steps'] })
    expect(lengths('  train.steps = 7', ['train.epochs=3'])).toMatchObject({ epochs: 3, steps: undefined })
    expect(lengths('  train { steps = none }')).toMatchObject({ epochs: 2, steps: undefined })
  })

  it('cannot be set in both ways at one place', () => {
    expect(saidBy(resolveBody('  train { steps = 7, epochs = 3 }').diagnostics)).toEqual(['ARC4208'])
    const both = resolveBody('', '', { settings: ['train.steps=7', 'train.epochs=3'] })
    expect(saidBy(both.diagnostics)).toEqual(['ARC4208'])
  })

  it('ends the sweep of a base over the other one', () => {
    const declarations = (body: string) => `experiment swept extends base { sweep.train.epochs = [1, 2] }
experiment last extends swept { ${body} }`
    const said = (body: string) => saidBy(resolveBody('', declarations(body), { name: 'last' }).diagnostics)
    expect(said('train.steps = 7')).toEqual([])
    expect(said('train.steps = none')).toEqual(['ARC4223 name: last, count: 2'])
  })
})

describe('none', () => {
  it('removes the value of an optional field in a file, in an extending experiment and in --set', () => {
    const set = '  train { clip = 5, workers = 2, average = ema(), start = weights("a.pt"), watchdog = 1 min }'
    const names = ['clip', 'workers', 'average', 'start', 'watchdog']
    const { experiment, diagnostics } = resolveBody(set, '', { settings: names.map((name) => `train.${name}=none`) })
    expect(saidBy(diagnostics)).toEqual([])
    expect(experiment?.train).toMatchObject({
      clip: undefined,
      workers: undefined,
      average: undefined,
      watchdog: undefined,
    })
    expect(experiment?.startFrom).toBeUndefined()
    expect(experiment?.resolved.filter(({ path }) => names.includes(path.replace('train.', '')))).toEqual([])
    const chosen = resolveBody(
      '  train { epochs = none, steps = 7, clip = if 1 < 2 then none else 5 }\n  evaluate.every = none',
    )
    expect(saidBy(chosen.diagnostics)).toEqual([])
    expect(chosen.experiment?.train).toMatchObject({ epochs: undefined, steps: 7, clip: undefined })
  })

  it('is allowed as a value of a sweep', () => {
    const { experiment, diagnostics } = resolveBody('  sweep.train.clip = [none, 5]', '', {
      name: 'run[clip=none]',
    })
    expect(saidBy(diagnostics)).toEqual([])
    expect(experiment?.name).toBe('run[clip=none]')
    expect(experiment?.train.clip).toBeUndefined()
  })

  it('removes a value inside an object, and an argument', () => {
    const declarations = 'dataset faces(count: int? = 50) { format = synthetic, per_identity = 4, identities = count }'
    const run = (body: string) => resolveBody(`  dataset = faces\n${body}`, declarations)
    const { diagnostics, experiment } = run('  machine = dgx_a100(nodes: 1)\n  machine.links.between = none')
    expect(saidBy(diagnostics)).toEqual([])
    expect(experiment?.machine.between).toBeUndefined()
    const missing = ['ARC4211 format: synthetic, field: identities']
    expect(saidBy(run('  dataset.count = none').diagnostics)).toEqual(missing)
    expect(saidBy(run('  dataset.identities = none').diagnostics)).toEqual(missing)
  })

  it('is refused for other fields', () => {
    expect(said('  train.batch = none').map(({ code }) => code)).toEqual(['ARC3007'])
    expect(said('  train.seed = none').map(({ code }) => code)).toEqual(['ARC2006'])
    expect(said('  centers.optimizer = none\n  centers.optimizer.lr = 1').map(({ code }) => code)).toEqual(['ARC4234'])
  })
})

/** Codes of mistakes and warnings in the order of places, and the first note of each. */
const codes = (body: string, settings: readonly string[] = [], declarations = '') =>
  said(body, settings, declarations).map(({ code, severity }) => (severity === 'error' ? code : `${code} ${severity}`))

describe('checkpoint.best', () => {
  it.each([
    ['sets = [holdout]', 'holdout', []],
    ['sets = [holdout]', '"holdout"', ['ARC3292 warning']],
    ['sets = ["a/b.bin"]', '"a/b.bin"', []],
    ['sets = [pairs("lfw/my.pairs.txt", root: "lfw")]', '"my.pairs"', []],
    ['sets = [pairs("{env("W")}/p.txt", root: "lfw")]', '"x"', []],
    ['sets = [ijbb(root: "ijb"), ijbc(root: "ijb")]', '"ijbc"', []],
    ['sets = [ijbc(root: "{env("W")}")]', '"ijbb"', ['ARC4235']],
    ['sets = ["{env("W")}.bin"]', '"x"', []],
    ['sets = [holdout]', 'lfw', ['ARC4235']],
    ['sets = [holdout]', '"hold"', ['ARC4235']],
    ['sets = []', 'holdout', ['ARC4304 warning', 'ARC4235']],
    ['sets = [pairs("lfw/pairs.txt", root: "lfw")]', '"lfw/pairs.txt"', ['ARC4235']],
  ])('with the sets %s and the value %s', (sets, best, expected) => {
    const body = `  evaluate { ${sets}, every = 5 steps }\n  checkpoint.best = ${best}`
    expect(codes(body)).toEqual(expected)
  })

  it('is stored as the name of the set', () => {
    const { experiment } = resolveBody('  evaluate.sets = [holdout]\n  checkpoint.best = holdout')
    expect(experiment?.checkpoint.best).toBe('holdout')
  })
})

describe('the names of verification sets', () => {
  it.each([
    ['pairs("lfw/pairs.txt"), pairs("cplfw/pairs.csv")', ['ARC4300']],
    ['holdout, pairs("holdout.txt")', ['ARC4300']],
    ['ijbb(root: "ijb"), ijbb(root: "other")', ['ARC4300']],
    ['pairs("lfw/pairs.txt"), pairs("lfw/pairs.txt")', ['ARC4287 warning']],
    ['holdout, holdout', ['ARC4287 warning']],
    ['pairs("lfw/pairs.txt"), pairs("{env("W")}/pairs.txt")', []],
    ['"a/pairs.bin", pairs("a/pairs.txt")', []],
  ])('%s', (sets, expected) => {
    expect(codes(`  evaluate.sets = [${sets}]`)).toEqual(expected)
  })
})

describe('train.start', () => {
  const mine = 'start mine(from: string) { path = from, fresh_centers = true, classes = "c.csv" }'

  it.each<readonly [string, readonly string[]]>([
    ['weights("")', ['ARC4236']],
    ['weights("{env("W")}")', []],
    ['weights("a.pt", fresh_centers: true)', []],
    ['weights("a.pt", fresh_centers: true, classes: "c.csv")', ['ARC4237']],
    ['weights("a.pt", fresh_centers: true, centers: env("C"))', ['ARC4237']],
    ['mine(from: "a.pt")', ['ARC4237']],
    ['weights("a.pt", keep_optimizer: true)', []],
    ['weights("a.pt", keep_optimizer: true, except: ["fc"])', ['ARC4237']],
    ['weights("a.pt", keep_optimizer: true, centers: "b.pt")', ['ARC4237']],
    ['weights("a.pt", keep_optimizer: true, fresh_centers: true)', ['ARC4237']],
    ['weights("a.pt", except: ["fc", "bn2.running_mean", "layer1.0.conv1"])', []],
    ['weights("a.pt", except: ["layr1"])', ['ARC4238 warning']],
  ])('%s', (start, expected) => expect(codes(`  train.start = ${start}`, [], mine)).toEqual(expected))

  it.each<readonly [string, readonly string[]]>([
    ['optimizer = adamw(lr: 0.1)', ['ARC4239']],
    ['optimizer = adamw(lr: 0.1), precision = f16', ['ARC4239']],
    ['optimizer = sgd(lr: 0.1)', []],
  ])('refuses to keep the state of an optimizer that uses the step number (%s)', (train, expected) =>
    expect(codes(`  train { start = weights("a", keep_optimizer: true), ${train} }`)).toEqual(expected),
  )

  it('with f16 keeps the number of updates of the backbone, because loss scaling counts them', () => {
    const train = 'train { start = weights("a", keep_optimizer: true), optimizer = adamw(lr: 0.1), precision = f16 }'
    expect(codes(`  ${train}\n  centers.optimizer = sgd(lr: 0.1)`)).toEqual([])
    expect(codes(`  ${train.replace('f16', 'f32')}\n  centers.optimizer = sgd(lr: 0.1)`)).toEqual(['ARC4239'])
    const other = 'train.start = weights("a", keep_optimizer: true)'
    expect(codes(`  ${other}\n  centers.optimizer = adamw(lr: 0.1)`)).toEqual(['ARC4239'])
  })

  it('is expected if parts are frozen', () => {
    expect(codes('  train.freeze = ["conv1"]')).toEqual(['ARC4246 warning'])
    expect(codes('  train { freeze = ["conv1"], start = weights("a.pt") }')).toEqual([])
  })
})

describe('milestones', () => {
  it.each<readonly [string, readonly string[]]>([
    ['schedule = multistep([])', ['ARC4213']],
    ['schedule = multistep([1 epochs])', []],
    ['schedule = multistep([1 epochs, 2 epochs])', ['ARC4247 warning']],
    ['schedule = multistep([1 epochs, 500 steps])', []],
    ['epochs = none, steps = 100, schedule = multistep([1 epochs, 500 steps, 600 steps])', ['ARC4247 warning']],
  ])('%s', (train, expected) => expect(codes(`  train { ${train} }`)).toEqual(expected))

  it('may be after the end of a trial run', () => {
    expect(codes('  train.schedule = multistep([1 epochs])', ['train.epochs=1'])).toEqual([])
  })
})
