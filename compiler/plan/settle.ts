/** What the planner puts in the place of `auto`, and why. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { Experiment } from '../experiment.ts'
import type { Host } from '../host.ts'
import { batchSizes, largestBatch } from './batch-sizes.ts'
import { type Candidate, type Change, planCandidate, tryChange } from './candidate.ts'
import type { PlanDocument } from './document.ts'
import { planLengths } from './lengths.ts'
import { showBytes, showQuantity } from './show.ts'

type Choice = PlanDocument['choices'][number]

export interface Settled {
  readonly candidate: Candidate
  readonly choices: readonly Choice[]
}

/** Share of the memory that a choice leaves free: the ledger is right to a few percent. */
const headroom = 0.05
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
  const most = Math.max(1, Math.floor(lengths.images / (lengths.replicas * fewestSteps)))
  const trials = placementsOf(experiment, lengths.replicas).map((placement) =>
    settlePlacement(experiment, placement, most, host),
  )
  const [best, other] = trials.filter((trial) => trial !== undefined).sort(better)
  if (best === undefined) return undefined
  if (!open.placement) return best
  const choice = placementChoice(best.candidate, other?.candidate, lengths.replicas)
  return { candidate: best.candidate, choices: [...best.choices, choice] }
}

/** On one device both placements are the same. */
function placementsOf(experiment: Experiment, replicas: number): readonly ('shard' | 'replicate')[] {
  const { centers, open } = experiment
  if (!open.placement) return [centers.placement]
  return replicas === 1 ? ['shard'] : ['shard', 'replicate']
}

/** What fits comes first, then what is faster. */
function better(a: Settled, b: Settled): number {
  const [x, y] = [a.candidate, b.candidate]
  if (x.memory.fits !== y.memory.fits) return x.memory.fits ? -1 : 1
  return y.time.samplesPerSecond - x.time.samplesPerSecond
}

function settlePlacement(
  experiment: Experiment,
  placement: 'shard' | 'replicate',
  most: number,
  host: Host,
): Settled | undefined {
  const { train } = experiment
  const change: Change = { centers: { placement } }
  if (train.recompute !== 'auto') return settleBatch(experiment, { ...change, recompute: train.recompute }, most, host)
  let last: Settled | undefined
  let why = 'it fits without'
  for (const recompute of ['none', 'cheap', 'blocks'] as const) {
    const settled = settleBatch(experiment, { ...change, recompute }, most, host)
    if (settled === undefined) continue
    const { fits, peak } = settled.candidate.memory
    if (recompute === 'none')
      why = fits ? `it fits without: ${showBytes(peak)}` : `without it the step needs ${showBytes(peak)}`
    last = { ...settled, choices: [...settled.choices, { path: 'train.recompute', value: recompute, why }] }
    if (fits) break
  }
  return last
}

function settleBatch(experiment: Experiment, change: Change, most: number, host: Host): Settled | undefined {
  if (!experiment.open.batch) {
    const candidate = tryChange(experiment, change, host)
    return candidate && { candidate, choices: [] }
  }
  const { memory } = experiment.machine.device
  const limit = memory * (1 - headroom)
  const { best, tooLarge } = largestBatch(experiment, change, { limit, most }, host)
  const candidate = best ?? tooLarge
  if (candidate === undefined) return undefined
  const value = `${candidate.experiment.train.batchPerDevice} per device`
  return { candidate, choices: [{ path: 'train.batch', value, why: batchReason(best, tooLarge) }] }
}

function batchReason(best: Candidate | undefined, tooLarge: Candidate | undefined): string {
  if (best === undefined) return 'the smallest there is'
  const { batchPerDevice } = best.experiment.train
  if (tooLarge === undefined) {
    const fits = `it takes ${showBytes(best.memory.peak)}`
    if (batchPerDevice === batchSizes.at(-1)) return `${fits}, and arcc chooses no larger one by itself`
    return `${fits}; with a larger one less than ${fewestSteps} steps would make an epoch`
  }
  const next = tooLarge.experiment.train.batchPerDevice
  return `${batchPerDevice} takes ${showBytes(best.memory.peak)}; ${next} would take ${showBytes(tooLarge.memory.peak)}, and ${headroom * 100} % are to stay free`
}

function placementChoice(chosen: Candidate, other: Candidate | undefined, replicas: number): Choice {
  const value = chosen.experiment.centers.placement
  const speed = (candidate: Candidate) => `~${showQuantity('throughput', candidate.time.samplesPerSecond)}`
  if (other === undefined) {
    const why = replicas === 1 ? 'on one device both are the same' : 'the other one cannot be planned'
    return { path: 'centers.placement', value, why }
  }
  const name = other.experiment.centers.placement
  const why = other.memory.fits
    ? `${speed(chosen)}; \`${name}\` would give ${speed(other)}`
    : `\`${name}\` needs ${showBytes(other.memory.peak)}`
  return { path: 'centers.placement', value, why }
}
