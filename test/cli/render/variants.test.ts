/** Tables of plans: common figures are omitted, and exact figures take precedence over the ledger. */
import { expect, test } from 'vitest'
import { documentLook } from '../../../cli/render/look.ts'
import { renderVariants, type Variant } from '../../../cli/render/variants.ts'
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import { glintPlan } from './plan-fixture.ts'

const exact = (total: number): NonNullable<PlanDocument['exact']> => ({
  target: 'a V100',
  arguments: 0,
  outputs: 0,
  alias: 0,
  temporaries: 0,
  generatedCode: 0,
  peak: 0,
  allocated: total,
  reserve: 0,
  total,
  fits: total <= glintPlan.memory.capacity,
  compileSeconds: 1,
})

const named = (name: string, more: Partial<PlanDocument> = {}): Variant => ({
  name,
  plan: { ...glintPlan, experiment: { ...glintPlan.experiment, name }, ...more },
  errors: [],
})

const titles = (plans: readonly Variant[]) => renderVariants(plans, documentLook)[0]?.trim().split(/ {2,}/)

test('columns with equal values are omitted', () => {
  const plans = [named('a'), named('b', { centers: { ...glintPlan.centers, classes: 5 } })]
  expect(titles(plans)).toEqual(['experiment', 'classes', 'memory', 'used', 'step', 'images/s', 'bound by'])
})

test('exact figures take precedence over the ledger, for the plans that have them', () => {
  const plans = [
    named('a', { exact: exact(glintPlan.memory.capacity / 4) }),
    named('b', { exact: exact(2 ** 36) }),
    named('c'),
  ]
  expect(titles(plans)).toContain('by XLA')
  const [, a, b, c, , verdict] = renderVariants(plans, documentLook)
  expect(a).toMatch(/GiB +25 %/)
  expect(b).toMatch(/64\.0 GiB +too large/)
  expect(c).not.toMatch(/too large/)
  expect(verdict).toBe('2 of 3 plans fit')
})

test('a variant that failed has its row, with the codes of its errors', () => {
  const lost: Variant = { name: 'b', plan: undefined, errors: ['ARC4212'] }
  const broken = { ...named('c'), errors: ['ARC5003'] }
  expect(renderVariants([named('a'), lost, broken], documentLook).join('\n')).toMatchInlineSnapshot(`
    "experiment    memory  used    step  images/s  bound by  error
    a           11.2 GiB  36 %  241 ms     4,245  compute
    b                  -     -       -         -  -         ARC4212
    c           11.2 GiB  36 %  241 ms     4,245  compute   ARC5003

    2 of 3 plans fit, 2 have errors"
  `)
})

test('where every variant failed, there are no columns of figures', () => {
  const lost = (name: string): Variant => ({ name, plan: undefined, errors: ['ARC4020', 'ARC4212'] })
  expect(renderVariants([lost('a'), lost('b')], documentLook)).toEqual([
    'experiment  error',
    'a           ARC4020 ARC4212',
    'b           ARC4020 ARC4212',
    '',
    '0 of 2 plans fit, 2 have errors',
  ])
})
