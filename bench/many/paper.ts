/** The step of 64 to 1,024 devices on paper: by the plan, and with simulated rings. */
import { formatBytes, formatSeconds } from '../../cli/render/format.ts'
import { renderTable } from '../../cli/render/table.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { machineRates } from '../../compiler/plan/time.ts'
import { runOnPaper } from '../../compiler/plan/timeline.ts'
import { planOnMachine } from '../on-machine.ts'
import { plannedBetween } from './exact.ts'
import { simulatedLinks } from './ring.ts'

export interface PaperRow {
  readonly nodes: number
  readonly devices: number
  /** Images of all devices in a step. */
  readonly batch: number
  /** Seconds of a step: by the plan, and with simulated rings. */
  readonly seconds: number
  readonly simulated: number
  /** Seconds in which a device waits for the others' numbers. */
  readonly waits: number
  /** Bytes that leave each computer in a step. */
  readonly between: number
  /** Bytes of a device, with the reserve. */
  readonly memory: number
}

/** Two million identities, all of them in each step: with 1,024 devices, a sample would be larger than what each one has. */
const file = 'experiments/arcface_torch/wf42m.arc'
const experiment = 'wf42m_pfc02_32gpus_r50_bs4k'

/** By the words of a table's title: settings of the batch. */
export const batches = {
  '128 images on each device': 'train.batch=128 per device',
  '16,384 images on all devices together': 'train.batch=16384 global',
} as const

export function paperRow(machine: string, nodes: number, batch: string): PaperRow {
  const plan = planOnMachine(file, experiment, `${machine}(nodes: ${nodes})`, ['centers.sample_rate=100%', batch])
  const { time, memory } = plan.document
  return {
    nodes,
    devices: plan.replicas,
    batch: Math.round(time.samplesPerSecond * time.secondsPerStep),
    seconds: time.secondsPerStep,
    simulated: simulatedSeconds(plan),
    waits: time.parts.find(({ name }) => name === 'links')?.seconds ?? 0,
    between: plannedBetween(plan),
    memory: memory.peak,
  }
}

function simulatedSeconds(plan: Plan): number {
  const { machine } = plan.run
  const { device, links } = machineRates(machine, undefined)
  const around = plan.document.time.secondsPerStep - runOnPaper(plan.graphs.step, device, links).seconds
  return runOnPaper(plan.graphs.step, device, simulatedLinks(machine)).seconds + around
}

/** The rate of each device against that of the first row's. */
export function paperTable(rows: readonly PaperRow[]): string[] {
  const right = { align: 'right' } as const
  const rateOf = ({ batch, seconds, devices }: PaperRow) => batch / seconds / devices
  const first = rows[0] === undefined ? 1 : rateOf(rows[0])
  return renderTable(
    [
      { title: 'computers', ...right },
      { title: 'devices', ...right },
      { title: 'batch', ...right },
      { title: 'step', ...right },
      { title: 'simulated', ...right },
      { title: 'waits', ...right },
      { title: 'images/s', ...right },
      { title: 'of the first', ...right },
      { title: 'out of each computer', ...right },
      { title: 'memory', ...right },
    ],
    rows.map((row) => [
      String(row.nodes),
      String(row.devices),
      row.batch.toLocaleString('en-US'),
      formatSeconds(row.seconds),
      formatSeconds(row.simulated),
      formatSeconds(row.waits),
      Math.round(row.batch / row.seconds).toLocaleString('en-US'),
      `${Math.round((100 * rateOf(row)) / first)} %`,
      formatBytes(row.between),
      formatBytes(row.memory),
    ]),
  )
}
