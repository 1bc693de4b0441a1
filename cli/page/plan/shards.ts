/** The shard map of a plan: which classes are on which device. */
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import { formatBytes, formatCount } from '../../render/format.ts'
import { groupShards } from '../../render/plan.ts'
import { type Child, joined, paragraph } from '../html.ts'
import { type BarPart, dataTable, stackedBars } from '../parts.ts'
import { groupName } from './devices.ts'

/** More devices are drawn in groups of neighbours. */
const mostParts = 64
/** Rows of the table. */
const mostRows = 40

interface Range {
  readonly first: number
  readonly last: number
  /** The first class, and the number of classes of all devices of the range. */
  readonly from: number
  readonly classes: number
}

/** Devices with the classes that they hold, as at most `most` ranges of neighbours. */
function rangesOf(perDevice: readonly number[], most: number): readonly Range[] {
  const each = Math.max(1, Math.ceil(perDevice.length / most))
  const ranges: Range[] = []
  let from = 0
  for (let first = 0; first < perDevice.length; first += each) {
    const own = perDevice.slice(first, first + each)
    const classes = own.reduce((sum, count) => sum + count, 0)
    ranges.push({ first, last: first + own.length - 1, from, classes })
    from += classes
  }
  return ranges
}

const classText = ({ from, classes }: Range) =>
  classes === 0 ? 'no classes' : `classes ${formatCount(from)} to ${formatCount(from + classes - 1)}`

export function shardBody({ centers }: PlanDocument): Child {
  const { perClass = 1, sampledPerDevice } = centers
  const of = perClass === 1 ? '' : ` of ${formatCount(sampledPerDevice)} classes`
  const used = `At most ${formatCount(sampledPerDevice * perClass)} centers${of} are used per step on each device. Centers and their optimizer state take ${formatBytes(centers.stateBytesPerDevice)} on the fullest device.`
  if (centers.placement !== 'shard')
    return joined(
      paragraph(
        `Every device has all ${formatCount(centers.classes)} classes (\`centers.placement = ${centers.placement}\`). ${used}`,
      ),
    )
  const parts = rangesOf(centers.perDevice, mostParts).map(
    (range, i): BarPart => ({ name: groupName(range), amount: range.classes, text: classText(range), color: i }),
  )
  const groups = groupShards(centers.perDevice)
  let next = 0
  const rows = groups.slice(0, mostRows).map((group) => {
    const from = next
    next += group.count * (group.last - group.first + 1)
    return [
      groupName(group),
      formatCount(group.count),
      next === from ? 'none' : `${formatCount(from)} to ${formatCount(next - 1)}`,
    ]
  })
  const hidden = groups.length - rows.length
  return joined(
    paragraph(`${formatCount(centers.classes)} classes are divided between the devices in their order. ${used}`),
    stackedBars([{ name: 'classes', figure: formatCount(centers.classes), parts }], 'Classes by device'),
    dataTable({
      caption: 'Classes of each device',
      columns: [
        { title: 'devices', kind: 'head' },
        { title: 'classes each', kind: 'number' },
        { title: 'from class to class' },
      ],
      rows,
    }),
    hidden === 0 ? undefined : paragraph(`and ${formatCount(hidden)} more groups of devices`),
  )
}
