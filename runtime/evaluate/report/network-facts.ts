/** What every result of `arcc eval` says of the network, and the types of its figures. */
import type { FromSchema } from 'json-schema-to-ts'
import { precisions } from '../../../compiler/ir/dtype.ts'
import { object } from '../../../compiler/json/object-schema.ts'

export const text = { type: 'string' } as const
export const number = { type: 'number' } as const
export const count = { type: 'integer', minimum: 0 } as const
export const share = { type: 'number', minimum: 0, maximum: 1 } as const
export const sha256 = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const

export const networkSchema = object(
  {
    path: text,
    sha256,
    /** Its name: `r50`. */
    backbone: text,
    /** Width. */
    embedding: count,
    /** Completed steps of the training, if known. */
    step: count,
    precision: { enum: precisions },
  },
  ['step'],
)

export type NetworkFacts = FromSchema<typeof networkSchema>
