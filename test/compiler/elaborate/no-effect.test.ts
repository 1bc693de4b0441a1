/** Fields and learning rates that change nothing, and angles in the wrong unit: warnings, and what is none. */
import { describe, expect, it } from 'vitest'
import { textOf } from '../../../grammar/source.ts'
import { resolveBody } from '../../helpers/resolve.ts'

/** Codes of what is reported, each with the text at its place. */
const said = (body: string, declarations = '', settings: readonly string[] = []) =>
  resolveBody(body, declarations, { settings }).diagnostics.map(({ code, span }) => `${code} ${textOf(span)}`)

const stateless =
  'optimizer plain(lr: float) { update(weight, gradient, rate) = { weight = weight - rate * gradient } }'

describe('a field without effect', () => {
  it.each([
    ['checkpoint { keep = 5 }', ['ARC4305 keep = 5']],
    ['checkpoint { keep = 5, every = 9 steps }', []],
    ['checkpoint { keep = 5, best = holdout }\n  evaluate { sets = [holdout], every = 9 steps }', []],
    ['checkpoint.best = holdout\n  evaluate.sets = [holdout]', ['ARC4305 checkpoint.best = holdout']],
    ['checkpoint { every = 9 steps, best = holdout }\n  evaluate.sets = [holdout]', ['ARC4305 best = holdout']],
    ['evaluate.every = 9 steps', ['ARC4304 evaluate.every = 9 steps']],
    ['evaluate { every = 9 steps, sets = [holdout] }', []],
    ['centers.update = dense', ['ARC4305 centers.update = dense']],
    ['centers.update = sparse', []],
    ['centers { update = dense, sample_rate = 50% }', []],
    ['centers { update = dense, sample_rate = 100% }', []],
    ['centers { state = bf16, optimizer = plain(lr: 1) }', ['ARC4305 state = bf16']],
    ['centers.state = bf16', []],
    ['train.decay = matrices', ['ARC4305 train.decay = matrices']],
    ['train { decay = matrices, optimizer = sgd(lr: 1, weight_decay: 1e-4) }', []],
    ['train.average = ema(decay: 0)', ['ARC4305 train.average = ema(decay: 0)']],
    ['train.average = ema()', []],
    ['train.start = weights("a.pt", new_centers: random, pictures: 4)', ['ARC4305 4']],
    ['train.start = weights("a.pt", pictures: 4)', []],
  ])('%s', (body, expected) => {
    expect(said(`  ${body}`, stateless)).toEqual(expected)
  })

  it('is no mistake of a trial', () => {
    expect(said('  evaluate { sets = [holdout], every = 9 steps }', '', ['evaluate.sets=[]'])).toEqual([])
    expect(said('  evaluate { sets = [holdout], pairs = 20 }', '', ['evaluate.sets=[]'])).toEqual([])
    expect(said('', '', ['checkpoint.keep=5'])).toEqual([])
    expect(said('  evaluate.every = 9 steps', '', ['evaluate.sets=[holdout]'])).toEqual([])
  })
})

describe('a weight decay above 1', () => {
  const frozen = 'train { freeze = ["*"], start = weights("a.pt"), optimizer = sgd(lr: 0.1, weight_decay: 1e4) }'

  it.each([
    ['train.optimizer = sgd(lr: 0.1, weight_decay: 1e4)', ['ARC4311 1e4']],
    ['train.optimizer = sgd(lr: 1e-5, weight_decay: 1e4)', []],
    ['centers.optimizer = sgd(lr: 0.1, weight_decay: 1e4)', ['ARC4311 1e4']],
    [`  ${frozen}`, ['ARC4311 1e4']],
    [`  ${frozen}\n  centers.optimizer = sgd(lr: 0.1)`, []],
  ])('%s', (body, expected) => {
    expect(said(`  ${body}`)).toEqual(expected)
  })
})

const still = 'schedule still { factor() = 0 }'
const late = 'schedule late { factor(step, total) = if step < total - 9 then 0 else 1 }'
const fixed = 'schedule fixed { factor(step) = if step < 70000 then 0 else 1 }'

describe('a learning rate of 0', () => {
  it.each([
    ['train.optimizer = sgd(lr: 0)', ['ARC4306 0']],
    ['train.optimizer.lr = 0', ['ARC4306 0']],
    ['train.optimizer = sgd(lr: 0.1 - 0.1)', ['ARC4306 0.1 - 0.1']],
    ['train.optimizer = sgd(lr: 1e-9)', []],
    ['centers.optimizer = sgd(lr: 0)', ['ARC4306 0']],
    ['train { optimizer = sgd(lr: 0), epochs = 0 }', []],
    ['train { optimizer = sgd(lr: 0), freeze = ["*"], start = weights("a.pt") }', ['ARC4306 0']],
    ['train { optimizer = sgd(lr: 0), freeze = ["*"], start = weights("a.pt") }\n  centers.optimizer = sgd(lr: 1)', []],
    ['train.schedule = still', ['ARC4306 still']],
    ['train.schedule = late', []],
    ['train.schedule = fixed', []],
    ['train.schedule = polynomial(warmup: 2 epochs)', []],
  ])('%s', (body, expected) => {
    expect(said(`  ${body}`, `${still}\n${late}\n${fixed}`)).toEqual(expected)
  })
})

const own = 'margin own(m: angle, n: angle = 2 deg) { target(cos) = cos(acos(cos) + m + n) }'

describe('an angle of a margin', () => {
  it.each([
    ['arcface(m: 0.5 deg)', '0.5 rad'],
    ['arcface(m: 0.35deg)', '0.35 rad'],
    ['arcface(m: 17 deg)', undefined],
    ['arcface(m: 1 deg)', undefined],
    ['arcface(m: 0 deg)', undefined],
    ['arcface(m: 0.009 rad)', undefined],
    ['combined(m1: 1, m2: 0.3 deg, m3: 0.1)', '0.3 rad'],
    ['magface(low: 0.45 deg, high: 0.8 rad)', '0.45 rad'],
    ['elastic_arcface(m: 0.5 rad, spread: 0.0125 deg)', '0.0125 rad'],
    ['elastic_arcface(m: 0.5 rad, spread: 0.7 deg)', undefined],
    ['arcface(m: 0.5 deg) |> interclass_filter(threshold: 0.4)', '0.5 rad'],
    ['own(m: 28.6 rad)', '28.6 deg'],
    ['own(m: 100 deg)', undefined],
    ['own(m: 30 deg, n: 0.1 deg)', undefined],
    ['own(m: 30 deg, n: 0.03 deg)', '0.03 rad'],
    ['own(m: 180 deg)', undefined],
  ])('%s', (margin, meant) => {
    const { diagnostics } = resolveBody(`  margin = ${margin}`, own)
    expect(diagnostics.map(({ code, fix }) => [code, fix?.replacement])).toEqual(
      meant === undefined ? [] : [['ARC4307', meant]],
    )
  })

  it.each([
    ['margin.m = 0.5 deg', '0.5 deg'],
    ['margin = arcface(m: half)', 'half'],
    ['margin = arcface(m: 0.25 deg + 0.25 deg)', '0.25 deg + 0.25 deg'],
  ])('is found in %s', (body, at) => {
    expect(said(`  ${body}`, 'let half = 0.5 deg')).toEqual([`ARC4307 ${at}`])
  })
})
