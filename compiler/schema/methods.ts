/** The methods of objects and the names that each can read: what the checker binds, the compiler supplies and the docs list. */
import type { ObjectKeyword } from '../../grammar/ast.ts'

/** A method of an object: `target(cos) = …`. Its parameters are names from a table, in any order; all are plain numbers. */
export interface MethodSpec {
  readonly doc: string
  readonly required: boolean
  /** What the method can read, by name. A call may pass values by position in this order. */
  readonly reads: Readonly<Record<string, string>>
  /** The parameters that messages suggest. */
  readonly usual: string
  /** The result of the body: a number, or a record with exactly the new states, and for `update` the new weight. */
  readonly result: 'scalar' | 'update' | 'states'
}

const ofRun = {
  step: 'The number of the step, from 0.',
  total: 'Steps of the run.',
  epoch: 'Steps of one epoch.',
} as const

const own = 'The cosine of the embedding and the center of its own class, with its gradient.'
const norm = 'The length of the embedding before it is normalized, with its gradient.'
const noise = 'A standard normal number of the row, keyed by seed, step and row.'
const count = 'Pictures of the class in the training data.'

const ofData = {
  fewest: 'Pictures of the class with the fewest; classes without a picture do not count.',
  most: 'Pictures of the class with the most.',
  classes: 'The number of classes.',
} as const

const margin = {
  target: {
    doc: 'The cosine of the true class with the margin applied.',
    required: true,
    reads: { cos: 'The cosine of the embedding and the center of its class.', norm, noise, ...ofRun, count, ...ofData },
    usual: 'cos',
    result: 'scalar',
  },
  other: {
    doc: 'The same for every other class; default: the unchanged cosine.',
    required: false,
    reads: {
      cos: 'The cosine of the embedding and the center of the other class.',
      own,
      norm,
      noise,
      ...ofRun,
      count: 'Pictures of the other class in the training data; may be 0.',
      own_count: 'Pictures of the own class.',
      ...ofData,
    },
    usual: 'cos',
    result: 'scalar',
  },
  penalty: {
    doc: 'A term of the loss for each row; default: that of the margins inside, or none.',
    required: false,
    reads: {
      norm,
      own,
      noise,
      ...ofRun,
      count,
      ...ofData,
    },
    usual: 'norm',
    result: 'scalar',
  },
  update: {
    doc: 'The new states, before the other methods of the same step read them: `{ <state> = … }`; `average` and `deviation` are over the whole batch.',
    required: false,
    reads: {
      norm: 'The lengths of the embeddings of the batch.',
      own: 'The cosines of the embeddings of the batch and the centers of their classes.',
      ...ofRun,
      ...ofData,
    },
    usual: 'norm',
    result: 'states',
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
    usual: 'weight, gradient, rate',
    result: 'update',
  },
} as const satisfies Readonly<Record<string, MethodSpec>>

const schedule = {
  factor: {
    doc: 'The factor of the learning rate.',
    required: true,
    reads: ofRun,
    usual: 'step, total',
    result: 'scalar',
  },
} as const satisfies Readonly<Record<string, MethodSpec>>

const methodTables = { margin, optimizer, schedule } as const

export type MethodTables = typeof methodTables

type MarginMethods = MethodTables['margin']

/** What the methods of a margin read beside the cosine. */
export type MarginRead = Exclude<
  { [M in keyof MarginMethods]: keyof MarginMethods[M]['reads'] }[keyof MarginMethods],
  'cos'
>

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
