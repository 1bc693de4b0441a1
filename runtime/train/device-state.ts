/**
 * The state of a run on its devices: one tensor per state tensor and replica, in the order of the plan. While steps run, the program
 * owns it; reading it returns tensors of the state after the last started step.
 */

import { elementCount } from '../../compiler/ir/dtype.ts'
import type { ClassShard, StateTensor } from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, Executable, HostArray, ResidentState, StartedRun } from '../engine.ts'

/** Elements that are processed at once when a tensor is copied from its device. */
const pieceElements = 2 ** 26

export class DeviceState {
  readonly #plan: Plan
  /** `#tensors[replica][i]`; empty while `#resident` owns them. */
  #tensors: DeviceTensor[][]
  #resident: ResidentState | undefined

  constructor(plan: Plan, tensors: DeviceTensor[][]) {
    this.#plan = plan
    this.#tensors = tensors
  }

  /**
   * Starts a step with `inputs[replica]` after the state, which it replaces; returns the other outputs of each replica. All steps
   * must use the same program, and the state must not be read before this call resolves.
   */
  step(program: Executable, inputs: readonly (readonly DeviceTensor[])[]): Promise<StartedRun> {
    this.#resident ??= program.keep(this.#tensors)
    this.#tensors = []
    return this.#resident.start(inputs)
  }

  /** All tensors of one replica in the order of the plan. They become invalid when another step starts. */
  of(replica: number): readonly DeviceTensor[] {
    return need(this.#all()[replica], `the state of replica ${replica}`)
  }

  #all(): readonly DeviceTensor[][] {
    if (this.#resident !== undefined) this.#tensors = this.#resident.release()
    this.#resident = undefined
    return this.#tensors
  }

  /**
   * The inputs of `embed` for each replica, with the running statistics of replica 0 on all of them, so that the verified network is
   * the saved one. `release` frees the copies.
   */
  async forEmbed(engine: Engine): Promise<{ readonly of: readonly DeviceTensor[][]; readonly release: () => void }> {
    const copies: DeviceTensor[] = []
    const release = () => {
      for (const copy of copies) copy.dispose()
    }
    const of = this.#all().map((all) => this.#plan.embedState.map((index) => need(all[index], `state ${index}`)))
    try {
      for (const [at, index] of this.#plan.embedState.entries()) {
        if (of.length === 1 || this.#plan.state[index]?.role !== 'buffer') continue
        const saved = await need(of[0]?.[at], 'a buffer').read()
        for (const [replica, own] of of.entries()) {
          if (replica === 0) continue
          const copy = await engine.upload(replica, saved)
          copies.push(copy)
          own[at] = copy
        }
      }
    } catch (error) {
      release()
      throw error
    }
    return { of, release }
  }

  /** The global shape of one state tensor: the centers of all classes, without the padding rows of each device. */
  shapeOf(index: number): readonly number[] {
    const spec = need(this.#plan.state[index], `state ${index}`)
    if (!isTable(spec)) return spec.shape
    const rows = this.#holders(spec).reduce((sum, shard) => sum + shard.count, 0)
    return [rows, ...spec.shape.slice(1)]
  }

  /** The elements of one state tensor, device by device in class order; only those of replica 0 if all are equal. */
  async *pieces(index: number): AsyncGenerator<HostArray> {
    const spec = need(this.#plan.state[index], `state ${index}`)
    const width = elementCount(spec.shape.slice(1))
    for (const [replica, { count }] of this.#holders(spec).entries()) {
      const { data } = await need(this.of(replica)[index], spec.name).read()
      const end = isTable(spec) ? count * width : data.length
      for (let at = 0; at < end; at += pieceElements) yield data.subarray(at, Math.min(end, at + pieceElements))
    }
  }

  /** The devices that hold different parts of a tensor. */
  #holders({ placement }: StateTensor): readonly ClassShard[] {
    return placement === 'sharded' ? this.#plan.shards : this.#plan.shards.slice(0, 1)
  }

  dispose(): void {
    this.#resident?.dispose()
    for (const tensors of this.#tensors) for (const tensor of tensors) tensor.dispose()
    this.#resident = undefined
    this.#tensors = []
  }
}

/** Whether a tensor has one row per class: centers and their optimizer state. */
function isTable({ role }: StateTensor): boolean {
  return role === 'centers' || role === 'centers_optimizer'
}
