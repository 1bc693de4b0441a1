/** `ijb.json` and `all-to-all.json`: results of `arcc eval --ijb` and `--all-to-all`. docs/ijb.md has the meaning of the fields. */
import type { ErrorObject } from 'ajv'
import type { FromSchema } from 'json-schema-to-ts'
import { object } from '../../../compiler/json/object-schema.ts'
import { bug } from '../../../grammar/diagnostic.ts'
import { validatorOf } from '../../validator.ts'
import { count, networkSchema, number, sha256, share, text } from '../report/network-facts.ts'
import { ijbSubsets } from './ijb-set.ts'

const boolean = { type: 'boolean' } as const

const identification = object({
  probes: count,
  gallery: count,
  ranks: { type: 'array', items: object({ rank: count, rate: share }) },
  tpir: { type: 'array', items: object({ fpir: share, tpir: share, threshold: number }) },
})

export const ijbFileSchema = {
  $id: 'arcc-ijb-1',
  ...object(
    {
      version: { const: 1 },
      /** The version of arcc. */
      arcc: text,
      /** `sha256`: of the three files in `meta`, one after the other. */
      set: object({
        name: { enum: ijbSubsets },
        path: text,
        sha256,
        images: count,
        templates: count,
        pairs: count,
        same: count,
      }),
      network: networkSchema,
      options: object({ mirrored: boolean, norm: boolean, detector: boolean }),
      /** `found`: the false accept rate of the point, the nearest to `far`; `threshold`: null for the point that accepts nothing. */
      tarAtFar: {
        type: 'array',
        items: object({ far: share, found: share, tar: share, threshold: { type: ['number', 'null'] } }),
      },
      auc: share,
      xnorm: number,
      identification,
      seconds: number,
    },
    ['identification'],
  ),
} as const

export const allToAllFileSchema = {
  $id: 'arcc-all-to-all-1',
  ...object({
    version: { const: 1 },
    arcc: text,
    set: object({ name: text, path: text, images: count, people: count }),
    network: networkSchema,
    genuine: count,
    impostors: count,
    tarAtFar: {
      type: 'array',
      items: object({ far: share, tar: share, threshold: number, falseAccepts: count, trueAccepts: count }),
    },
    passes: count,
    seconds: number,
  }),
} as const

export const ijbName = 'ijb.json'
export const allToAllName = 'all-to-all.json'

/** The false accept rate whose true accept rate counts as the accuracy of a set of templates. */
export const usualRate = 1e-4

export type IjbFile = FromSchema<typeof ijbFileSchema>
export type AllToAllFile = FromSchema<typeof allToAllFileSchema>

const options = { allErrors: true, allowUnionTypes: true }
/** Of the contents of an `ijb.json`. */
export const ijbFile = validatorOf<IjbFile>(ijbFileSchema, options)
/** Of the contents of an `all-to-all.json`. */
export const allToAllFile = validatorOf<AllToAllFile>(allToAllFileSchema, options)

const faultsOf = (errors: readonly ErrorObject[]) =>
  errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join(', ')

const encode = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`

export function encodeIjb(value: IjbFile): string {
  if (!ijbFile.accepts(value)) bug(`${ijbName}: ${faultsOf(ijbFile.errors)}`)
  return encode(value)
}

export function encodeAllToAll(value: AllToAllFile): string {
  if (!allToAllFile.accepts(value)) bug(`${allToAllName}: ${faultsOf(allToAllFile.errors)}`)
  return encode(value)
}

/** An `.npy` file of f64[n] (NEP 1, version 1.0), as `np.save` writes it. */
export function encodeScores(scores: Float64Array): Uint8Array {
  const fields = `{'descr': '<f8', 'fortran_order': False, 'shape': (${scores.length},), }`
  const padded = `${fields.padEnd(Math.ceil((10 + fields.length + 1) / 64) * 64 - 11)}\n`
  const head = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.alloc(2),
    Buffer.from(padded, 'latin1'),
  ])
  head.writeUInt16LE(padded.length, 8)
  return Buffer.concat([head, new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength)])
}
