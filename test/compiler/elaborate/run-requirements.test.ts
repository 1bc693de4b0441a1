/** `require` on figures of the run. */
import { expect, it } from 'vitest'
import { saidBy } from '../../helpers/facts.ts'
import { resolveBody } from '../../helpers/resolve.ts'

const run = (body: string) => resolveBody(`  evaluate.sets = [holdout]\n${body}`)
const said = (body: string) => saidBy(run(body).diagnostics)

it('bounds the loss, the speed and the accuracy on a verification set', () => {
  const { experiment, diagnostics } = run(`  let least = 97%
  require memory.peak < 3 GiB
  require run.loss < 5
  require run.samples_per_second > 1000 samples/s
  require verification.holdout.accuracy >= least`)
  expect(saidBy(diagnostics)).toEqual([])
  expect(experiment?.requires.map(({ quantity }) => quantity)).toEqual(['memory.peak'])
  const required = experiment?.runRequires.map(({ figure, set, operator, bound }) => [figure, set, operator, bound])
  expect(required).toEqual([
    ['run.loss', undefined, '<', 5],
    ['run.samples_per_second', undefined, '>', 1000],
    ['verification.holdout.accuracy', 'holdout', '>=', 0.97],
  ])
})

it.each([
  ['  require verification.hold_out.accuracy > 97%', 'ARC4282 set: hold_out'],
  ['  require verification.lfw.accuracy > 97%', 'ARC4282 set: lfw'],
  ['  require verification.holdout.accuracy > 97', 'ARC4283 found: 97'],
  ['  require verification.holdout.acuracy > 97%', 'ARC3213 name: verification.holdout.acuracy'],
  ['  require run.los < 5', 'ARC3213 name: run.los'],
  ['  require 5 > run.loss', 'ARC3212 found: the other way round'],
  ['  require run.loss == 5', 'ARC3212 found: with `==`'],
  [
    '  require run.loss < 5 GiB',
    'ARC3003 place: the bound of `run.loss` must be, expected: a plain number, found: bytes',
  ],
])('%s', (body, message) => {
  expect(said(body)).toEqual([message])
})
