/** States of narrow plans that no step has computed: seeded numbers in every tensor, other ones in each device's own statistics. */
import { type DType, elementCount } from '../../compiler/ir/dtype.ts'
import { isClassTable } from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { type CheckpointFacts, createManifest, type Manifest } from '../../runtime/checkpoint/manifest.ts'
import { writeFiles } from '../../runtime/checkpoint/write-files.ts'
import type { HostArray, HostTensor } from '../../runtime/engine.ts'
import { newHostArray } from '../../runtime/host-tensor.ts'
import { classCount, type StoredState } from '../../runtime/state/stored-state.ts'
import { localReplicas, oneProcess, type World } from '../../runtime/world.ts'
import { randomOf } from './op-case.ts'
import { planOf } from './plan.ts'

export interface StatePlanOptions {
  readonly devices: number
  readonly classes?: number
  readonly embedding?: number
  readonly kind?: 'cpu' | 'gpus'
  readonly train?: string
  readonly centers?: string
  readonly optimizer?: string
}

/** A network with a filter, vectors, statistics and a matrix. */
export function statePlan(options: StatePlanOptions): Plan {
  const { devices, classes = 11, embedding = 4, kind = 'cpu', train = '', centers = '' } = options
  return planOf(`
use std.datasets: synthetic
use std.machines: cpu, h100_sxm5_80gb
use std.margins: arcface
machine gpus(devices: int) {
  nodes = 1, devices_per_node = devices, device = h100_sxm5_80gb
  links { within = nvlink(450 GB/s) }
}
backbone flat() on Image(12, 12, 3) -> Vector(${embedding}) {
  input |> conv(2, kernel: 3, stride: 4) as conv1 |> batch_norm as bn1 |> prelu as act |> flatten |> linear(${embedding}) as fc
}
experiment narrow {
  dataset  = synthetic(identities: ${classes}, per_identity: 8)
  backbone = flat()
  margin   = arcface(m: 0.5 rad, scale: 16)
  machine  = ${kind}(devices: ${devices})
  centers { ${centers} }
  train {
    batch     = 8 global
    steps     = 20
    optimizer = ${options.optimizer ?? 'sgd(lr: 0.05, momentum: 0.9)'}
    ${train}
  }
}`)
}

/** Random bits that are numbers in every type. */
function randomArray(dtype: DType, shape: readonly number[], key: string): HostArray {
  const random = randomOf(key)
  const data = newHostArray({ dtype, shape })
  const isHalf = dtype === 'f16' || dtype === 'bf16'
  for (let i = 0; i < data.length; i++)
    data[i] = isHalf
      ? Math.floor(random() * 0x3000)
      : dtype.startsWith('f')
        ? random() - 0.5
        : Math.floor(random() * 100)
  return data
}

/** The rows of a class table of all classes, by global class. */
function tableOf(plan: Plan, index: number): HostTensor {
  const { name, dtype, shape } = need(plan.state[index], 'a state tensor')
  const whole = [classCount(plan), ...shape.slice(1)]
  return { dtype, shape: whole, data: randomArray(dtype, whole, name) }
}

/** The part of a process. The padding rows are zero, as no state of a run has them: nothing may depend on them. */
export function randomState(plan: Plan, world: World = oneProcess(plan.replicas)): StoredState {
  return {
    state: plan.state,
    shards: plan.shards,
    world,
    async read(replica, index) {
      if (!localReplicas(world).includes(replica)) throw new Error(`replica ${replica} is on another node`)
      const spec = need(plan.state[index], 'a state tensor')
      const { name, dtype, shape, placement } = spec
      if (!isClassTable(spec))
        return { dtype, shape, data: randomArray(dtype, shape, placement === 'local' ? `${name} ${replica}` : name) }
      const { start, count } = need(plan.shards[replica], 'a shard')
      const width = elementCount(shape.slice(1))
      const data = newHostArray({ dtype, shape })
      data.set(tableOf(plan, index).data.subarray(start * width, (start + count) * width))
      return { dtype, shape, data }
    },
  }
}

/** What a checkpoint says of itself in tests. */
export function factsAt(step: number, metrics: CheckpointFacts['metrics'] = []): CheckpointFacts {
  const ofRun = { experiment: 'narrow', devices: 2, arcc: '0.0.0', plan: '0'.repeat(64) }
  return { ...ofRun, step, epoch: step / 10, reason: 'interval', metrics }
}

/** Writes the files of a whole state to a folder, and returns their manifest. */
export async function writtenManifest(folder: string, stored: StoredState, facts: CheckpointFacts): Promise<Manifest> {
  return createManifest(facts, { classes: classCount(stored), files: await writeFiles(folder, stored, facts) })
}
