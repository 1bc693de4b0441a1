/** Several plans side by side, one line each: variants of a sweep, experiments of a folder. Pure: documents in, lines out. */
import { worldSize } from '../../compiler/experiment/lengths.ts'
import type { PlanDocument } from '../../compiler/plan/document.ts'
import { formatBytes, formatCompact, formatCount, formatPercent, formatSeconds, plural } from './format.ts'
import type { Look } from './look.ts'
import { type Column, renderTable } from './table.ts'

interface Figure extends Column {
  readonly title: string
  readonly of: (plan: PlanDocument) => string
  /** What was asked for, which need not be said where all have it. */
  readonly isGiven?: true
  /** Left out where no plan has it. */
  readonly isOptional?: true
}

const figures: readonly Figure[] = [
  { title: 'experiment', of: (plan) => plan.experiment.name },
  { title: 'weights', align: 'right', isGiven: true, of: ({ model }) => formatCompact(model.parameters) },
  { title: 'classes', align: 'right', isGiven: true, of: ({ centers }) => formatCount(centers.classes) },
  { title: 'a step', align: 'right', isGiven: true, of: ({ centers }) => share(centers.sampleRate) },
  {
    title: 'devices',
    align: 'right',
    isGiven: true,
    of: ({ machine }) => formatCount(worldSize(machine)),
  },
  { title: 'batch', align: 'right', isGiven: true, of: ({ schedule }) => formatCount(schedule.batch) },
  { title: 'memory', align: 'right', of: ({ memory }) => formatBytes(memory.peak) },
  {
    title: 'by XLA',
    align: 'right',
    isOptional: true,
    of: ({ exact }) => (exact === undefined ? '' : formatBytes(exact.total)),
  },
  { title: 'of it', align: 'right', of: ofMemory },
  { title: 'step', align: 'right', of: ({ time }) => formatSeconds(time.secondsPerStep) },
  { title: 'images/s', align: 'right', of: ({ time }) => formatCount(time.samplesPerSecond) },
  { title: 'bound by', of: ({ time }) => time.bound },
]

/** A share of the classes, and no more digits than it needs. */
function share(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`
}

/** What XLA says overrules the ledger. */
function fits({ memory, exact }: PlanDocument): boolean {
  return exact?.fits ?? memory.fits
}

function ofMemory(plan: PlanDocument): string {
  const { memory, exact } = plan
  return fits(plan) ? formatPercent((exact?.total ?? memory.peak) / memory.capacity) : 'too much'
}

/** The table, and how many of the plans fit. */
export function renderVariants(plans: readonly PlanDocument[], look: Look): string[] {
  const cells = figures.map((figure) => ({ figure, texts: plans.map(figure.of) }))
  const isShown = ({ figure, texts }: (typeof cells)[number]) => {
    if (figure.isOptional) return texts.some((text) => text !== '')
    return !figure.isGiven || texts.some((text) => text !== texts[0])
  }
  const shown = cells.filter(isShown)
  const table = renderTable(
    shown.map(({ figure }) => figure),
    plans.map((_, i) => shown.map(({ texts }) => texts[i] ?? '')),
    { paintTitle: look.palette.strong },
  )
  const fitting = plans.filter(fits).length
  const verdict = fitting === plans.length ? look.palette.good : look.palette.warning
  return [...table, '', verdict(`${fitting} of ${plural(plans.length, 'plan')} fit`)]
}
