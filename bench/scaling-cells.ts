/** The cells of arcface_torch's speed benchmark: the published figures, and arcc's plans for the same. */
import { readFileSync } from 'node:fs'
import { fileHost } from '../cli/host/host.ts'
import type { PlanDocument } from '../compiler/plan/document.ts'
import type { Plan } from '../compiler/plan/plan.ts'
import { need } from '../grammar/diagnostic.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { exactMemory } from '../runtime/xla/exact/exact-memory.ts'
import { planOf } from '../test/helpers/plan.ts'

const columns = ['data_parallel', 'full_softmax', 'partial_fc'] as const
export type Column = (typeof columns)[number]

/** MiB and images/s; `null` if arcface_torch ran out of memory. */
type Figures = readonly (number | null)[]
interface Published extends Readonly<Record<Column, { readonly memory: Figures; readonly images: Figures }>> {
  readonly source: string
  readonly identities: readonly number[]
}

const published = JSON.parse(readFileSync(new URL('arcface-torch-v100.json', import.meta.url), 'utf8')) as Published
export const publishedSource = published.source

/** Images per device: most likely those of the published table, and twice as many. */
export const batches = [64, 128] as const
export type BatchSize = (typeof batches)[number]

/** In addition to the program's memory: CUDA context, NCCL, workspaces of cuDNN. */
export const reserve = 1.2e9

export interface PlannedCell {
  /** Bytes, including the reserve; `exact` if it was requested and the ledger is not far above the device's memory. */
  readonly ledger: number
  readonly exact: number | undefined
  /** Bytes of the device, as reported by its driver. */
  readonly capacity: number
  readonly imagesPerSecond: number
  readonly bound: PlanDocument['time']['bound']
}

export interface Cell {
  readonly column: Column
  readonly identities: number
  /** Bytes, and images per second. */
  readonly published: { readonly memory: number; readonly imagesPerSecond: number } | undefined
  readonly planned: Readonly<Record<BatchSize, PlannedCell>>
}

const file = 'experiments/scaling/v100.arc'
const host = fileHost(packageFolder)

/** The plan of one cell, with additional settings. */
export function planCell(column: Column, settings: readonly string[]): Plan {
  return planOf(need(host.readSource(file), file).text, { path: file, experiment: column, settings, host })
}

/** Bytes according to XLA's own compiler, including the reserve. */
export async function exactBytes(plan: Plan): Promise<number> {
  return (await exactMemory(plan)).peak + reserve
}

/** A ledger this far above the device's memory needs no exact figure. */
const hopeless = 1.2

async function planned(column: Column, identities: number, batch: BatchSize, exact: boolean): Promise<PlannedCell> {
  const plan = planCell(column, [`dataset.identities=${identities}`, `train.batch=${batch} per device`])
  const { memory, time } = plan.document
  const ledger = memory.peak - Math.round(plan.run.machine.device.reserve) + reserve
  return {
    ledger,
    exact: exact && ledger < hopeless * memory.capacity ? await exactBytes(plan) : undefined,
    capacity: memory.capacity,
    imagesPerSecond: time.samplesPerSecond,
    bound: time.bound,
  }
}

/** All 33 cells, each at both batch sizes. */
export async function planCells(exact: boolean, report: (what: string) => void): Promise<readonly Cell[]> {
  const cells: Cell[] = []
  for (const column of columns) {
    for (const [i, identities] of published.identities.entries()) {
      report(`${column} ${identities}`)
      const [memory, images] = [published[column].memory[i] ?? null, published[column].images[i] ?? null]
      cells.push({
        column,
        identities,
        published:
          memory === null || images === null ? undefined : { memory: memory * 2 ** 20, imagesPerSecond: images },
        planned: {
          64: await planned(column, identities, 64, exact),
          128: await planned(column, identities, 128, exact),
        },
      })
    }
  }
  return cells
}
