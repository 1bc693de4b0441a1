/** The comparison for people: a table in a terminal, and `bench/RESULTS.md` with what it depends on and how to repeat it. */
import { formatBytes, formatPercent, formatQuantity, plural } from '../../cli/render/format.ts'
import { type Column, renderTable } from '../../cli/render/table.ts'
import { leastFaster } from './bars.ts'
import { comparisonOf, judge, type Results, type RowResult, sharesOfPeak } from './results.ts'
import { rowName } from './rows.ts'
import type { Peak } from './setting.ts'

const right = { align: 'right' } as const
const columns: readonly (Column & { readonly title: string })[] = [
  { title: 'step' },
  { title: 'arcc', ...right },
  { title: 'PyTorch', ...right },
  { title: 'channels_last', ...right },
  { title: 'faster by', ...right },
  { title: 'ratios' },
  { title: 'bound', ...right },
  { title: 'arcc, of peak', ...right },
  { title: 'PyTorch, of peak', ...right },
  { title: 'arcc, memory', ...right },
  { title: 'PyTorch, memory', ...right },
  { title: 'ratio', ...right },
  { title: 'steps left out', ...right },
]

const seconds = (value: number | undefined) =>
  value === undefined ? '' : `${value < 1 ? value.toFixed(3) : value.toFixed(2)} s`
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`

function cellsOf(result: RowResult, peak: Peak | string): readonly string[] {
  const name = rowName(result.row)
  const compared = comparisonOf(result)
  // The reason stands in a column of words.
  if (typeof compared === 'string')
    return columns.map(({ title }, i) => (i === 0 ? name : title === 'ratios' ? compared : ''))
  const { layouts, ratios, faster, step, memory, peak: bytes, steps } = compared
  const shares = sharesOfPeak(result, compared, peak)
  const percent = (share: number | undefined) => (share === undefined ? '–' : formatPercent(share))
  return [
    name,
    seconds(step.arcc),
    seconds(layouts.nchw),
    seconds(layouts.channels_last),
    `${faster.toFixed(2)} ×`,
    ratios.map((ratio) => ratio.toFixed(2)).join(' '),
    leastFaster(result.row).toFixed(2),
    percent(shares?.arcc),
    percent(shares?.torch),
    gigabytes(bytes.arcc),
    gigabytes(bytes.torch),
    memory.toFixed(2),
    `${steps.leftOut} of ${steps.leftOut + steps.counted}`,
  ]
}

/** `peak of multiply-adds, all cores: 233 GFLOP/s in f32, 462 GFLOP/s in bf16 (AVX-512)`; or why there is none. */
function peakLine(peak: Peak | string): string {
  if (typeof peak === 'string') return `no peak of multiply-adds: ${peak}`
  const rates = (['f32', 'bf16'] as const).flatMap((type) =>
    peak[type] === undefined ? [] : `${formatQuantity(peak[type], 'FLOP/s')} in ${type}`,
  )
  return `peak of multiply-adds, all cores: ${rates.join(', ')} (${peak.instructions})`
}

export function renderForTerminal({ rows, peak }: Results): string[] {
  const table = renderTable(
    columns,
    rows.map((row) => cellsOf(row, peak)),
  )
  return [...table, '', peakLine(peak)]
}

function renderAsMarkdown({ rows, peak }: Results): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map((row) => line(cellsOf(row, peak).map((cell) => cell.replaceAll('|', '/').replaceAll('\n', ' ')))),
  ]
}

/** The text of `bench/RESULTS.md`. */
export function resultsFile(results: Results): string {
  const { setting, peak, rows } = results
  const { processor, cores, memory, node, arcc, arcfaceTorch, pairs, effort } = setting
  const versions = rows.flatMap(({ measured }) => (typeof measured === 'string' ? [] : [measured.with]))
  const names = (one: 'arcc' | 'torch') => [...new Set(versions.map((found) => found[one]))].join('; ')
  const verdicts = judge(results)
  const missed = verdicts.filter(({ ok }) => !ok)
  return `${[
    '# Training steps on a CPU, compared with arcface_torch',
    '',
    'Written by `npm run bench:train -- --arcface-torch DIR --python PYTHON --write`, which repeats it; [bench/README.md](README.md)',
    'describes what is measured and how. DIR is a checkout of `recognition/arcface_torch` of InsightFace, PYTHON one that has PyTorch.',
    '',
    `- Computer: ${processor}, ${cores} cores, ${formatBytes(memory)}; ${peakLine(peak)}.`,
    `- arcc ${arcc}; Node.js ${node}; ${names('arcc')}.`,
    `- ${names('torch')}, ${cores} threads; arcface_torch, SHA-256 of its files ${arcfaceTorch}….`,
    `- ${plural(pairs, 'round')} of fresh processes in turn; steps left out: those during which others used more than ${formatPercent(effort.others)} of a core.`,
    '',
    ...renderAsMarkdown(results),
    '',
    `${verdicts.length - missed.length} of ${verdicts.length} bounds kept.`,
    ...(missed.length === 0 ? [] : ['', ...missed.map(({ what, found }) => `- Missed: ${what}: ${found}`)]),
  ].join('\n')}\n`
}
