/** What travels as JSON in messages: the facts of a node that joins, and the report of why a run ends. */
import type { FromSchema } from 'json-schema-to-ts'
import { object } from '../../../compiler/json/object-schema.ts'
import { validatorOf } from '../../validator.ts'

const text = { type: 'string' } as const

const joinFactsSchema = object({
  /** The version of arcc. */
  version: text,
  /** Of the computer. */
  name: text,
  /** How many nodes the joining one expects. */
  nodes: { type: 'integer', minimum: 1 },
  /** Its wall clock, in milliseconds since 1970. */
  clock: { type: 'number' },
})

/** What a node says of itself when it joins. */
export type JoinFacts = FromSchema<typeof joinFactsSchema>

const reportSchema = object(
  {
    /** The code of an `ArccError` or of the operating system; `bug`. */
    code: text,
    reason: text,
    hint: text,
    /** Of the computer of the node that it is about, for those that do not know all names yet. */
    name: text,
    /** The error says itself which nodes it is about, and is not one of the node that reports it. */
    ofAll: { type: 'boolean' },
    /** The error may follow from that of another node, which then goes before it. */
    follows: { type: 'boolean' },
  },
  ['hint', 'name', 'ofAll', 'follows'],
)

/** Why a run ends, in the words that every node shows. */
export type Report = FromSchema<typeof reportSchema>

const validators = { join: validatorOf<JoinFacts>(joinFactsSchema), report: validatorOf<Report>(reportSchema) }

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}

/** The facts in a value; `undefined` if it has none. */
export function readJoinFacts(bytes: Uint8Array): JoinFacts | undefined {
  const value = parsed(bytes)
  return validators.join.accepts(value) ? value : undefined
}

/** The report in a value; `undefined` if it has none. */
export function readReport(bytes: Uint8Array): Report | undefined {
  const value = parsed(bytes)
  return validators.report.accepts(value) ? value : undefined
}

export function encodeFacts(facts: JoinFacts | Report): Uint8Array {
  return Buffer.from(JSON.stringify(facts))
}
