/** Events as lines of JSON, in `log.ndjson` and with `--json`; their schema. */
import { eventSchemas } from '../event-schemas.ts'
import type { RunEvent } from '../events.ts'

/** The version of the lines: it rises when a member changes its meaning or disappears, not when one is added. */
const version = 1

/** Data as one line of JSON without its end; `now` is the time in milliseconds since 1970. */
export function stampedLine(data: { readonly type: string }, now: number): string {
  return JSON.stringify({ v: version, time: new Date(now).toISOString(), ...data })
}

/** An event as one line. */
export function eventLine(event: RunEvent, now: number): string {
  return stampedLine(event, now)
}

const stamps = {
  v: { const: version },
  time: {
    type: 'string',
    pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
    description: "the wall clock's time of the event, in UTC",
  },
} as const

/** The JSON schema of a line. */
export const eventLineSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: `arcc-events-${version}`,
  title: 'One line of log.ndjson',
  oneOf: Object.values(eventSchemas).map((schema) => ({
    ...schema,
    required: ['v', 'time', ...schema.required],
    properties: { ...stamps, ...schema.properties },
  })),
}
