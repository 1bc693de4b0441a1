/** What a measuring process prints, and which of its steps count. */
import { middle } from '../../runtime/measure/time-graphs.ts'
import type { Sample } from './samples.ts'

/** The last line of a measuring process. */
export interface Report {
  readonly samples: readonly Sample[]
  /** The most memory the process has had, in bytes. */
  readonly peak: number
  readonly losses: readonly number[]
  /** Until the step could run, compiled or loaded from the cache; 0 where nothing is compiled. */
  readonly loadSeconds: number
  /** Names and versions of what ran the steps. */
  readonly with: string
}

/** The steps of one process. */
export interface Measured {
  /** The median step of those that count, in seconds. */
  readonly step: number
  /** Bytes. */
  readonly peak: number
  /** Steps that count. */
  readonly counted: number
  /** Steps during which other processes ran. */
  readonly leftOut: number
  readonly losses: readonly [first: number, last: number]
}

/** Other processes may take this much of one core during a step that counts. */
export const mostOthers = 0.1

/** A process counts only with at least this many samples in which others kept still. */
export const fewestSamples = 2

/** The cores that other processes used, on average over the sample; the counters' ticks can make it slightly negative. */
export function othersCores({ seconds, own, busy }: Sample): number {
  return (busy - own) / seconds
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

/** `undefined` if other processes ran during nearly all steps. Throws if a loss is not finite: such steps compare nothing. */
export function judgeSteps({ samples, peak, losses }: Report): Measured | undefined {
  const [first = Number.NaN] = losses
  const last = losses.at(-1) ?? Number.NaN
  if (!losses.every(Number.isFinite)) throw new Error(`the loss is not finite: ${first} to ${last}`)
  const clean = samples.filter((sample) => othersCores(sample) <= mostOthers)
  if (clean.length < fewestSamples) return undefined
  const counted = sum(clean.map(({ steps }) => steps))
  return {
    step: middle(clean.map(({ seconds, steps }) => seconds / steps)),
    peak,
    counted,
    leftOut: sum(samples.map(({ steps }) => steps)) - counted,
    losses: [first, last],
  }
}
