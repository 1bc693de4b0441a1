/** The fields in which runs differ. */
import type { Run } from './read-run.ts'

export interface FieldDifference {
  readonly path: string
  /** One for each run; `undefined` where a run does not have the field. */
  readonly values: readonly (string | undefined)[]
}

type Fields = ReadonlyMap<string, string>

/** The fields of a run with the planner's choices: by its record, or else by its plan. */
function fieldsOf({ record, plan }: Pick<Run, 'record' | 'plan'>): Fields | undefined {
  if (record !== undefined) return new Map(record.fields.map(({ path, value }) => [path, value]))
  if (plan === undefined) return undefined
  const chosen = new Map(plan.choices.map(({ path, value }) => [path, value]))
  return new Map(plan.experiment.fields.map(({ path, value }) => [path, chosen.get(path) ?? value]))
}

/** In the order of the first run's fields. A run whose fields cannot be read has no values and causes no difference. */
export function fieldDifferences(runs: readonly Pick<Run, 'record' | 'plan'>[]): readonly FieldDifference[] {
  const all = runs.map(fieldsOf)
  const known = all.filter((fields) => fields !== undefined)
  const paths = new Set(known.flatMap((fields) => [...fields.keys()]))
  return [...paths].flatMap((path) => {
    const differs = new Set(known.map((fields) => fields.get(path))).size > 1
    return differs ? [{ path, values: all.map((fields) => fields?.get(path)) }] : []
  })
}
