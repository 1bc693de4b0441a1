/** Steps of several computers, compiled by XLA for GPUs that are not there: memory, and what goes from computer to computer. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { formatBytes, formatDeviation } from '../../cli/render/format.ts'
import { renderTable } from '../../cli/render/table.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { moduleText } from '../../compiler/stablehlo/emit-module.ts'
import { need } from '../../grammar/diagnostic.ts'
import { compilePlan } from '../hlo/compile.ts'
import { readModule } from '../hlo/module.ts'
import { planOnMachine } from '../on-machine.ts'
import { bytesBetween, collectivesOf, joinsAll } from './collectives.ts'

/** Machines of the standard library, eight GPUs in each computer. */
export const machines = ['dgx_v100', 'dgx_a100', 'dgx_h100'] as const

/** A head of all classes, and one that samples a fifth of two million. */
const experiments = [
  ['experiments/arcface_torch/ms1mv3.arc', 'ms1mv3_mbf'],
  ['experiments/arcface_torch/wf42m.arc', 'wf42m_pfc02_16gpus_mbf_bs8k'],
] as const

export interface ExactRow {
  readonly experiment: string
  readonly machine: string
  readonly nodes: number
  /** Bytes of a device without the reserve: by the plan, and by XLA. */
  readonly ledger: number
  readonly peak: number
  /** Exchanges of XLA's program, and how many of them join all devices. */
  readonly collectives: number
  readonly joined: number
  /** Bytes that leave each computer in a step: by the plan, and by XLA's program. */
  readonly planned: number
  readonly found: number
  /** Seconds of the compilation. */
  readonly seconds: number
}

/** The same bounds as in `npm run bench:ledger` for memory. */
const memoryTolerance = 0.05
/** XLA may combine collectives and overlap them, but not send more. */
const bytesTolerance = 0.001

export function isRight(row: ExactRow): boolean {
  return (
    Math.abs(row.ledger / row.peak - 1) <= memoryTolerance &&
    row.collectives > 0 &&
    row.joined === row.collectives &&
    Math.abs(row.found / row.planned - 1) <= bytesTolerance
  )
}

/** Bytes that leave each computer in a step: every collective is one ring of all devices. */
export function plannedBetween(plan: Plan): number {
  return plan.document.collectives.reduce((sum, { wireBytes }) => sum + wireBytes, 0)
}

async function rowOf(plan: Plan, experiment: string, machine: string, nodes: number): Promise<ExactRow> {
  const begun = performance.now()
  const { text, peak } = await compilePlan(plan)
  const collectives = collectivesOf(readModule(text), plan.replicas)
  return {
    experiment,
    machine,
    nodes,
    ledger: plan.document.memory.peak - Math.round(plan.run.machine.device.reserve),
    peak,
    collectives: collectives.length,
    joined: collectives.filter((collective) => joinsAll(collective, plan.replicas)).length,
    planned: plannedBetween(plan),
    found: bytesBetween(collectives, plan.run.machine.devicesPerNode),
    seconds: (performance.now() - begun) / 1000,
  }
}

/** Rows of earlier calls, by the program they are of. */
type Kept = Readonly<Record<string, ExactRow>>

function keptIn(file: string | undefined): Kept {
  return file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : {}
}

function programOf(plan: Plan, machine: string): string {
  const { text } = moduleText(plan.graphs.step, { platform: 'cuda' })
  return createHash('sha256').update(machine).update(text).digest('hex')
}

export interface ExactOptions {
  readonly machines: readonly string[]
  /** Numbers of computers. */
  readonly nodes: readonly number[]
  /** A file of rows, which need not be compiled again. */
  readonly keep: string | undefined
  readonly report: (row: ExactRow) => void
}

export async function exactRows({ machines, nodes, keep, report }: ExactOptions): Promise<readonly ExactRow[]> {
  const rows: ExactRow[] = []
  const cases = experiments.flatMap(([file, experiment]) =>
    machines.flatMap((machine) => nodes.map((count) => ({ file, experiment, machine, count }))),
  )
  for (const { file, experiment, machine, count } of cases) {
    const plan = planOnMachine(file, experiment, `${machine}(nodes: ${count})`, ['train.batch=128 per device'])
    const key = programOf(plan, machine)
    const row = keptIn(keep)[key] ?? (await rowOf(plan, experiment, machine, count))
    if (keep !== undefined) writeFileSync(keep, JSON.stringify({ ...keptIn(keep), [key]: row }, undefined, 2))
    report(row)
    rows.push(row)
  }
  return rows
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`

export function exactTable(rows: readonly ExactRow[]): string[] {
  const right = { align: 'right' } as const
  return renderTable(
    [
      { title: 'experiment' },
      { title: 'machine' },
      { title: 'devices', ...right },
      { title: 'plan', ...right },
      { title: 'XLA', ...right },
      { title: 'off', ...right },
      { title: 'exchanges', ...right },
      { title: 'of all', ...right },
      { title: 'out, planned', ...right },
      { title: 'out, XLA', ...right },
      { title: 'compiled', ...right },
      {},
    ],
    rows.map((row) => [
      row.experiment,
      `${row.nodes} × ${row.machine}`,
      String(row.nodes * 8),
      formatBytes(row.ledger),
      formatBytes(row.peak),
      need(formatDeviation(row.peak, row.ledger, 1), 'two figures'),
      String(row.collectives),
      String(row.joined),
      megabytes(row.planned),
      megabytes(row.found),
      `${row.seconds.toFixed(0)} s`,
      isRight(row) ? 'ok' : 'OFF',
    ]),
  )
}
