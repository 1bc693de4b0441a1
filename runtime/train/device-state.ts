/**
 * The state of a run on its devices: one tensor per state tensor and replica, in the plan's order. While steps run it stays with the
 * program; who reads it gets tensors, of the state after the last step that was started.
 */

import { elementCount } from '../../compiler/ir/dtype.ts'
import type { ClassShard, StateTensor } from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, Executable, HostArray, ResidentState, StartedRun } from '../engine.ts'

/** Elements that are handled at once where a tensor leaves its device. */
const pieceElements = 2 ** 26

export class DeviceState {
  readonly #plan: Plan
  /** `#tensors[replica][i]`; empty while `#resident` has them. */
  #tensors: DeviceTensor[][]
  #resident: ResidentState | undefined

  constructor(plan: Plan, tensors: DeviceTensor[][]) {
    this.#plan = plan
    this.#tensors = tensors
  }

  /**
   * Starts a step with `inputs[replica]` after the state, on which it moves; gives what each replica gives beyond it. All steps are
   * of one program, and nobody reads the state between this call and its answer.
   */
  step(program: Executable, inputs: readonly (readonly DeviceTensor[])[]): Promise<StartedRun> {
    this.#resident ??= program.keep(this.#tensors)
    this.#tensors = []
    return this.#resident.start(inputs)
  }

  /** All of one replica, in the plan's order. They are no longer valid once another step is started. */
  of(replica: number): readonly DeviceTensor[] {
    return need(this.#all()[replica], `the state of replica ${replica}`)
  }

  #all(): readonly DeviceTensor[][] {
    if (this.#resident !== undefined) this.#tensors = this.#resident.release()
    this.#resident = undefined
    return this.#tensors
  }

  /**
   * The tensors that `embed` reads, of each replica, with the running statistics of replica 0 on all of them: the network that is
   * verified is the one that is saved. `release` ends what was copied for it.
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

  /** The shape of the whole of one state tensor: centers of all classes, without the rows that fill up a device's last chunk. */
  shapeOf(index: number): readonly number[] {
    const spec = need(this.#plan.state[index], `state ${index}`)
    if (!isTable(spec)) return spec.shape
    const rows = this.#holders(spec).reduce((sum, shard) => sum + shard.count, 0)
    return [rows, ...spec.shape.slice(1)]
  }

  /** The elements of one state tensor, device by device in class order; replica 0's where all have the same. */
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

/** Centers, and what the optimizer keeps of them: one row a class. */
function isTable({ role }: StateTensor): boolean {
  return role === 'centers' || role === 'centers_optimizer'
}
