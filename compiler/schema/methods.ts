/** The methods of objects and the names that each can read: what the checker binds, the compiler supplies and the docs list. */
import type { ObjectKeyword } from '../../grammar/ast.ts'

/** A method of an object: `target(cos) = …`. Its parameters are names from a table, in any order; all are plain numbers. */
export interface MethodSpec {
  readonly doc: string
  readonly required: boolean
  /** What the method can read, by name. A call may pass values by position in this order. */
  readonly reads: Readonly<Record<string, string>>
  /** The result of the body: a number, or a record with exactly the new weight and states. */
  readonly result: 'scalar' | 'update'
}

const margin = {
  target: {
    doc: 'The cosine of the true class with the margin applied.',
    required: true,
    reads: { cos: 'The cosine of the embedding and the center of its class.' },
    result: 'scalar',
  },
  other: {
    doc: 'The same for every other class; default: the unchanged cosine.',
    required: false,
    reads: { cos: 'The cosine of the embedding and the center of the other class.' },
    result: 'scalar',
  },
} as const satisfies Readonly<Record<string, MethodSpec>>

const optimizer = {
  update: {
    doc: 'The new weight and states: `{ weight = …, <state> = … }`.',
    required: true,
    reads: {
      weight: 'The weight, or an element of it.',
      gradient: 'The gradient of the loss with respect to it.',
      rate: 'The scheduled learning rate.',
      step: 'The number of the update, from 1.',
      weight_norm: 'The Euclidean norm of the whole weight; of a class for the centers.',
      gradient_norm: 'The same of the gradient.',
    },
    result: 'update',
  },
} as const satisfies Readonly<Record<string, MethodSpec>>

const schedule = {
  factor: {
    doc: 'The factor of the learning rate.',
    required: true,
    reads: {
      step: 'The number of the step, from 0.',
      total: 'Steps of the run.',
      epoch: 'Steps of one epoch.',
    },
    result: 'scalar',
  },
} as const satisfies Readonly<Record<string, MethodSpec>>

const methodTables = { margin, optimizer, schedule } as const

export type MethodTables = typeof methodTables

/** The methods of each kind of object; empty for most. */
export const methodsOf: { readonly [K in ObjectKeyword]: Readonly<Record<string, MethodSpec>> } = {
  ...methodTables,
  device: {},
  machine: {},
  dataset: {},
  verification: {},
  start: {},
  augmentation: {},
  experiment: {},
}
