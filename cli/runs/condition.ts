/** How a run stands, and its best scores. */
import type { EvaluationEvent } from '../../runtime/events.ts'
import { usualRate } from '../../runtime/evaluate/ijb/ijb-file.ts'
import type { Run } from './read-run.ts'

export const conditions = ['running', 'done', 'interrupted', 'failed', 'killed', 'empty'] as const
export type Condition = (typeof conditions)[number]

/** `killed`: its log has neither an end nor an error, and no process works on it. `empty`: it has no log that can be read. */
export function conditionOf({ owner, log }: Pick<Run, 'owner' | 'log'>): Condition {
  if (owner !== undefined) return 'running'
  if (log?.failed !== undefined) return 'failed'
  if (log?.end !== undefined) return log.end.event.status
  return log?.start === undefined ? 'empty' : 'killed'
}

/** A sentence that explains the condition; empty if the word says it all. */
export function conditionDetail({ owner, log }: Pick<Run, 'owner' | 'log'>): string {
  if (owner !== undefined) return `process ${owner.pid} on ${owner.host}`
  if (log?.failed === undefined) return ''
  const { code, reason } = log.failed.event
  return `${code}: ${reason}`
}

/** Completed steps, and those of the whole run. */
export function stepsOf({ log, plan }: Pick<Run, 'log' | 'plan'>): { readonly done: number; readonly all: number | undefined } {
  const done = log?.steps ?? 0
  return { done, all: log?.start?.event.steps ?? log?.lastProgress?.steps ?? plan?.schedule.steps }
}

/** Seconds of all processes that worked on a run; `undefined` if its log does not say. Old logs have no times of day. */
export function secondsOf({ log }: Pick<Run, 'log'>): number | undefined {
  const own = log?.end?.event.seconds ?? log?.failed?.event.seconds ?? log?.lastProgress?.elapsedSeconds
  if (log === undefined || (own === undefined && log.seconds === 0)) return undefined
  return Math.max(log.seconds, own ?? 0)
}

/** Bytes of all files. */
export function bytesOf({ files }: Pick<Run, 'files'>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}

export interface BestScore {
  readonly set: string
  /** In [0, 1]. */
  readonly accuracy: number
  /** Completed steps; `undefined` if it is not known. */
  readonly step: number | undefined
  /** Set for IJB-B and IJB-C: `accuracy` is a true accept rate, as the log has it. */
  readonly measure?: EvaluationEvent['measure']
}

/** The best accuracy on each set, during training or by `arcc eval`, in the order of the first verification. */
export function bestScores({ log, verified, rates }: Pick<Run, 'log' | 'verified' | 'rates'>): readonly BestScore[] {
  const best = new Map<string, BestScore>()
  const add = (score: BestScore) => {
    const known = best.get(score.set)
    if (known === undefined || score.accuracy > known.accuracy) best.set(score.set, score)
  }
  // The untrained network is no result.
  for (const { set, accuracy, step, loaded, measure } of log?.evaluations ?? [])
    if (step > 0 || loaded === true) add({ set, accuracy, step, ...(measure === undefined ? {} : { measure }) })
  for (const { set, accuracy, network } of verified) add({ set: set.name, accuracy, step: network.step })
  for (const { kind, set, network, tarAtFar } of rates) {
    const tar = tarAtFar.find(({ far }) => far === usualRate)?.tar
    if (kind === 'ijb' && tar !== undefined) add({ set, accuracy: tar, step: network.step, measure: 'tar@1e-4' })
  }
  return [...best.values()]
}
