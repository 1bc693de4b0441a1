/**
 * What the planner answers when a plan does not fit: changes with which it does, each of them planned. The cheapest is the one that
 * keeps most images per second and device, and takes no more machines; where no single change is enough, the strongest one is made
 * and the search goes on.
 */
import type { Experiment } from '../experiment.ts'
import type { Host } from '../host.ts'
import { batchSizes, largestBatch } from './batch-sizes.ts'
import { type Candidate, type Change, tryChange } from './candidate.ts'
import type { PlanDocument } from './document.ts'
import { worldSize } from './lengths.ts'

type Answer = PlanDocument['answers'][number]
type Setting = Answer['set'][number]

/** A change as the user would write it, with its plan. */
interface Step {
  readonly change: Change
  readonly set: readonly Setting[]
  readonly candidate: Candidate
}

/** Sample rates that are tried, the largest that fits being the answer. */
const sampleRates = [0.5, 0.3, 0.2, 0.1, 0.05] as const
/** How many times the computers are multiplied. */
const multiples = [2, 4, 8] as const
/** So many changes together at the most. */
const deepest = 3
/** So many answers are given. */
const most = 4

/** Answers for a plan that does not fit, the cheapest first; none where up to three changes together are not enough. */
export function findAnswers(candidate: Candidate, host: Host): readonly Answer[] {
  let from: Step = { change: {}, set: [], candidate }
  for (let depth = 0; depth < deepest; depth++) {
    const steps = singleSteps(from, host)
    const fitting = steps.filter((step) => step.candidate.memory.fits)
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
    const strongest = steps.reduce<Step | undefined>(
      (best, step) => (best === undefined || step.candidate.memory.peak < best.candidate.memory.peak ? step : best),
      undefined,
    )
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

/** One more change on top of those made already; of each kind the mildest that fits, or the strongest where none does. */
function singleSteps(from: Step, host: Host): readonly Step[] {
  const { experiment } = from.candidate
  const { centers, machine, train } = experiment
  const found: Step[] = []
  const isSet = (path: string) => from.set.some((setting) => setting.path === path)
  const add = (set: readonly Setting[], change: Change, candidate: Candidate | undefined) => {
    if (candidate === undefined) return
    const paths = new Set(set.map((setting) => setting.path))
    found.push({ change, set: [...from.set.filter(({ path }) => !paths.has(path)), ...set], candidate })
  }
  const mildest = (changes: readonly { readonly set: readonly Setting[]; readonly change: Change }[]) => {
    let last: ((typeof changes)[number] & { readonly candidate: Candidate | undefined }) | undefined
    for (const one of changes) {
      last = { ...one, candidate: tryChange(experiment, one.change, host) }
      if (last.candidate?.memory.fits === true) break
    }
    if (last !== undefined) add(last.set, last.change, last.candidate)
  }
  if (train.recompute === 'none')
    mildest(
      (['cheap', 'blocks'] as const).map((recompute) => ({
        set: [{ path: 'train.recompute', value: recompute }],
        change: { recompute },
      })),
    )
  const batch = isSet('train.batch') ? undefined : smallerBatch(experiment, host)
  if (batch !== undefined) add(batch.set, batch.change, batch.candidate)
  if (centers.placement === 'replicate' && worldSize(experiment) > 1)
    mildest([{ set: [{ path: 'centers.placement', value: 'shard' }], change: { centers: { placement: 'shard' } } }])
  mildest(smallerState(experiment))
  mildest(
    (isSet('centers.sample_rate') ? [] : sampleRates)
      .filter((rate) => rate < centers.sampleRate)
      .map((rate) => ({
        set: [{ path: 'centers.sample_rate', value: `${Math.round(rate * 100)}%` }],
        change: { centers: { sampleRate: rate } },
      })),
  )
  if (machine.between !== undefined && !isSet('machine.nodes'))
    mildest(
      multiples.map((times) => ({
        set: [{ path: 'machine.nodes', value: `${machine.nodes * times}` }],
        change: { machine: { nodes: machine.nodes * times } },
      })),
    )
  return found
}

/** The largest batch below the experiment's own that fits, or the smallest of all. */
function smallerBatch(experiment: Experiment, host: Host): Step | undefined {
  const own = experiment.train.batchPerDevice
  const below = batchSizes.findLast((size) => size < own)
  if (below === undefined) return undefined
  const limit = experiment.machine.device.memory
  const { best, tooLarge } = largestBatch(experiment, {}, { limit, most: below }, host)
  const candidate = best ?? tooLarge
  if (candidate === undefined) return undefined
  const { batchPerDevice } = candidate.experiment.train
  const set = [{ path: 'train.batch', value: `${batchPerDevice} per device` }]
  return { change: { batchPerDevice }, set, candidate }
}

/** Half the bytes for what the optimizer keeps of the centers, then for the centers too. */
function smallerState({ centers }: Experiment): { readonly set: readonly Setting[]; readonly change: Change }[] {
  const state = { path: 'centers.state', value: 'bf16' }
  const weights = { path: 'centers.weights', value: 'bf16' }
  const steps = []
  if (centers.state === 'f32') steps.push({ set: [state], change: { centers: { state: 'bf16' } } } as const)
  if (centers.weights === 'f32') {
    const both = centers.state === 'f32' ? ([state, weights] as const) : ([weights] as const)
    steps.push({
      set: both,
      change: { centers: { state: centers.state === 'f32' ? 'bf16' : centers.state, weights: 'bf16' } },
    } as const)
  }
  return steps
}
