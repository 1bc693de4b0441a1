/**
 * The planner's answers to a plan that does not fit: changes that make it fit, each of them planned. The cheapest one keeps most
 * images per second and device, and needs no more machines. If no single change is enough, the planner applies the strongest one and
 * continues. An answer leaves as much memory free as a choice for `auto` does, and satisfies every `require`.
 */
import type { ChosenExperiment } from '../experiment/experiment.ts'
import { batchPerDevice, worldSize } from '../experiment/lengths.ts'
import type { Host } from '../host/host.ts'
import { batchSizes, largestBatch } from './batch-sizes.ts'
import { isAllowed } from './bounds.ts'
import { type Candidate, tryChange } from './candidate.ts'
import { changesOf } from './changes.ts'
import type { PlanDocument } from './document.ts'
import { batchSetting, type Change, type PlannerPath, type Setting, written } from './paths.ts'
import { largestOpen, type Settled } from './settle.ts'

type Answer = PlanDocument['answers'][number]

/** The changes, and the plan of the changed experiment. */
interface Step {
  readonly set: Change
  readonly candidate: Candidate
}

/** The maximum number of combined changes. */
const deepest = 3
/** The maximum number of answers. */
const most = 4

/** Answers for a plan that does not fit, cheapest first; none if three combined changes are not enough. */
export function findAnswers({ candidate, choices }: Settled, host: Host): readonly Answer[] {
  const own = batchPerDevice(candidate.experiment)
  const isOpen = choices.some(({ setting }) => isBatch(setting))
  // The choices for `auto` are part of an answer: if another field changes, `auto` might choose differently.
  let from: Step = { set: choices.map(({ setting }) => setting), candidate }
  for (let depth = 0; depth < deepest; depth++) {
    const steps = singleSteps(from, host)
    const fitting = steps.filter((step) => isAllowed(step.candidate))
    if (fitting.length > 0) {
      const cheapest = fitting.sort(byCost).slice(0, most)
      // A batch among other changes was only the strongest single change: with the others, a larger one may fit.
      const enlarged = cheapest.map((step) => {
        const limit = isOpen ? largestOpen(step.candidate.lengths) : own - 1
        return from.set.some(isBatch) ? largerBatch(step, limit, host) : step
      })
      return enlarged.sort(byCost).map(({ set, candidate: { memory, time } }) => ({
        set: set.map(written),
        peak: memory.peak,
        samplesPerSecond: time.samplesPerSecond,
      }))
    }
    const strongest = smallest(steps)
    if (strongest === undefined || strongest.candidate.memory.peak >= from.candidate.memory.peak) return []
    from = strongest
  }
  return []
}

const isBatch = ({ path }: Setting) => path === 'train.batch'

/** The number of computers is the first cost of a change. */
function byCost({ candidate: a }: Step, { candidate: b }: Step): number {
  return a.experiment.machine.nodes - b.experiment.machine.nodes || speed(b) - speed(a)
}

/** Images per second of one device, because more devices alone are not a gain. */
function speed({ time, experiment }: Candidate): number {
  return time.samplesPerSecond / worldSize(experiment.machine)
}

/** The same step with the largest allowed batch. */
function largerBatch(step: Step, limit: number, host: Host): Step {
  const { best } = largestBatch(step.candidate.chosen, [], limit, host)
  if (best === undefined || !isAllowed(best) || best.memory.peak <= step.candidate.memory.peak) return step
  const larger = batchSetting(batchPerDevice(best.experiment))
  return { candidate: best, set: step.set.map((setting) => (isBatch(setting) ? larger : setting)) }
}

function smallest(steps: readonly Step[]): Step | undefined {
  return steps.reduce<Step | undefined>(
    (best, step) => (best === undefined || step.candidate.memory.peak < best.candidate.memory.peak ? step : best),
    undefined,
  )
}

/** One more change in addition to the previous ones; of each kind the mildest that fits, or else the strongest. */
function singleSteps(from: Step, host: Host): readonly Step[] {
  const experiment = from.candidate.chosen
  const isSet = (path: PlannerPath) => from.set.some((setting) => setting.path === path)
  const kinds = changesOf(experiment, isSet).map((changes) => mildest(experiment, changes, host))
  const batch = from.set.some(isBatch) ? undefined : smallerBatch(experiment, host)
  return [batch, ...kinds].flatMap((step) => {
    if (step === undefined) return []
    const paths = new Set<PlannerPath>(step.set.map(({ path }) => path))
    return [{ ...step, set: [...from.set.filter(({ path }) => !paths.has(path)), ...step.set] }]
  })
}

function mildest(experiment: ChosenExperiment, changes: readonly Change[], host: Host): Step | undefined {
  const tried: Step[] = []
  for (const set of changes) {
    const candidate = tryChange(experiment, set, host)
    if (candidate === undefined) continue
    if (isAllowed(candidate)) return { set, candidate }
    tried.push({ set, candidate })
  }
  return smallest(tried)
}

/** The largest batch below the experiment's own that fits, or else the smallest. */
function smallerBatch(experiment: ChosenExperiment, host: Host): Step | undefined {
  const own = batchPerDevice(experiment)
  const below = batchSizes(own).findLast((size) => size < own)
  if (below === undefined) return undefined
  const { best, next } = largestBatch(experiment, [], below, host)
  const candidate = best ?? next
  if (candidate === undefined) return undefined
  const size = batchPerDevice(candidate.experiment)
  return size < own ? { set: [batchSetting(size)], candidate } : undefined
}
