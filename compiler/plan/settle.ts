/** Chooses values for `auto`, with a reason for each. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { type Experiment, isChosen } from '../experiment/experiment.ts'
import { batchPerDevice } from '../experiment/lengths.ts'
import type { Host } from '../host/host.ts'
import { placements, recomputations } from '../schema/experiment.ts'
import { largestBatch, largestChosen } from './batch-sizes.ts'
import { compareBounds, isAllowed, objection } from './bounds.ts'
import { type Candidate, chosenWith, planCandidate, tryChange } from './candidate.ts'
import type { OpenLengths } from './declared-counts.ts'
import { planOpenLengths } from './lengths.ts'
import { batchSetting, type Change, type Setting, type SettingOf, settingOf } from './paths.ts'
import { showBytes, showQuantity } from './show.ts'

/** A value that the planner chose for `auto`. */
interface Choice {
  readonly setting: Setting
  readonly why: string
}

type Placement = SettingOf<'centers.placement'>

export interface Settled {
  readonly candidate: Candidate
  readonly choices: readonly Choice[]
}

/** The minimum number of steps per epoch with a batch that `auto` chooses. */
const fewestSteps = 10

/** Settles all open values and plans the experiment; `undefined` after a diagnostic. */
export function settle(experiment: Experiment, host: Host, bag: DiagnosticBag): Settled | undefined {
  if (isChosen(experiment)) {
    const candidate = planCandidate(experiment, host, bag)
    return candidate && { candidate, choices: [] }
  }
  // Errors that affect every choice are reported here; trials are silent.
  const lengths = planOpenLengths(experiment, host, bag)
  if (lengths === undefined) return undefined
  const most = largestOpen(lengths)
  const tried = placementsOf(experiment, lengths)
  const trials = tried.map((placement) => settlePlacement(experiment, placement, most, host))
  const [best, other] = trials.filter((trial) => trial !== undefined).sort(byBounds)
  if (best === undefined) {
    // No choice can be planned: report the reason for the mildest one.
    planCandidate(chosenWith(experiment, mildestOf(experiment, tried)), host, bag)
    return undefined
  }
  if (experiment.centers.placement !== 'auto') return best
  const choice = placementChoice(best.candidate, other?.candidate, lengths)
  return { candidate: best.candidate, choices: [...best.choices, choice] }
}

/** The largest batch per device that `auto` can choose. */
export function largestOpen({ images, replicas }: OpenLengths): number {
  return Math.min(largestChosen, Math.max(1, Math.floor(images / (replicas * fewestSteps))))
}

/** The first trial for each open field. */
function mildestOf({ train }: Experiment, [placement]: readonly Placement[]): Change {
  return [
    ...(placement === undefined ? [] : [placement]),
    ...(train.recompute === 'auto' ? [{ path: 'train.recompute', value: recomputations[0] } as const] : []),
    ...(train.batch === 'auto' ? [batchSetting(1)] : []),
  ]
}

/** On one device both placements are the same; with fewer classes than devices, sharding would leave some devices empty. */
function placementsOf({ centers }: Experiment, { classes, replicas }: OpenLengths): readonly Placement[] {
  const settings = (values: readonly Placement['value'][]) =>
    values.map((value): Placement => ({ path: 'centers.placement', value }))
  if (centers.placement !== 'auto') return settings([centers.placement])
  if (replicas === 1) return settings(['shard'])
  return settings(classes < replicas ? ['replicate'] : placements)
}

const byBounds = (a: Settled, b: Settled) => compareBounds(a.candidate, b.candidate)

function settlePlacement(experiment: Experiment, placement: Placement, most: number, host: Host): Settled | undefined {
  if (experiment.train.recompute !== 'auto') return settleBatch(experiment, [placement], most, host)
  const trials: Settled[] = []
  for (const value of recomputations) {
    const settled = settleBatch(experiment, [placement, { path: 'train.recompute', value }], most, host)
    if (settled !== undefined) trials.push(settled)
    if (settled !== undefined && isAllowed(settled.candidate)) break
  }
  const [without] = trials
  const [best] = trials.toSorted(byBounds)
  if (best === undefined || without === undefined) return undefined
  const setting = settingOf(best.candidate.experiment, 'train.recompute')
  return { ...best, choices: [...best.choices, { setting, why: recomputeReason(best, without) }] }
}

function recomputeReason(best: Settled, without: Settled): string {
  const needs = showBytes(without.candidate.memory.peak)
  if (best === without)
    return without.candidate.memory.fits
      ? `fits without recomputation: ${needs}`
      : `needs the least memory without recomputation: ${needs}`
  const against = without.candidate.memory.fits ? objection(without.candidate) : undefined
  return against === undefined
    ? `without recomputation the step needs ${needs}`
    : `without recomputation the step would ${against}`
}

function settleBatch(experiment: Experiment, change: Change, most: number, host: Host): Settled | undefined {
  if (experiment.train.batch !== 'auto') {
    const candidate = tryChange(experiment, change, host)
    return candidate && { candidate, choices: [] }
  }
  const { best, next } = largestBatch(experiment, change, most, host)
  const candidate = best ?? next
  if (candidate === undefined) return undefined
  const setting = settingOf(candidate.experiment, 'train.batch')
  return { candidate, choices: [{ setting, why: batchReason(best, next) }] }
}

function batchReason(best: Candidate | undefined, next: Candidate | undefined): string {
  if (best === undefined) return 'the smallest possible'
  const size = batchPerDevice(best.experiment)
  const peak = showBytes(best.memory.peak)
  const against = next && objection(next)
  if (next !== undefined && against !== undefined)
    return `${size} needs ${peak}; ${batchPerDevice(next.experiment)} would ${against}`
  if (size === largestChosen) return `needs ${peak}; arcc does not choose a larger one automatically`
  return `needs ${peak}; with a larger one, an epoch would have fewer than ${fewestSteps} steps`
}

function placementChoice(chosen: Candidate, other: Candidate | undefined, lengths: OpenLengths): Choice {
  return { setting: settingOf(chosen.experiment, 'centers.placement'), why: placementReason(chosen, other, lengths) }
}

function placementReason(chosen: Candidate, other: Candidate | undefined, { classes, replicas }: OpenLengths): string {
  const speed = (candidate: Candidate) => `~${showQuantity('throughput', candidate.time.samplesPerSecond)}`
  if (other === undefined) {
    if (replicas === 1) return 'both are the same on one device'
    const split = classes < replicas ? `${classes} classes cannot be split over ${replicas} devices` : undefined
    return split ?? 'the other one has no plan'
  }
  const name = other.experiment.centers.placement
  if (!other.memory.fits) return `\`${name}\` needs ${showBytes(other.memory.peak)}`
  const against = objection(chosen) === undefined ? objection(other) : undefined
  return against === undefined
    ? `${speed(chosen)}; \`${name}\` would give ${speed(other)}`
    : `\`${name}\` would ${against}`
}
