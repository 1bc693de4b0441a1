/** The memory of the devices of a plan, as bars and as a table. */
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import { formatBytes, formatCount, formatPercent } from '../../render/format.ts'
import { groupShards } from '../../render/plan.ts'
import { type Child, joined, paragraph } from '../html.ts'
import { dataTable, legend, type StackedBar, stackedBars } from '../parts.ts'
import { groupName } from './devices.ts'

/** More groups of devices are not shown one by one. */
const mostBars = 16

/** The lines of the ledger that depend on a device's number of classes. */
const centerLines: ReadonlySet<string> = new Set(['centers', 'centers state'])

function barsOf({ memory, centers }: PlanDocument): readonly StackedBar[] {
  const fullest = centers.perDevice.reduce((most, count) => Math.max(most, count), 1)
  return groupShards(centers.perDevice)
    .slice(0, mostBars)
    .map((group) => {
      const parts = memory.lines.map((line, color) => {
        const amount = centerLines.has(line.name) ? (line.bytes * group.count) / fullest : line.bytes
        return { name: line.name, amount, text: formatBytes(amount), color }
      })
      const bytes = parts.reduce((sum, { amount }) => sum + amount, 0)
      return { name: groupName(group), figure: formatBytes(bytes), parts, limit: memory.capacity }
    })
}

export function memoryBody(plan: PlanDocument): Child {
  const { memory, exact } = plan
  const left = memory.capacity - memory.peak
  const share = memory.capacity > 0 ? `, ${formatPercent(memory.peak / memory.capacity)}` : ''
  const verdict =
    left >= 0
      ? `${formatBytes(memory.peak)} of ${formatBytes(memory.capacity)}${share}: ${formatBytes(left)} are left.`
      : `${formatBytes(memory.peak)} of ${formatBytes(memory.capacity)}${share}: ${formatBytes(-left)} too much.`
  return joined(
    paragraph(
      `The device with most: ${verdict} ${left >= 0 ? 'A whole bar' : 'The dashed line'} is the usable memory of a device.`,
    ),
    stackedBars(barsOf(plan), 'Memory of the devices'),
    legend(memory.lines.map(({ name }, color) => ({ name, color }))),
    dataTable({
      caption: 'Bytes on the device that needs most',
      columns: [
        { title: 'for', kind: 'head' },
        { title: 'bytes', kind: 'number' },
        { title: 'share', kind: 'number' },
        { title: 'what', kind: 'wide' },
      ],
      rows: [
        ...memory.lines.map(({ name, bytes, detail }) => [
          name,
          formatBytes(bytes),
          formatPercent(memory.peak > 0 ? bytes / memory.peak : 0, 1),
          detail,
        ]),
        ['total', formatBytes(memory.peak), '', `${formatCount(memory.peak)} bytes`],
      ],
    }),
    exact === undefined
      ? undefined
      : paragraph(
          `By XLA's compiler for ${exact.target}: ${formatBytes(exact.total)} (${formatBytes(exact.allocated)} allocated and ${formatBytes(exact.reserve)} reserve).`,
        ),
  )
}
