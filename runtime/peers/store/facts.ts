/** What travels as JSON in messages: the facts of a node that joins, who is waited for, and the report of why a run ends. */
import type { FromSchema } from 'json-schema-to-ts'
import { object } from '../../../compiler/json/object-schema.ts'
import { bug } from '../../../grammar/diagnostic.ts'
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

const missingSchema = object({
  count: { type: 'integer', minimum: 1 },
  /** Some of them, or all. */
  nodes: {
    type: 'array',
    items: object({ rank: { type: 'integer', minimum: 0 }, /** Of one that has joined. */ name: text }, ['name']),
  },
})

/** Who has not come to a barrier. */
export type Missing = FromSchema<typeof missingSchema>

const validators = {
  join: validatorOf<JoinFacts>(joinFactsSchema),
  report: validatorOf<Report>(reportSchema),
  missing: validatorOf<Missing>(missingSchema),
}

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

/** Who is missing, in a text of the store. */
export function readMissing(text: string): Missing {
  const value = parsed(Buffer.from(text))
  return validators.missing.accepts(value) ? value : bug(`the store says who is missing as ${text.slice(0, 80)}`)
}

export function missingText(missing: Missing): string {
  return JSON.stringify(missing)
}

export function encodeFacts(facts: JoinFacts | Report): Uint8Array {
  return Buffer.from(JSON.stringify(facts))
}
