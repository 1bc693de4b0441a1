/** The bounds of `npm run bench:train -- --check`: how much faster than PyTorch, with how much memory. */
import { formatPercent } from '../../cli/render/format.ts'
import type { Verdict } from '../verdict.ts'
import type { Comparison } from './compare.ts'
import { type BatchSize, type HeadRow, type Network, type Row, rowName } from './rows.ts'

/** PyTorch's step divided by arcc's, at least. */
const f32: Readonly<Record<BatchSize, Readonly<Record<Network, number>>>> = {
  16: { r18: 1.1, r50: 1.1, mbf: 1.25, vit_t: 1.1 },
  32: { r18: 1.25, r50: 1.1, mbf: 1.35, vit_t: 1.1 },
}
/** The same in bf16, for every network. */
const bf16 = 1.05
/** The same for the head, and for that of a million classes without sampling. */
const head = 3
const largeHead = 6
/** arcc's peak memory divided by PyTorch's, at most, in every row. */
const memory = 0.9
/** A row with fewer ratios is not judged as kept. */
const fewestRatios = 5

const headBar = ({ classes, rate }: HeadRow) => (classes >= 1e6 && rate === 1 ? largeHead : head)

/** How much faster than PyTorch arcc must be in this row. */
export function leastFaster(row: Row): number {
  if (row.kind === 'head') return headBar(row)
  return row.precision === 'f32' ? f32[row.batch][row.network] : bf16
}

/** A row without a comparison could not be measured, for the reason given. */
export function judgeRow(row: Row, compared: Comparison | string): readonly Verdict[] {
  const name = rowName(row)
  if (typeof compared === 'string') return [{ what: `${name}: measured`, found: compared, ok: false }]
  const { faster, ratios, memory: share } = compared
  const bar = leastFaster(row)
  return [
    {
      what: `${name}: at least ${bar} × as fast as PyTorch, by ${fewestRatios} ratios`,
      found: `${faster.toFixed(2)} ×, by ${ratios.length}`,
      ok: faster >= bar && ratios.length >= fewestRatios,
    },
    {
      what: `${name}: at most ${formatPercent(memory)} of PyTorch's memory`,
      found: formatPercent(share),
      ok: share <= memory,
    },
  ]
}
