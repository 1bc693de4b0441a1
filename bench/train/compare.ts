/** Measures a row in rounds, arcc and PyTorch in turn, and compares them. */
import { need } from '../../grammar/diagnostic.ts'
import { type Layout, layouts, type Programs } from './processes.ts'
import { judgeSteps, type Measured, type Report } from './report.ts'
import { type Row, rowName } from './rows.ts'
import type { Effort } from './samples.ts'

/** One process of each, one after the other. */
export interface Round {
  readonly arcc: Measured
  readonly torch: Readonly<Partial<Record<Layout, Measured>>>
}

export interface Comparison {
  /** PyTorch's faster layout. */
  readonly layout: Layout
  /** PyTorch's step divided by arcc's, one figure for each round. */
  readonly ratios: readonly number[]
  /** Their median: above 1, arcc is faster. */
  readonly faster: number
  /** Seconds: medians over the rounds. */
  readonly step: { readonly arcc: number; readonly torch: number }
  /** Median peaks of the processes, in bytes. */
  readonly peak: { readonly arcc: number; readonly torch: number }
  /** The median of arcc's peak divided by PyTorch's. */
  readonly memory: number
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
  const layout = measured.reduce((a, b) => (stepOf(torchOf(b)) < stepOf(torchOf(a)) ? b : a))
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
    step: { arcc: stepOf(arcc), torch: stepOf(torch) },
    peak: { arcc: median(arcc.map(({ peak }) => peak)), torch: median(torch.map(({ peak }) => peak)) },
    memory: median(pairs.map((pair) => pair.arcc.peak / pair.torch.peak)),
    steps: { counted: sum(({ counted }) => counted), leftOut: sum(({ leftOut }) => leftOut) },
  }
}

/** Processes that other programs disturbed are started this often before the row is given up. */
const attempts = 4

export interface RowResult {
  readonly rounds: readonly Round[]
  /** What ran the steps, with versions. */
  readonly with: { readonly arcc: string; readonly torch: string }
  /** Seconds until arcc's step could run in the first process; it was compiled there if no cache had it. */
  readonly loadSeconds: number
}

/** Measures a row; `say` gets each figure at once. Throws if the computer is too busy to measure anything. */
export function measureRow(
  row: Row,
  programs: Programs,
  { effort, pairs, say }: { effort: Effort; pairs: number; say: (what: string) => void },
): RowResult {
  const quietly = (what: string, start: () => Report): [Measured, Report] => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const report = start()
      const measured = judgeSteps(report)
      if (measured !== undefined) {
        const { step, peak, counted, leftOut } = measured
        const without = leftOut === 0 ? '' : `, ${leftOut} left out`
        say(`${rowName(row)}: ${what} ${step.toFixed(3)} s, ${(peak / 1e9).toFixed(2)} GB (${counted} steps${without})`)
        return [measured, report]
      }
      say(`${rowName(row)}: ${what} again: other processes ran meanwhile`)
    }
    throw new Error(`${rowName(row)}: other processes ran during all steps of ${what}; let them end first`)
  }
  // Compiles the programs into the cache, so that all rounds load them.
  const { loadSeconds } = programs.arcc(row, { warmUp: 0, samples: 1, seconds: 0 })
  const withOf = { arcc: '', torch: '' }
  const rounds: Round[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const [arcc, report] = quietly('arcc', () => programs.arcc(row, effort))
    withOf.arcc = report.with
    const torch: Partial<Record<Layout, Measured>> = {}
    for (const layout of row.kind === 'head' ? (['nchw'] as const) : layouts) {
      const [measured, own] = quietly(`PyTorch ${layout}`, () => programs.torch(row, layout, effort))
      torch[layout] = measured
      withOf.torch = own.with
    }
    rounds.push({ arcc, torch })
  }
  return { rounds, with: withOf, loadSeconds }
}
