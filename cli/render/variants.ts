/** A table of several plans, one per row: variants of a sweep, experiments of a folder. Pure: documents in, lines out. */
import { worldSize } from '../../compiler/experiment/lengths.ts'
import type { PlanDocument } from '../../compiler/plan/document.ts'
import { lineWidth, paragraph } from './fit.ts'
import { formatBytes, formatCompact, formatCount, formatPercent, formatSeconds, plural } from './format.ts'
import type { Look } from './look.ts'
import { type Column, renderTable } from './table.ts'

/** One of several variants or experiments, and its result. */
export interface Variant {
  readonly name: string
  /** `undefined` if the variant has errors that prevent a plan. */
  readonly plan: PlanDocument | undefined
  /** Codes of its errors. */
  readonly errors: readonly string[]
}

interface Figure extends Column {
  readonly title: string
  readonly of: (plan: PlanDocument) => string
  /** A given figure, which is omitted if it is the same for all plans. */
  readonly isGiven?: true
  /** Omitted if no plan has it. */
  readonly isOptional?: true
}

/** The figures of a variant without a plan. */
const none = '-'

const figures: readonly Figure[] = [
  { title: 'weights', align: 'right', drop: 1, isGiven: true, of: ({ model }) => formatCompact(model.parameters) },
  { title: 'classes', align: 'right', drop: 4, isGiven: true, of: ({ centers }) => formatCount(centers.classes) },
  { title: 'sampled', align: 'right', drop: 3, isGiven: true, of: ({ centers }) => share(centers.sampleRate) },
  {
    title: 'devices',
    align: 'right',
    drop: 2,
    isGiven: true,
    of: ({ machine }) => formatCount(worldSize(machine)),
  },
  { title: 'batch', align: 'right', drop: 5, isGiven: true, of: ({ schedule }) => formatCount(schedule.batch) },
  { title: 'memory', align: 'right', of: ({ memory }) => formatBytes(memory.peak) },
  {
    title: 'by XLA',
    align: 'right',
    drop: 9,
    isOptional: true,
    of: ({ exact }) => (exact === undefined ? '' : formatBytes(exact.total)),
  },
  { title: 'used', align: 'right', of: ofMemory },
  { title: 'step', align: 'right', drop: 8, of: ({ time }) => formatSeconds(time.secondsPerStep) },
  { title: 'images/s', align: 'right', drop: 7, of: ({ time }) => formatCount(time.samplesPerSecond) },
  { title: 'bound by', drop: 6, of: ({ time }) => time.bound },
]

/** A fraction of the classes with as few digits as possible. */
function share(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`
}

/** Exact figures take precedence over the ledger. */
function fits({ memory, exact }: PlanDocument): boolean {
  return exact?.fits ?? memory.fits
}

function ofMemory(plan: PlanDocument): string {
  const { memory, exact } = plan
  return fits(plan) ? formatPercent((exact?.total ?? memory.peak) / memory.capacity) : 'too large'
}

/** The table, and how many plans fit. On a narrow terminal columns are dropped, the given figures first. */
export function renderVariants(variants: readonly Variant[], look: Look): string[] {
  const plans = variants.flatMap(({ plan }) => plan ?? [])
  const shown = figures.filter((figure) => {
    const texts = plans.map(figure.of)
    if (texts.length === 0) return false
    if (figure.isOptional) return texts.some((text) => text !== '')
    return !figure.isGiven || texts.some((text) => text !== texts[0])
  })
  const failed = variants.filter(({ errors }) => errors.length > 0)
  const columns: readonly Column[] = [
    { title: 'experiment', wrap: 24 },
    ...shown,
    ...(failed.length > 0 ? [{ title: 'error', wrap: 7 }] : []),
  ]
  const rows = variants.map(({ name, plan, errors }) => [
    name,
    ...shown.map((figure) => (plan === undefined ? none : figure.of(plan))),
    errors.join(' '),
  ])
  const lines = renderTable(columns, rows, { paintTitle: look.palette.strong, width: lineWidth(look) })
  const fitting = plans.filter(fits).length
  const paint = fitting === variants.length && failed.length === 0 ? look.palette.good : look.palette.warning
  const errors = failed.length === 0 ? '' : `, ${failed.length} ${failed.length === 1 ? 'has' : 'have'} errors`
  return [...lines, '', ...paragraph(paint(`${fitting} of ${plural(variants.length, 'plan')} fit${errors}`), look)]
}
