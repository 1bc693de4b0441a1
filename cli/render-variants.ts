/** Several plans side by side, one line each: variants of a sweep, experiments of a folder. Pure: documents in, lines out. */
import type { PlanDocument } from '../compiler/plan/document.ts'
import { formatBytes, formatCompact, formatCount, formatPercent, formatSeconds, plural } from './format.ts'
import type { Look } from './look.ts'
import { renderTable } from './table.ts'

const columns = [
  { title: 'experiment' },
  { title: 'weights', align: 'right' },
  { title: 'classes', align: 'right' },
  { title: 'a step', align: 'right' },
  { title: 'devices', align: 'right' },
  { title: 'batch', align: 'right' },
  { title: 'memory', align: 'right' },
  { title: 'of it', align: 'right' },
  { title: 'step', align: 'right' },
  { title: 'images/s', align: 'right' },
  { title: 'bound by' },
] as const

/** A share of the classes, and no more digits than it needs. */
function share(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`
}

/** The table, and how many of the plans fit. */
export function renderVariants(plans: readonly PlanDocument[], look: Look): string[] {
  const rows = plans.map(({ experiment, model, centers, machine, schedule, memory, time }) => [
    experiment.name,
    formatCompact(model.parameters),
    formatCount(centers.classes),
    share(centers.sampleRate),
    formatCount(machine.nodes * machine.devicesPerNode),
    formatCount(schedule.batch),
    formatBytes(memory.peak),
    memory.fits ? formatPercent(memory.peak / memory.capacity) : 'too much',
    formatSeconds(time.secondsPerStep),
    formatCount(time.samplesPerSecond),
    time.bound,
  ])
  const table = renderTable(columns, rows, { paintTitle: look.palette.strong })
  const fitting = plans.filter((plan) => plan.memory.fits).length
  const verdict = fitting === plans.length ? look.palette.good : look.palette.warning
  return [...table, '', verdict(`${fitting} of ${plural(plans.length, 'plan')} fit`)]
}
