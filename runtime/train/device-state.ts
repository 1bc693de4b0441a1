/** The state of a run on its devices: one tensor per state tensor and replica, in the plan's order. */

import type { Plan, StateTensor } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, HostTensor } from '../engine.ts'
import { newHostArray } from '../host-tensor.ts'

export class DeviceState {
  readonly #plan: Plan
  /** `#tensors[replica][i]` */
  #tensors: DeviceTensor[][]

  constructor(plan: Plan, tensors: DeviceTensor[][]) {
    this.#plan = plan
    this.#tensors = tensors
  }

  /** All of one replica, in the plan's order. */
  of(replica: number): readonly DeviceTensor[] {
    return need(this.#tensors[replica], `the state of replica ${replica}`)
  }

  /** The tensors that `embed` reads. */
  forEmbed(replica: number): DeviceTensor[] {
    const all = this.of(replica)
    return this.#plan.embedState.map((index) => need(all[index], `state ${index}`))
  }

  /** Takes the outputs of a step, whose inputs were donated, as the new state; returns what each replica gave beyond it. */
  advance(outputs: readonly DeviceTensor[][]): DeviceTensor[][] {
    const count = this.#plan.state.length
    this.#tensors = outputs.map((tensors) => tensors.slice(0, count))
    return outputs.map((tensors) => tensors.slice(count))
  }

  /** The whole of one state tensor in host memory: the parts of a sharded one in class order, replica 0's of the others. */
  async read(index: number): Promise<HostTensor> {
    const spec = need(this.#plan.state[index], `state ${index}`)
    const part = async (replica: number) => need(this.of(replica)[index], spec.name).read()
    if (spec.placement !== 'sharded') return withoutPadding(await part(0), spec, this.#plan)
    const parts = await Promise.all(this.#plan.shards.map((_, replica) => part(replica)))
    return joinShards(parts, this.#plan)
  }

  dispose(): void {
    for (const tensors of this.#tensors) for (const tensor of tensors) tensor.dispose()
    this.#tensors = []
  }
}

/** Centers that every device holds may have rows beyond the classes, which fill up the last chunk. */
function withoutPadding(tensor: HostTensor, spec: StateTensor, plan: Plan): HostTensor {
  const isTable = spec.role === 'centers' || spec.role === 'centers_optimizer'
  return isTable ? joinShards([tensor], { shards: plan.shards.slice(0, 1) }) : tensor
}

/** Concatenates the used rows of each replica's part; rows beyond a shard's count are padding. */
function joinShards(parts: readonly HostTensor[], plan: Pick<Plan, 'shards'>): HostTensor {
  const first = need(parts[0], 'a shard')
  const width = first.shape.slice(1).reduce((product, dim) => product * dim, 1)
  const rows = plan.shards.reduce((sum, shard) => sum + shard.count, 0)
  const type = { dtype: first.dtype, shape: [rows, ...first.shape.slice(1)] }
  const data = newHostArray(type)
  parts.forEach((part, replica) => {
    const shard = need(plan.shards[replica], `shard ${replica}`)
    data.set(part.data.subarray(0, shard.count * width), shard.start * width)
  })
  return { ...type, data }
}
