/** The figures as tables. */
import { formatBytes } from '../../cli/render/format.ts'
import { renderTable } from '../../cli/render/table.ts'
import { arraysOf } from './module.ts'
import { type GroupedKernel, isSmall, type Summary, totalBytes, totalRuns } from './summary.ts'

export interface CaseFigures {
  readonly name: string
  readonly summary: Summary
  /** Peak bytes according to XLA; `undefined` for a text that was not compiled here. */
  readonly peak: number | undefined
  /** CUDA graphs in the schedule; `undefined` for the same reason. */
  readonly graphs: number | undefined
}

const right = { align: 'right' } as const
const gigabytes = (kernels: readonly GroupedKernel[]) => (totalBytes(kernels) / 1e9).toFixed(2)
const runs = (kernels: readonly GroupedKernel[]) => String(totalRuns(kernels))

type Row = readonly [title: string, figure: (figures: CaseFigures) => string]

/** A row that sums the kernels that pass the filter. */
function row(
  title: string,
  figure: (kernels: readonly GroupedKernel[]) => string,
  keep: (k: GroupedKernel) => boolean,
): Row {
  return [title, ({ summary }) => figure(summary.kernels.filter(keep))]
}

const rows: readonly Row[] = [
  row('GB in total', gigabytes, () => true),
  row('  convolutions', gigabytes, ({ group }) => group === 'convolution'),
  row('  element-wise and sums over activations', gigabytes, ({ group }) => group === 'activation'),
  row('  filters transposed, converted, copied', gigabytes, ({ group }) => group === 'filter'),
  row('  matrix products', gigabytes, ({ group }) => group === 'product'),
  row('  between devices', gigabytes, ({ group }) => group === 'collective'),
  row('  head, update and the rest', gigabytes, ({ group }) => group === 'other'),
  row('kernels and calls', runs, () => true),
  row('  convolutions', runs, ({ group }) => group === 'convolution'),
  row('  touching less than 1 MB', runs, isSmall),
  row('filters: to 16 bits', runs, ({ filterMove }) => filterMove === 'to 16 bits'),
  row('  transposes', runs, ({ filterMove }) => filterMove === 'transpose'),
  row('  other conversions', runs, ({ filterMove }) => filterMove === 'conversion'),
  row('  gathered for their sums', runs, ({ filterMove }) => filterMove === 'gathering'),
  row('  copies', runs, ({ filterMove }) => filterMove === 'copy'),
  ['CUDA graphs', ({ graphs }) => (graphs === undefined ? '-' : String(graphs))],
  ['memory, peak', ({ peak }) => (peak === undefined ? '-' : formatBytes(peak))],
]

/** The figures of all cases, in columns. */
export function figureTable(cases: readonly CaseFigures[]): string[] {
  const columns = [{ title: 'per device and step' }, ...cases.map(({ name }) => ({ title: name, ...right }))]
  return renderTable(
    columns,
    rows.map(([title, figure]) => [title, ...cases.map(figure)]),
  )
}

/** The sums over devices of one case. */
export function allReduceTable({ summary }: CaseFigures): string[] {
  return renderTable(
    [
      { title: 'all-reduce' },
      { title: 'MB', ...right },
      { title: 'source' },
      { title: 'concurrent kernels', ...right },
    ],
    summary.allReduces.map(({ name, source, bytes, between }) => [
      name,
      (bytes / 1e6).toFixed(1),
      source,
      between === undefined ? 'none (blocking)' : String(between),
    ]),
  )
}

export const listings = {
  all: () => true,
  convolutions: ({ group }: GroupedKernel) => group === 'convolution',
  elementwise: ({ group }: GroupedKernel) => group === 'activation',
  filters: ({ filterMove }: GroupedKernel) => filterMove !== undefined,
  other: ({ group }: GroupedKernel) => group === 'other',
  small: isSmall,
} as const
export type Listing = keyof typeof listings

/** `input_add_reduce_fusion.44` is one of many: its name without the number. */
const stem = ({ instruction }: GroupedKernel) => instruction.name.replace(/[._]\d+/g, '')
/** `layers.3.layers.1.bn` with layer numbers replaced by stars. */
const place = ({ source }: GroupedKernel) => source.replace(/\b\d+\b/g, '*')

function largest({ operands, instruction }: GroupedKernel): string {
  const [most] = [...operands, instruction.shape].flatMap(arraysOf).toSorted((a, b) => b.bytes - a.bytes)
  return most === undefined ? '' : `${most.dtype}[${most.dims.join(',')}]`
}

/** The kernels of a listing, similar ones merged, sorted by bytes moved. */
export function kernelTable(kernels: readonly GroupedKernel[], listing: Listing, most: number): string[] {
  const alike = new Map<string, GroupedKernel[]>()
  for (const kernel of kernels.filter(listings[listing])) {
    const key = [stem(kernel), largest(kernel), place(kernel)].join(' ')
    alike.set(key, [...(alike.get(key) ?? []), kernel])
  }
  const weight = listing === 'small' ? totalRuns : totalBytes
  const sorted = [...alike.values()].toSorted((a, b) => weight(b) - weight(a))
  return renderTable(
    [
      { title: 'runs', ...right },
      { title: 'MB', ...right },
      { title: 'example kernel' },
      { title: 'largest tensor' },
      { title: 'source' },
    ],
    sorted.slice(0, most).map((group) => {
      const [first] = group
      const shown = first === undefined ? [] : [first.instruction.name, largest(first), place(first)]
      return [runs(group), (totalBytes(group) / 1e6).toFixed(1), ...shown]
    }),
  )
}
