/** Measures a row: arcc and PyTorch in turn, each time in a fresh process. */
import { judgeSteps, type Measured, type Round } from './compare.ts'
import type { Programs } from './processes.ts'
import { type Layout, layouts, type Row, rowName } from './rows.ts'
import type { Effort, Report } from './samples.ts'

/** A layout that takes this many times as long as the faster one in the first round is not measured again. */
const hopeless = 1.1

/** A process that others disturbed throughout is started this often before the row is given up. */
const attempts = 2

export interface RowRounds {
  readonly rounds: readonly Round[]
  /** What ran the steps, with versions. */
  readonly with: { readonly arcc: string; readonly torch: string }
  /** Of arcc's first process, which compiles the step unless the cache has it. */
  readonly cold: { readonly loadSeconds: number; readonly peak: number }
}

export interface RowEffort {
  readonly effort: Effort
  /** Rounds. */
  readonly pairs: number
  /** Receives each figure when it is measured. */
  readonly say: (what: string) => void
}

/** Throws what went wrong in a process, and if the computer is too busy to measure anything. */
export function measureRow(row: Row, programs: Programs, { effort, pairs, say }: RowEffort): RowRounds {
  const name = rowName(row)
  const quietly = (what: string, start: () => Report): { readonly measured: Measured; readonly report: Report } => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const report = start()
      const measured = judgeSteps(report, effort.others)
      if (measured !== undefined) {
        const { step, peak, counted, leftOut } = measured
        const without = leftOut === 0 ? '' : `, ${leftOut} left out`
        say(`${name}: ${what} ${step.toFixed(3)} s, ${(peak / 1e9).toFixed(2)} GB (${counted} steps${without})`)
        return { measured, report }
      }
      say(`${name}: ${what}: other processes ran during nearly all steps`)
    }
    throw new Error('other processes ran during nearly all steps')
  }
  // Compiles the programs into the cache, so that all rounds load them.
  const { loadSeconds, peak } = programs.arcc(row, { ...effort, warmUp: 0, most: 0 })
  const versions = { arcc: '', torch: '' }
  const rounds: Round[] = []
  let contenders: readonly Layout[] = row.kind === 'head' ? ['nchw'] : layouts
  for (let pair = 0; pair < pairs; pair++) {
    const arcc = quietly('arcc', () => programs.arcc(row, effort))
    versions.arcc = arcc.report.with
    const torch: Partial<Record<Layout, Measured>> = {}
    for (const layout of contenders) {
      const { measured, report } = quietly(`PyTorch ${layout}`, () => programs.torch(row, layout, effort))
      torch[layout] = measured
      versions.torch = report.with
    }
    rounds.push({ arcc: arcc.measured, torch })
    const stepOf = (layout: Layout) => torch[layout]?.step ?? Number.POSITIVE_INFINITY
    const least = Math.min(...contenders.map(stepOf))
    contenders = contenders.filter((layout) => stepOf(layout) < hopeless * least)
  }
  return { rounds, with: versions, cold: { loadSeconds, peak } }
}
