/** `let recipe = train { … }`, and `train = recipe` in experiments. */
import { describe, expect, it } from 'vitest'
import { saidBy } from '../../helpers/facts.ts'
import { resolveBody } from '../../helpers/resolve.ts'

const declarations = `let recipe = train {
  batch = 16 global, precision = bf16
  optimizer = sgd(lr: 0.1 * train.batch / 16, momentum: 0.5)
}
let clipped = train { clip = 2, optimizer.weight_decay = 1e-4 }
let rows = centers { placement = replicate }`
const run = (body: string, more = '', settings: readonly string[] = []) =>
  resolveBody(body, `${declarations}\n${more}`, { settings })
const said = (body: string, more = '', settings: readonly string[] = []) =>
  saidBy(run(body, more, settings).diagnostics)

describe('a shared section', () => {
  it('sets its fields; the following entries, and other sections, change them', () => {
    const { experiment, diagnostics } = run(`  train = recipe
  train = clipped
  train.optimizer.momentum = 0.8
  train { batch = 32 global }
  centers = rows`)
    expect(saidBy(diagnostics)).toEqual([])
    expect(experiment?.train).toMatchObject({ batch: { count: 32 }, precision: 'bf16', clip: 2, epochs: 2 })
    expect(experiment?.optimizer.text).toBe('sgd(lr: 0.2, momentum: 0.8, weight_decay: 0.0001)')
    expect(experiment?.centers.placement).toBe('replicate')
  })

  it('is used by --set, and may be that of another file', () => {
    const { experiment, diagnostics } = run('', '', ['train=recipe', 'train.clip=7'])
    expect(saidBy(diagnostics)).toEqual([])
    expect(experiment?.train).toMatchObject({ precision: 'bf16', clip: 7 })
    const files = { 'recipes.arc': 'let slow = 0.01\nlet low = train { optimizer = sgd(lr: slow) }' }
    const other = resolveBody('  train = r.low', 'use recipes as r', { files })
    expect(saidBy(other.diagnostics)).toEqual([])
    expect(other.experiment?.optimizer.lr).toBe(0.01)
  })

  it('may set the length of the run in another way', () => {
    const more = 'let long = train { epochs = 9 }\nlet short = train { steps = 3 }'
    const length = (body: string) => {
      const { experiment, diagnostics } = run(body, more)
      expect(saidBy(diagnostics)).toEqual([])
      return [experiment?.train.epochs, experiment?.train.steps]
    }
    expect(length('  train = short')).toEqual([undefined, 3])
    expect(length('  train = long\n  train.steps = 5')).toEqual([undefined, 5])
    expect(length('  train = short\n  train = long')).toEqual([9, undefined])
  })

  it('can be a sweep', () => {
    const grid = 'let grid = sweep { train.seed = [1, 2], centers { std = [0.1] } }'
    expect(said('  sweep = grid', grid)).toEqual(['ARC4223 name: run, count: 2'])
  })

  it('stands before the entries that change it, in its own section', () => {
    expect(said('  train.clip = 3\n  train = recipe')).toEqual(['ARC3276 name: train, path: train.clip'])
    expect(said('  centers = recipe')).toEqual(['ARC3275 name: recipe, section: train'])
    expect(said('  train = 3')).toEqual(['ARC3205 name: train'])
    expect(said('  train.clip = recipe')).toEqual([
      'ARC3001 place: `train.clip` takes, expected: a plain number, found: a section `train`',
    ])
  })

  it('is checked where it is declared', () => {
    expect(said('', 'let bad = train { bacth = 3 }')).toEqual([
      'ARC3201 owner: section `train`, what: field, name: bacth',
    ])
    expect(said('', 'let bad = train { batch = 3 }')).toEqual([
      'ARC3002 place: `train.batch` takes, expected: a batch size or `auto`',
    ])
    expect(said('', 'let bad = links { within = 3 }')).toEqual(['ARC3277 name: links'])
    expect(said('', 'let bad = train { require memory.peak < 3 GiB }')).toEqual([
      'ARC3217 what: a requirement, section: train',
    ])
    expect(said('', 'let bad = train { batch = 1 global, batch = 2 global }')).toEqual(['ARC3203 path: train.batch'])
  })
})
