/** The tensors of a step's state: joined vectors, and filters in the order that the device reads. */
import { describe, expect, it } from 'vitest'
import { isChosen, type Optimizer } from '../../../compiler/experiment/experiment.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { isElementwise } from '../../../compiler/step/elementwise-optimizer.ts'
import { stateSlots } from '../../../compiler/step/state.ts'
import type { ParameterSpec } from '../../../compiler/values/elaboration.ts'
import type { Span } from '../../../grammar/source.ts'
import { narrowPlan } from '../../helpers/narrow.ts'
import { experimentText, resolveText } from '../../helpers/resolve.ts'

const nowhere: Span = { source: { path: 'test.arc', text: '' }, start: 0, end: 0 }

function spec(path: string, shape: readonly number[], more: Partial<ParameterSpec> = {}): ParameterSpec {
  const initializer = { kind: 'constant', value: 0 } as const
  const layout = shape.length === 4 ? 'oihw' : 'same'
  return { path, shape, initializer, trainable: true, buffer: false, layout, span: nowhere, ...more }
}

const statistic = { trainable: false, buffer: true }

const sgd: Optimizer = {
  name: 'sgd',
  text: 'sgd',
  lr: 0.1,
  states: [{ name: 'velocity', initial: 0 }],
  span: nowhere,
  update: (b, { weight, gradient, rate, states }) => ({
    weight: ops.subtract(b, weight, ops.multiply(b, gradient, ops.broadcastScalar(b, rate, gradient.type.shape))),
    states,
  }),
}

/** An update of length `rate`, independent of the gradient's length. */
const normalized: Optimizer = {
  ...sgd,
  name: 'normalized',
  update: (b, { weight, gradient, rate, states }) => {
    const length = ops.sqrt(b, ops.sumAll(b, ops.square(b, gradient)))
    const each = ops.broadcastScalar(b, ops.divide(b, rate, length), gradient.type.shape)
    return { weight: ops.subtract(b, weight, ops.multiply(b, gradient, each)), states }
  },
}

const { experiment } = resolveText(experimentText(), { name: 'run' })

function slots(parameters: readonly ParameterSpec[], optimizer = sgd, filters: 'whole' | 'ohwi' = 'whole') {
  if (experiment === undefined || !isChosen(experiment)) throw new Error('the experiment leaves something open')
  const rule = { optimizer, factor: 1 }
  const all = stateSlots(
    parameters,
    { ...experiment, centersOptimizer: optimizer },
    {
      ruleOf: () => rule,
      isFrozenBuffer: () => false,
      averaged: false,
      rows: 4,
      width: 8,
      synced: false,
      filters,
    },
  )
  return all.filter(({ tensor }) => !tensor.role.startsWith('centers')).map(({ tensor }) => tensor)
}

const summary = (parameters: readonly ParameterSpec[], optimizer?: Optimizer, filters?: 'whole' | 'ohwi') =>
  slots(parameters, optimizer, filters).map(
    ({ name, storage, shape, holds }) => `${name} ${storage} [${shape}] of ${holds.map((held) => held.name).join(' ')}`,
  )

const network = [
  spec('conv.weight', [3, 3, 2, 4]),
  spec('bn.weight', [4]),
  spec('bn.bias', [4]),
  spec('bn.running_mean', [4], statistic),
  spec('bn.running_var', [4], statistic),
  spec('features.weight', [8], { trainable: false }),
  spec('prelu.weight', [4]),
]

describe('the state', () => {
  it('has vectors of one kind in one tensor, in the order of the backbone, and their optimizer state likewise', () => {
    expect(summary(network)).toEqual([
      '*vectors flat [12] of bn.weight bn.bias prelu.weight',
      '*statistics flat [8] of bn.running_mean bn.running_var',
      'conv.weight whole [3,3,2,4] of conv.weight',
      // A vector that would be alone is not joined.
      'features.weight whole [8] of features.weight',
      '*vectors.velocity flat [12] of bn.weight.velocity bn.bias.velocity prelu.weight.velocity',
      'conv.weight.velocity whole [3,3,2,4] of conv.weight.velocity',
    ])
  })

  it('has running statistics of each device and weights of all', () => {
    const placed = slots(network).map(({ name, placement, role }) => `${name}: ${role}, ${placement}`)
    expect(placed.slice(0, 2)).toEqual(['*vectors: parameter, replicated', '*statistics: buffer, local'])
  })

  it('has filters as cuDNN reads them', () => {
    const stored = slots(network, sgd, 'ohwi').filter(({ storage }) => storage === 'ohwi')
    expect(stored.map(({ name, shape, holds }) => [name, shape, holds[0]?.shape])).toEqual([
      ['conv.weight', [4, 3, 3, 2], [3, 3, 2, 4]],
      ['conv.weight.velocity', [4, 3, 3, 2], [3, 3, 2, 4]],
    ])
  })

  it('joins no more than 49,152 numbers: what XLA reads inside of a kernel', () => {
    const half = 3 * 2 ** 13
    const wide = ['a', 'b', 'c', 'd'].map((name) => spec(name, [half]))
    expect(summary([...wide, spec('e', [1])]).filter((line) => !line.includes('velocity'))).toEqual([
      `*vectors flat [${2 * half}] of a b`,
      `*vectors 2 flat [${2 * half}] of c d`,
      'e whole [1] of e',
    ])
  })

  it('joins no weights for an optimizer that sees more than one element, but statistics', () => {
    expect(summary(network, normalized).filter((line) => line.includes('flat'))).toEqual([
      '*statistics flat [8] of bn.running_mean bn.running_var',
    ])
  })
})

describe('an optimizer', () => {
  it.each([
    ['plain descent', sgd, true],
    ['a norm over the gradient', normalized, false],
  ])('with %s', (_, optimizer, expected) => expect(isElementwise(optimizer)).toBe(expected))

  it.each([
    'sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)',
    'adamw(lr: 0.01, weight_decay: 0.1)',
    'lars(lr: 0.1, weight_decay: 0.1)',
    'lamb(lr: 0.1)',
    'lion(lr: 0.1)',
  ])('%s of the standard library is elementwise on vectors', (optimizer) => {
    const plan = narrowPlan({ devices: 1, batch: 4, classes: 13, optimizer, kind: 'cuda' })
    expect(plan.state.filter(({ storage }) => storage === 'flat').map(({ name }) => name)).toContain('*vectors')
  })
})
