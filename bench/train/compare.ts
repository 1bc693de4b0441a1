/** From what the processes print to a comparison: which steps count, and how arcc and PyTorch compare over all rounds. */
import { need } from '../../grammar/diagnostic.ts'
import { type Layout, layouts } from './rows.ts'
import { othersCores, type Report } from './samples.ts'

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

/** A process counts only with at least this many samples in which others kept still. */
export const fewestSamples = 2

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

/**
 * Leaves out the samples during which other processes used more than `others` cores; `undefined` if hardly any is left. Throws if a loss is not finite: such steps compare nothing.
 */
export function judgeSteps({ samples, peak, losses }: Report, others: number): Measured | undefined {
  const [first = Number.NaN] = losses
  const last = losses.at(-1) ?? Number.NaN
  if (!losses.every(Number.isFinite)) throw new Error(`the loss is not finite: ${first} to ${last}`)
  const clean = samples.filter((sample) => othersCores(sample) <= others)
  if (clean.length < fewestSamples) return undefined
  const counted = sum(clean.map(({ steps }) => steps))
  return {
    step: median(clean.map(({ seconds, steps }) => seconds / steps)),
    peak,
    counted,
    leftOut: sum(samples.map(({ steps }) => steps)) - counted,
    losses: [first, last],
  }
}

/** One process of each, one after the other. */
export interface Round {
  readonly arcc: Measured
  readonly torch: Readonly<Partial<Record<Layout, Measured>>>
}

export interface Comparison {
  /** PyTorch's faster layout of those that every round has, the one that counts. */
  readonly layout: Layout
  /** PyTorch's step divided by arcc's, one figure for each round. */
  readonly ratios: readonly number[]
  /** Their median: above 1, arcc is faster. */
  readonly faster: number
  /** Seconds: medians over the rounds. */
  readonly step: { readonly arcc: number; readonly torch: number }
  /** The same for every layout of PyTorch's. */
  readonly layouts: Readonly<Partial<Record<Layout, number>>>
  /** Median peaks of the processes, in bytes. */
  readonly peak: { readonly arcc: number; readonly torch: number }
  /** The median of arcc's peak divided by PyTorch's. */
  readonly memory: number
  /** Steps of all processes. */
  readonly steps: { readonly counted: number; readonly leftOut: number }
}

/** The mean of the two middle values of an even number of them. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number) => need(sorted[Math.floor(index)], 'a value')
  return (at((sorted.length - 1) / 2) + at(sorted.length / 2)) / 2
}

/** Throws if there is no round. */
export function compareRounds(rounds: readonly Round[]): Comparison {
  const torchOf = (layout: Layout) => rounds.flatMap(({ torch }) => torch[layout] ?? [])
  const stepOf = (all: readonly Measured[]) => median(all.map(({ step }) => step))
  const measured = layouts.filter((layout) => torchOf(layout).length > 0)
  const throughout = measured.filter((layout) => torchOf(layout).length === rounds.length)
  const layout = throughout.reduce((a, b) => (stepOf(torchOf(b)) < stepOf(torchOf(a)) ? b : a))
  const pairs = rounds.map(({ arcc, torch }) => ({ arcc, torch: need(torch[layout], layout) }))
  const ratios = pairs.map(({ arcc, torch }) => torch.step / arcc.step)
  const arcc = pairs.map((pair) => pair.arcc)
  const torch = pairs.map((pair) => pair.torch)
  const all = rounds.flatMap((round) => [round.arcc, ...Object.values(round.torch)])
  const sum = (figure: (one: Measured) => number) => all.reduce((total, one) => total + figure(one), 0)
  return {
    layout,
    ratios,
    faster: median(ratios),
    layouts: Object.fromEntries(measured.map((one) => [one, stepOf(torchOf(one))])),
    step: { arcc: stepOf(arcc), torch: stepOf(torch) },
    peak: { arcc: median(arcc.map(({ peak }) => peak)), torch: median(torch.map(({ peak }) => peak)) },
    memory: median(pairs.map((pair) => pair.arcc.peak / pair.torch.peak)),
    steps: { counted: sum(({ counted }) => counted), leftOut: sum(({ leftOut }) => leftOut) },
  }
}
