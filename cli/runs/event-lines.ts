/**
 * The lines of a `log.ndjson`, also of one that is damaged: a killed process leaves a torn line, a full disk half of one, a newer arcc
 * events that this one does not know. The file is read in pieces, so that the log of a run of weeks takes no memory.
 */
import { createReadStream } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import { eventSchemas } from '../../runtime/event-schemas.ts'
import type { RunEvent } from '../../runtime/events.ts'

/** An event, and when it was written: milliseconds since 1970, NaN if the line does not say. */
export interface Stamped<E extends RunEvent = RunEvent> {
  readonly event: E
  readonly time: number
}

/** A line that could not be used. */
export interface LineFault {
  /** From 1. */
  readonly line: number
  readonly reason: string
}

/** Bytes of the longest line that is read: events are a few hundred. */
const longestLine = 2 ** 20

/** Members that a newer arcc has added are left out; those that are missing or of another type make a line unusable. */
const ajv = new Ajv({ removeAdditional: 'all', allowUnionTypes: true })
const validators = new Map<string, ValidateFunction<RunEvent>>()

function validatorOf(type: string): ValidateFunction<RunEvent> | undefined {
  if (!Object.hasOwn(eventSchemas, type)) return undefined
  const known = validators.get(type) ?? ajv.compile<RunEvent>(eventSchemas[type as keyof typeof eventSchemas])
  validators.set(type, known)
  return known
}

/** The event in a line, or what is wrong with it. */
export function parseLine(text: string): Stamped | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'it is not JSON: the process may have been killed while it wrote it'
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return 'it is not an event'
  const { type } = value
  if ('v' in value && value.v !== 1) return `it is of version ${JSON.stringify(value.v)}, and this arcc reads version 1`
  const time = 'time' in value ? Date.parse(String(value.time)) : Number.NaN
  const isEvent = validatorOf(String(type))
  if (isEvent === undefined) return `this arcc knows no event \`${String(type).slice(0, 40)}\``
  const event: unknown = value
  if (isEvent(event)) return { event, time }
  const [first] = isEvent.errors ?? []
  return `${String(type)}: ${first?.instancePath || 'it'} ${first?.message}`
}

/** Calls `onEvent` for each event of a file, and `onFault` for every other line. Throws errors of the system. */
export async function readEventLines(
  path: string,
  onEvent: (stamped: Stamped) => void,
  onFault: (fault: LineFault) => void,
): Promise<void> {
  let line = 0
  /** Of the line that has begun; `undefined` while a line that is too long is skipped. */
  let pieces: Buffer[] | undefined = []
  let length = 0
  const end = () => {
    line++
    const text = pieces === undefined ? undefined : Buffer.concat(pieces).toString('utf8').trim()
    pieces = []
    length = 0
    if (text === undefined) onFault({ line, reason: `it has more than ${longestLine} bytes` })
    else if (text !== '') {
      const found = parseLine(text)
      if (typeof found === 'string') onFault({ line, reason: found })
      else onEvent(found)
    }
  }
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 18 })) {
    const bytes: Buffer = chunk
    let from = 0
    for (let at = bytes.indexOf(10); ; at = bytes.indexOf(10, from)) {
      const piece = bytes.subarray(from, at < 0 ? undefined : at)
      length += piece.length
      if (length > longestLine) pieces = undefined
      else pieces?.push(piece)
      if (at < 0) break
      end()
      from = at + 1
    }
  }
  if (length > 0) end()
}
