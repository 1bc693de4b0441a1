/**
 * The state of a run on its devices: one tensor per state tensor and replica, in the order of the plan. While steps run, the program
 * owns it; reading it returns tensors of the state after the last started step.
 */

import type { ClassShard, StateTensor } from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, Executable, HostTensor, ResidentState, StartedRun } from '../engine.ts'
import type { StoredState } from './stored-state.ts'

export class DeviceState implements StoredState {
  readonly #plan: Plan
  /** `#tensors[replica][i]`; empty while `#resident` owns them. */
  #tensors: DeviceTensor[][]
  #resident: ResidentState | undefined
  #steps: number

  /** Takes ownership of `tensors[replica][i]`, the state after `steps` steps. */
  constructor(plan: Plan, tensors: DeviceTensor[][], steps = 0) {
    this.#plan = plan
    this.#tensors = tensors
    this.#steps = steps
  }

  get state(): readonly StateTensor[] {
    return this.#plan.state
  }

  get shards(): readonly ClassShard[] {
    return this.#plan.shards
  }

  /** Started steps since the start of training: reading gives the state after this many. */
  get steps(): number {
    return this.#steps
  }

  /**
   * Starts a step with `inputs[replica]` after the state, which it replaces; returns the other outputs of each replica. All steps
   * must use the same program, and the state must not be read before this call resolves.
   */
  async step(program: Executable, inputs: readonly (readonly DeviceTensor[])[]): Promise<StartedRun> {
    this.#resident ??= program.keep(this.#tensors)
    this.#tensors = []
    const started = await this.#resident.start(inputs)
    this.#steps++
    return started
  }

  /** Counts steps that are left out: the state after `steps` of them is that before. */
  leaveOutUntil(steps: number): void {
    this.#steps = Math.max(this.#steps, steps)
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

  /** Copies the inputs of `embed` to the host, with the running statistics of replica 0: later steps do not change them. */
  copyForEmbed(): Promise<readonly HostTensor[]> {
    return Promise.all(this.#plan.embedState.map((index) => this.read(0, index)))
  }

  /** Replaces one tensor of a replica, before the first step, and takes ownership of the new one. */
  replace(replica: number, index: number, tensor: DeviceTensor): void {
    const own = need(this.#tensors[replica], `the state of replica ${replica}`)
    own[index]?.dispose()
    own[index] = tensor
  }

  /** Copies one state tensor of a replica to the host, as stored. */
  read(replica: number, index: number): Promise<HostTensor> {
    return need(this.of(replica)[index], `state ${index}`).read()
  }

  dispose(): void {
    this.#resident?.dispose()
    for (const tensors of this.#tensors) for (const tensor of tensors) tensor.dispose()
    this.#resident = undefined
    this.#tensors = []
  }
}
