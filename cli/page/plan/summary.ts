/** The facts of a plan, as tiles. */
import { worldSize } from '../../../compiler/experiment/lengths.ts'
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatNumber,
  formatRate,
  formatSeconds,
  plural,
} from '../../render/format.ts'
import { augmentRow, logRow, requiredRow, startRow, weightRows } from '../../render/training-rows.ts'
import { type Child, joined } from '../html.ts'
import { dataTable, factList } from '../parts.ts'

export function summaryBody(plan: PlanDocument): Child {
  const { model, centers, data, schedule, machine, memory, time } = plan
  const devices = worldSize(machine)
  const unusual = [
    ...augmentRow(plan),
    ...startRow(plan),
    ...weightRows(plan, { unicode: true }),
    ...logRow(plan),
    ...requiredRow(plan),
  ]
  return joined(
    factList([
      {
        name: 'Memory per device',
        value: formatBytes(memory.peak),
        detail: `of ${formatBytes(memory.capacity)}`,
      },
      {
        name: 'Time per step',
        value: formatSeconds(time.secondsPerStep),
        detail: `${formatRate(time.samplesPerSecond, 'images')}, bound by ${time.bound}`,
      },
      {
        name: 'Whole run',
        value: formatSeconds(time.totalSeconds),
        detail: `${formatCount(schedule.steps)} steps, ${formatNumber(schedule.epochs, 4)} epochs`,
      },
      {
        name: 'Model',
        value: `${model.backbone} → ${model.embedding}-d`,
        detail: `${formatCompact(model.parameters)} parameters, ${formatCompact(model.multiplyAdds, 3)} multiply-adds per image, ${model.input.join('×')}, ${model.precision}`,
      },
      {
        name: 'Centers',
        value: `${formatCount(centers.classes)} classes`,
        detail: `${centers.margin}; ${centers.sampleRate < 1 ? `${formatNumber(centers.sampleRate * 100)} %` : 'all'} per step, ${centers.update} update`,
      },
      {
        name: 'Data',
        value: `${formatCount(data.images)} images`,
        detail: [data.dataset, data.root, data.leftOut === undefined ? undefined : `left out: ${data.leftOut}`]
          .filter((fact) => fact !== undefined)
          .join('; '),
      },
      {
        name: 'Batch',
        value: formatCount(schedule.batch),
        detail: `${formatCount(schedule.batchPerDevice)} × ${plural(devices, 'device')}; ${formatCount(schedule.stepsPerEpoch)} steps per epoch`,
      },
      { name: 'Optimizer', value: schedule.optimizer, detail: schedule.schedule },
      {
        name: 'Machine',
        value: machine.name,
        detail: `${plural(machine.nodes, 'node')} × ${plural(machine.devicesPerNode, 'device')}, ${machine.device}`,
      },
    ]),
    unusual.length === 0
      ? undefined
      : dataTable({
          caption: 'Unusual settings',
          columns: [
            { title: 'what', kind: 'head' },
            { title: 'setting', kind: 'wide' },
          ],
          rows: unusual.map(([name, facts]) => [name, facts.join('; ')]),
        }),
  )
}
