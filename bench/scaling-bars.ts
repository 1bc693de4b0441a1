/** The bounds for the plans of the scaling experiments at batch 64, by XLA's own figures and the reserve. */
import { formatBytes } from '../cli/render/format.ts'
import type { Cell } from './scaling-cells.ts'
import type { Verdict } from './verdict.ts'

/** The maximum fraction of the published memory that arcc may use. */
export function largestShare({ column, identities }: Cell): number {
  if (column === 'partial_fc') return 0.7
  if (column === 'full_softmax') return identities <= 500_000 ? 0.65 : 0.5
  return identities <= 250_000 ? 0.6 : 0.5
}

/** Up to this number of identities, a cell must fit where arcface_torch ran out of memory. */
const mustFit = { data_parallel: 5_500_000, full_softmax: 29_000_000, partial_fc: 29_000_000 } as const

const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`

/** One verdict for each cell that has a bound. Only exact figures count; a cell without one has no verdict. */
export function judgeCells(cells: readonly Cell[]): readonly Verdict[] {
  return cells.flatMap((cell): Verdict[] => {
    const { exact, capacity } = cell.planned[64]
    const name = `${cell.column} ${cell.identities}`
    if (cell.published !== undefined) {
      const bar = largestShare(cell)
      if (exact === undefined)
        return [{ what: `${name}: at most ${percent(bar)} of the published`, found: 'not compiled', ok: false }]
      const share = exact / cell.published.memory
      return [{ what: `${name}: at most ${percent(bar)} of the published`, found: percent(share), ok: share <= bar }]
    }
    if (cell.identities > mustFit[cell.column]) return []
    const found = exact === undefined ? 'not compiled' : gigabytes(exact)
    return [{ what: `${name}: fits in ${formatBytes(capacity)}`, found, ok: exact !== undefined && exact <= capacity }]
  })
}

/** Identities at rate 0.1 and batch 64 with the smallest state: PLSC's record is 92 million with four bytes per weight. */
export const identitiesToBeat = 120e6
