/** The results of a kit run: `RESULTS.json` as data, `RESULTS.md` as tables. */
import { formatBytes, formatDeviation } from '../../cli/render/format.ts'
import type { StepReport } from './bench-step.ts'
import type { Part } from './parts.ts'
import type { Report } from './report.ts'

interface TorchReport extends Report {
  readonly torch: string
  readonly step: number
  readonly imagesPerSecond: number
  readonly peakBytes: number
}

export interface PartResult {
  readonly name: string
  readonly kind: Part['kind']
  readonly beside: string | undefined
  readonly status: 'ok' | 'failed' | 'timed out' | 'left out'
  /** Wall time, including startup and compilation. */
  readonly seconds: number
  /** One line each; empty if everything passed. */
  readonly failures: readonly string[]
  /** What the program printed. */
  readonly report: unknown
}

export interface Results {
  /** As given by the caller; the kit does not read the clock. */
  readonly date: string | undefined
  /** By `nvidia-smi`'s fields; none in a rehearsal. */
  readonly cards: readonly Readonly<Record<string, string>>[]
  readonly plugin: string
  readonly node: string
  readonly arcc: string
  readonly seconds: number
  readonly parts: readonly PartResult[]
}

/** The reports of arcc and of PyTorch for one case. */
interface Pair {
  readonly name: string
  readonly arcc: StepReport
  readonly torch: readonly { readonly mode: string; readonly report: TorchReport }[]
}

function pairs({ parts }: Results): readonly Pair[] {
  const done = parts.filter(({ report, status }) => report !== undefined && status === 'ok')
  return done
    .filter(({ kind }) => kind === 'arcc')
    .map(({ name, beside, report }) => ({
      name: name.replace('arcc ', ''),
      arcc: report as StepReport,
      torch: done
        .filter((part) => part.kind === 'torch' && part.beside === beside)
        .map((part) => ({ mode: part.name.split(' ').at(-1) ?? '', report: part.report as TorchReport })),
    }))
}

const milliseconds = (value: number) => value.toFixed(1)

function stepRow({ name, arcc, torch }: Pair): readonly string[] {
  const best = torch.toSorted((a, b) => a.report.step - b.report.step)[0]
  const { peak, compiled } = arcc.memory
  const memory = (bytes: number | undefined) =>
    bytes === undefined ? '' : `${formatBytes(bytes)} (${formatDeviation(arcc.planned.memory, bytes)})`
  return [
    `${name}, ${arcc.precision}`,
    milliseconds(arcc.step),
    String(Math.round(arcc.imagesPerSecond)),
    `${milliseconds(arcc.planned.step)} (${formatDeviation(arcc.planned.step, arcc.step)})`,
    formatBytes(arcc.planned.memory),
    memory(compiled),
    memory(peak),
    torch.map(({ mode, report }) => `${milliseconds(report.step)} ${mode}`).join(', '),
    best === undefined ? '' : `${(best.report.step / arcc.step).toFixed(2)}×`,
  ]
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)]
}

function partLine({ report, failures }: PartResult): string {
  if (failures.length > 0) return failures.slice(0, 3).join('; ').replaceAll('|', '/').slice(0, 300)
  return figures(report).join(', ')
}

/** The strings and numbers in a report, including nested objects: `end.measured.secondsPerStep 0.0211`. */
function figures(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'number') return [`${path} ${Number(value.toPrecision(5))}`]
  if (typeof value === 'string') return [`${path} ${value}`]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => figures(inner, path === '' ? key : `${path}.${key}`))
}

export function renderResults(results: Results): string {
  const { cards, parts } = results
  const [card] = cards
  const steps = pairs(results)
  const head = [
    `# The GPU kit${results.date === undefined ? '' : `, ${results.date}`}`,
    '',
    card === undefined
      ? 'No GPU: a rehearsal.'
      : `${cards.length} × ${Object.entries(card)
          .map(([key, value]) => `${key} ${value}`)
          .join(', ')}`,
    '',
    `arcc ${results.arcc}, Node.js ${results.node}, ${results.plugin}; ${Math.round(results.seconds)} s in total.`,
    '',
  ]
  const stepHeads = [
    'step',
    'arcc, ms',
    'images/s',
    'planned, ms',
    'planned memory',
    'compiled',
    'peak',
    'PyTorch, ms',
    'faster by',
  ]
  return [
    ...head,
    ...(steps.length === 0 ? [] : [...table(stepHeads, steps.map(stepRow)), '']),
    ...table(
      ['part', 'status', 's', ''],
      parts.map((part) => [part.name, part.status, part.seconds.toFixed(0), partLine(part)]),
    ),
    '',
  ].join('\n')
}
