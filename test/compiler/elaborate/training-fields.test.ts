/** Fields of `train`, `centers`, `checkpoint` and `log`: values in files and by `--set`, and mistakes across fields. */
import { describe, expect, it } from 'vitest'
import { saidBy } from '../../helpers/facts.ts'
import { resolveBody } from '../../helpers/resolve.ts'

describe('train.watchdog', () => {
  it.each([
    ['never', 'never'],
    ['20 min', 1200],
  ])('takes %s, in a file and by --set', (text, value) => {
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

describe('none', () => {
  it('takes the value of an optional field away, in a file, in one that extends it and by --set', () => {
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

  it('is a value of a sweep', () => {
    const { experiment, diagnostics } = resolveBody('  sweep.train.clip = [none, 5]', '', {
      name: 'run[clip=none]',
    })
    expect(saidBy(diagnostics)).toEqual([])
    expect(experiment?.name).toBe('run[clip=none]')
    expect(experiment?.train.clip).toBeUndefined()
  })

  it('is no value of other fields', () => {
    expect(said('  train.batch = none').map(({ code }) => code)).toEqual(['ARC3007'])
    expect(said('  train.seed = none').map(({ code }) => code)).toEqual(['ARC2006'])
    expect(said('  centers.optimizer = none\n  centers.optimizer.lr = 1').map(({ code }) => code)).toEqual(['ARC4234'])
  })
})
