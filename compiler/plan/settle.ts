/** What the planner puts in the place of `auto`, and why. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { Experiment } from '../experiment/experiment.ts'
import type { Lengths } from '../experiment/lengths.ts'
import type { Host } from '../host/host.ts'
import { largestBatch, largestChosen } from './batch-sizes.ts'
import { compareBounds, isAllowed, objection } from './bounds.ts'
import { type Candidate, type Change, changed, planCandidate, tryChange } from './candidate.ts'
import type { PlanDocument } from './document.ts'
import { planLengths } from './lengths.ts'
import { showBytes, showQuantity } from './show.ts'

type Choice = PlanDocument['choices'][number]
type Placement = Experiment['centers']['placement']

export interface Settled {
  readonly candidate: Candidate
  readonly choices: readonly Choice[]
}

/** `auto` leaves at least so many steps to an epoch. */
const fewestSteps = 10

/** The experiment with nothing left open, planned; `undefined` after a diagnostic. */
export function settle(experiment: Experiment, host: Host, bag: DiagnosticBag): Settled | undefined {
  const { open, train } = experiment
  const isOpen = open.batch || open.placement || train.recompute === 'auto'
  if (!isOpen) {
    const candidate = planCandidate(experiment, host, bag)
    return candidate && { candidate, choices: [] }
  }
  // What stops every choice is said here; trials are silent.
  const lengths = planLengths(experiment, host, bag)
  if (lengths === undefined) return undefined
  const most = largestOpen(lengths)
  const placements = placementsOf(experiment, lengths)
  const trials = placements.map((placement) => settlePlacement(experiment, placement, most, host))
  const [best, other] = trials.filter((trial) => trial !== undefined).sort(byBounds)
  if (best === undefined) {
    // Nothing can be planned: of the first choice it is said why.
    planCandidate(changed(experiment, { centers: { placement: placements[0] ?? 'shard' } }), host, bag)
    return undefined
  }
  if (!open.placement) return best
  const choice = placementChoice(best.candidate, other?.candidate, lengths)
  return { candidate: best.candidate, choices: [...best.choices, choice] }
}

/** The largest size of one device that `auto` may choose. */
export function largestOpen({ images, replicas }: Lengths): number {
  return Math.min(largestChosen, Math.max(1, Math.floor(images / (replicas * fewestSteps))))
}

/** On one device both placements are the same; where there are fewer classes than devices, some would have none. */
function placementsOf({ centers, open }: Experiment, { classes, replicas }: Lengths): readonly Placement[] {
  if (!open.placement) return [centers.placement]
  if (replicas === 1) return ['shard']
  return classes < replicas ? ['replicate'] : ['shard', 'replicate']
}

const byBounds = (a: Settled, b: Settled) => compareBounds(a.candidate, b.candidate)

function settlePlacement(experiment: Experiment, placement: Placement, most: number, host: Host): Settled | undefined {
  const { train } = experiment
  const change: Change = { centers: { placement } }
  if (train.recompute !== 'auto') return settleBatch(experiment, { ...change, recompute: train.recompute }, most, host)
  const trials: Settled[] = []
  for (const recompute of ['none', 'cheap', 'blocks'] as const) {
    const settled = settleBatch(experiment, { ...change, recompute }, most, host)
    if (settled !== undefined) trials.push(settled)
    if (settled !== undefined && isAllowed(settled.candidate)) break
  }
  const [without] = trials
  const [best] = trials.toSorted(byBounds)
  if (best === undefined || without === undefined) return undefined
  const value = best.candidate.experiment.train.recompute
  return {
    ...best,
    choices: [...best.choices, { path: 'train.recompute', value, why: recomputeReason(best, without) }],
  }
}

function recomputeReason(best: Settled, without: Settled): string {
  const needs = showBytes(without.candidate.memory.peak)
  if (best === without)
    return without.candidate.memory.fits ? `it fits without: ${needs}` : `without, it needs least: ${needs}`
  const against = without.candidate.memory.fits ? objection(without.candidate) : undefined
  return against === undefined ? `without it the step needs ${needs}` : `without it the step would ${against}`
}

function settleBatch(experiment: Experiment, change: Change, most: number, host: Host): Settled | undefined {
  if (!experiment.open.batch) {
    const candidate = tryChange(experiment, change, host)
    return candidate && { candidate, choices: [] }
  }
  const { best, next } = largestBatch(experiment, change, most, host)
  const candidate = best ?? next
  if (candidate === undefined) return undefined
  const value = `${candidate.experiment.train.batchPerDevice} per device`
  return { candidate, choices: [{ path: 'train.batch', value, why: batchReason(best, next) }] }
}

function batchReason(best: Candidate | undefined, next: Candidate | undefined): string {
  if (best === undefined) return 'the smallest there is'
  const { batchPerDevice } = best.experiment.train
  const peak = showBytes(best.memory.peak)
  const against = next && objection(next)
  if (next !== undefined && against !== undefined)
    return `${batchPerDevice} takes ${peak}; ${next.experiment.train.batchPerDevice} would ${against}`
  if (batchPerDevice === largestChosen) return `it takes ${peak}, and arcc chooses no larger one by itself`
  return `it takes ${peak}; with a larger one less than ${fewestSteps} steps would make an epoch`
}

function placementChoice(chosen: Candidate, other: Candidate | undefined, { classes, replicas }: Lengths): Choice {
  const value = chosen.experiment.centers.placement
  const speed = (candidate: Candidate) => `~${showQuantity('throughput', candidate.time.samplesPerSecond)}`
  if (other === undefined) {
    if (replicas === 1) return { path: 'centers.placement', value, why: 'on one device both are the same' }
    const split = classes < replicas ? `${classes} classes cannot be split over ${replicas} devices` : undefined
    return { path: 'centers.placement', value, why: split ?? 'the other one cannot be planned' }
  }
  const name = other.experiment.centers.placement
  const against = objection(chosen) === undefined ? objection(other) : undefined
  if (!other.memory.fits)
    return { path: 'centers.placement', value, why: `\`${name}\` needs ${showBytes(other.memory.peak)}` }
  const why =
    against === undefined ? `${speed(chosen)}; \`${name}\` would give ${speed(other)}` : `\`${name}\` would ${against}`
  return { path: 'centers.placement', value, why }
}
