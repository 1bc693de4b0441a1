/** XLA's exact figures, compared with the memory ledger. */
import type { PlanDocument } from '../../compiler/plan/document.ts'
import { factLines } from './fit.ts'
import { formatBytes, formatPercent, formatSeconds } from './format.ts'
import type { Look } from './look.ts'
import { right, rowsOf, table } from './section.ts'

/** `3.2 % below`, `0.4 % above`, `equal`: a value relative to a reference, to a tenth of a percent. */
export function compareWith(value: number, reference: number): string {
  const off = (value / reference - 1) * 100
  const text = Math.abs(off).toFixed(1)
  if (text === '0.0') return 'equal'
  return `${text} % ${off < 0 ? 'below' : 'above'}`
}

/** The section of exact figures; no lines if the plan has none. */
export function renderExact({ exact, memory }: PlanDocument, look: Look): string[] {
  if (exact === undefined) return []
  const { palette } = look
  const ledger = memory.peak - exact.reserve
  const rows = [
    ['arguments', exact.arguments, 'state and inputs'],
    ['temporaries', exact.temporaries, 'activations, gradients, workspaces; one allocation'],
    ['new outputs', exact.outputs - exact.alias, 'results that do not reuse an argument'],
    ['reserve', exact.reserve, 'driver, engine, libraries; not counted by XLA'],
  ] as const
  const share = exact.total / memory.capacity
  return [
    ...factLines(
      [palette.strong('Memory by XLA'), `compiled for ${exact.target} in ${formatSeconds(exact.compileSeconds)}`],
      look,
      { indent: table.indent },
    ),
    ...rowsOf(
      [{}, right, { wrap: 12 }],
      [
        ...rows.map(([name, bytes, detail]) => [name, formatBytes(bytes), palette.quiet(detail)]),
        ['total', formatBytes(exact.total), `${formatPercent(share)} of ${formatBytes(memory.capacity)}`],
        [
          'peak',
          formatBytes(exact.peak),
          `excluding the reserve; the ledger's ${formatBytes(ledger)} is ${compareWith(ledger, exact.peak)}`,
        ],
      ],
      look,
    ),
  ]
}
