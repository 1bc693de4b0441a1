/**
 * `run.json` in a run's folder: what `arcc run --resume` needs to go on, and every field of the experiment, with which it shows what
 * has changed since.
 */
import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { FromSchema } from 'json-schema-to-ts'
import type { ExperimentPath } from '../../compiler/experiment/experiment.ts'
import { object } from '../../compiler/json/object-schema.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { checkpointErrors } from '../../runtime/checkpoint/messages.ts'
import { engineNames } from '../../runtime/engine-name.ts'
import type { ResumedEvent } from '../../runtime/events.ts'
import { reasonOf } from '../../runtime/system-errors.ts'
import { validatorOf } from '../../runtime/validator.ts'

const text = { type: 'string' } as const

const runRecordSchema = {
  $id: 'arcc-run-1',
  ...object({
    version: { const: 1 },
    /** The version of arcc. */
    arcc: text,
    /** The absolute path of the `.arc` file. */
    file: text,
    experiment: text,
    /** The texts of `--set`. */
    set: { type: 'array', items: text },
    engine: { enum: engineNames },
    emulate: { type: 'boolean' },
    devices: { type: 'integer', minimum: 1 },
    /** Every field as `.arc` text, with the planner's choices for `auto`. */
    fields: { type: 'array', items: object({ path: text, value: text }) },
  }),
} as const

export type RunRecord = FromSchema<typeof runRecordSchema>
type RecordedFields = RunRecord['fields']

export const runRecordName = 'run.json'

const runRecordValidator = validatorOf<RunRecord>(runRecordSchema)

/** The record of a run of this plan. */
export function runRecord(
  { name, replicas, document }: Plan,
  options: Pick<RunRecord, 'arcc' | 'file' | 'engine' | 'emulate'> & { readonly set: readonly string[] },
): RunRecord {
  const { arcc, file, engine, emulate, set } = options
  const chosen = new Map(document.choices.map(({ path, value }) => [path, value]))
  const fields = document.experiment.fields.map(({ path, value }) => ({ path, value: chosen.get(path) ?? value }))
  const facts = { version: 1 as const, arcc, file: resolve(file), experiment: name, set: [...set] }
  return { ...facts, engine, emulate, devices: replicas, fields }
}

/** The file's text. */
export function encodeRunRecord(record: RunRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`
}

/** The record in a run's folder. Throws ARC6706 if there is none, or no valid one. */
export function readRunRecord(folder: string): RunRecord {
  const unusable = (reason: string, cause?: unknown) =>
    checkpointErrors('ARC6706', { folder, reason: `${runRecordName}: ${reason}` }, cause)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(join(folder, runRecordName), 'utf8'))
  } catch (error) {
    throw unusable(error instanceof SyntaxError ? 'it is not JSON' : reasonOf(error), error)
  }
  if (runRecordValidator.accepts(value)) return value
  const [first] = runRecordValidator.errors
  throw unusable(`${first?.instancePath || 'it'} ${first?.message}`)
}

/** The path of a recorded file as a command would name it: relative if it is below the working folder. */
export function shownFile(file: string, folder = process.cwd()): string {
  const path = relative(folder, file)
  return path.startsWith('..') ? file : path
}

/** The two ways to give the length of a run. */
const lengthPaths: readonly string[] = ['train.epochs', 'train.steps'] satisfies ExperimentPath[]

/** The settings of a run, and those of the command that goes on with it, which take precedence. */
export function joinedSettings(before: readonly string[], now: readonly string[]): readonly string[] {
  const pathOf = (setting: string) => setting.slice(0, setting.indexOf('=')).trim()
  const given = now.map(pathOf)
  // `epochs` and `steps` exclude each other: whichever is given now counts.
  const replaced = new Set(given.some((path) => lengthPaths.includes(path)) ? [...given, ...lengthPaths] : given)
  return [...before.filter((setting) => !replaced.has(pathOf(setting))), ...now]
}

/** The fields with another value, those that are new and those that are gone. */
export function changedFields(before: RecordedFields, now: RecordedFields): ResumedEvent['changes'] {
  const former = new Map(before.map(({ path, value }) => [path, value]))
  const current = new Map(now.map(({ path, value }) => [path, value]))
  return [...new Set([...former.keys(), ...current.keys()])].flatMap((path) => {
    const [was, is] = [former.get(path), current.get(path)]
    if (was === is) return []
    return [{ path, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { now: is }) }]
  })
}
