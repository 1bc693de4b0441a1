/** Runs as data for programs. */
import { bestScores, bytesOf, conditionDetail, conditionOf, secondsOf, stepsOf } from './condition.ts'
import { fieldDifferences } from './differences.ts'
import type { Run } from './read-run.ts'

const timeOf = (time: number | undefined) =>
  time === undefined || !Number.isFinite(time) ? null : new Date(time).toISOString()

/** One run; null where a figure is not known. */
export function runToJson(run: Run): object {
  const { done, all } = stepsOf(run)
  const condition = conditionOf(run)
  return {
    folder: run.folder,
    experiment: run.record?.experiment ?? run.plan?.experiment.name ?? null,
    state: condition,
    ...(conditionDetail(run) === '' ? {} : { detail: conditionDetail(run) }),
    arcc: run.record?.arcc ?? null,
    steps: done,
    ofSteps: all ?? null,
    scores: bestScores(run).map(({ step, ...score }) => ({ ...score, step: step ?? null })),
    loss: run.log?.lastProgress?.smoothedLoss ?? null,
    seconds: secondsOf(run) ?? null,
    bytes: bytesOf(run),
    began: timeOf(run.log?.began),
    gaps: run.gaps,
  }
}

/** Two runs and the fields in which they differ; null where a run does not have a field. */
export function differencesToJson(a: Run, b: Run): object {
  const fields = fieldDifferences([a, b]).map(({ path, values: [before, now] }) => ({
    path,
    a: before ?? null,
    b: now ?? null,
  }))
  return { a: runToJson(a), b: runToJson(b), fields }
}
