/**
 * What the planner answers when a plan does not fit: changes with which it does, each of them planned. The cheapest is the one that
 * keeps most images per second and device, and takes no more machines; where no single change is enough, the strongest one is made
 * and the search goes on. An answer leaves as much of the memory free as what is chosen for `auto`, and keeps every `require`.
 */
import type { Experiment } from '../experiment.ts'
import type { Host } from '../host.ts'
import { batchSizes, largestBatch } from './batch-sizes.ts'
import { isAllowed } from './bounds.ts'
import { type Candidate, tryChange } from './candidate.ts'
import { changesOf, type Setting, type WrittenChange } from './changes.ts'
import type { PlanDocument } from './document.ts'
import { worldSize } from './lengths.ts'
import type { Settled } from './settle.ts'

type Answer = PlanDocument['answers'][number]

/** What is to be written, and the plan of the experiment with it. */
interface Step {
  readonly set: readonly Setting[]
  readonly candidate: Candidate
}

/** So many changes together at the most. */
const deepest = 3
/** So many answers are given. */
const most = 4

/** Answers for a plan that does not fit, the cheapest first; none where up to three changes together are not enough. */
export function findAnswers({ candidate, choices }: Settled, host: Host): readonly Answer[] {
  // What was chosen for `auto` is part of an answer: with another field changed, `auto` might choose anew.
  let from: Step = { set: choices.map(({ path, value }) => ({ path, value })), candidate }
  for (let depth = 0; depth < deepest; depth++) {
    const steps = singleSteps(from, host)
    const fitting = steps.filter((step) => isAllowed(step.candidate))
    if (fitting.length > 0) {
      return fitting
        .sort((a, b) => machines(a) - machines(b) || speed(b.candidate) - speed(a.candidate))
        .slice(0, most)
        .map(({ set, candidate: { memory, time } }) => ({
          set: [...set],
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

/** Computers of a step: what a change costs first. */
function machines({ candidate }: Step): number {
  return candidate.experiment.machine.nodes
}

/** Images per second of one device: more devices are no gain by themselves. */
function speed({ time, experiment }: Candidate): number {
  return time.samplesPerSecond / worldSize(experiment)
}

function smallest(steps: readonly Step[]): Step | undefined {
  return steps.reduce<Step | undefined>(
    (best, step) => (best === undefined || step.candidate.memory.peak < best.candidate.memory.peak ? step : best),
    undefined,
  )
}

/** One more change on top of those made already; of each kind the mildest that fits, or the strongest where none does. */
function singleSteps(from: Step, host: Host): readonly Step[] {
  const { experiment } = from.candidate
  const isSet = (path: string) => from.set.some((setting) => setting.path === path)
  const kinds = changesOf(experiment, isSet).map((changes) => mildest(experiment, changes, host))
  const batch = isSet('train.batch') ? undefined : smallerBatch(experiment, host)
  return [batch, ...kinds].flatMap((step) => {
    if (step === undefined) return []
    const paths = new Set(step.set.map(({ path }) => path))
    return [{ ...step, set: [...from.set.filter(({ path }) => !paths.has(path)), ...step.set] }]
  })
}

function mildest(experiment: Experiment, changes: readonly WrittenChange[], host: Host): Step | undefined {
  const tried: Step[] = []
  for (const { set, change } of changes) {
    const candidate = tryChange(experiment, change, host)
    if (candidate === undefined) continue
    if (isAllowed(candidate)) return { set, candidate }
    tried.push({ set, candidate })
  }
  return smallest(tried)
}

/** The largest batch below the experiment's own that fits, or the smallest of all. */
function smallerBatch(experiment: Experiment, host: Host): Step | undefined {
  const own = experiment.train.batchPerDevice
  const below = batchSizes(own).findLast((size) => size < own)
  if (below === undefined) return undefined
  const { best, next } = largestBatch(experiment, {}, below, host)
  const candidate = best ?? next
  const size = candidate?.experiment.train.batchPerDevice ?? own
  if (candidate === undefined || size >= own) return undefined
  return { set: [{ path: 'train.batch', value: `${size} per device` }], candidate }
}
