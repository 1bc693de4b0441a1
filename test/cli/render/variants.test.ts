/** Plans side by side: what all have in common is left out, and what XLA says overrules the ledger. */
import { expect, test } from 'vitest'
import { documentLook } from '../../../cli/render/look.ts'
import { renderVariants } from '../../../cli/render/variants.ts'
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

const named = (name: string, more: Partial<PlanDocument> = {}): PlanDocument => ({
  ...glintPlan,
  experiment: { ...glintPlan.experiment, name },
  ...more,
})

const titles = (plans: readonly PlanDocument[]) => renderVariants(plans, documentLook)[0]?.trim().split(/ {2,}/)

test('columns in which all are alike are left out', () => {
  const plans = [named('a'), named('b', { centers: { ...glintPlan.centers, classes: 5 } })]
  expect(titles(plans)).toEqual(['experiment', 'classes', 'memory', 'of it', 'step', 'images/s', 'bound by'])
})

test('what XLA says overrules the ledger, of the plans that it was asked about', () => {
  const plans = [
    named('a', { exact: exact(glintPlan.memory.capacity / 4) }),
    named('b', { exact: exact(2 ** 36) }),
    named('c'),
  ]
  expect(titles(plans)).toContain('by XLA')
  const [, a, b, c, , verdict] = renderVariants(plans, documentLook)
  expect(a).toMatch(/GiB +25 %/)
  expect(b).toMatch(/64\.0 GiB +too much/)
  expect(c).not.toMatch(/too much/)
  expect(verdict).toBe('2 of 3 plans fit')
})
