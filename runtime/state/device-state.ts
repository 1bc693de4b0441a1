/**
 * The state of a run on the devices of this process: one tensor per state tensor and replica, in the order of the plan. While steps
 * run, the program owns it; reading it returns tensors of the state after the last started step.
 */

import type { ClassShard, StateTensor } from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, Executable, HostTensor, ResidentState, StartedRun } from '../engine.ts'
import { localReplicas, oneProcess, type World } from '../world.ts'
import type { StoredState } from './stored-state.ts'

/** Gives every process the tensor that the first one reads. */
export type ShareFirst = (spec: StateTensor, read: () => Promise<HostTensor>) => Promise<HostTensor>

export class DeviceState implements StoredState {
  readonly #plan: Plan
  readonly world: World
  /** `#tensors[device][i]`; empty while `#resident` owns them. */
  #tensors: DeviceTensor[][]
  #resident: ResidentState | undefined
  #steps: number

  /** Takes ownership of `tensors[device][i]`, the state of this process's replicas after `steps` steps. */
  constructor(plan: Plan, tensors: DeviceTensor[][], steps = 0, world = oneProcess(tensors.length)) {
    this.#plan = plan
    this.world = world
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
   * Starts a step with `inputs[device]` after the state, which it replaces; returns the other outputs of each device. All steps
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
    return need(this.#all()[this.#deviceOf(replica)], `the state of replica ${replica}`)
  }

  #deviceOf(replica: number): number {
    return localReplicas(this.world).indexOf(replica)
  }

  #all(): readonly DeviceTensor[][] {
    if (this.#resident !== undefined) this.#tensors = this.#resident.release()
    this.#resident = undefined
    return this.#tensors
  }

  /**
   * The inputs of `embed` for each device, with the running statistics of the first replica of all processes on all of them, so that
   * the verified network is the saved one. `share` returns that process's value of each process. `release` frees the copies.
   */
  async forEmbed(
    engine: Engine,
    share: ShareFirst = async (_spec, own) => own(),
  ): Promise<{ readonly of: readonly DeviceTensor[][]; readonly release: () => void }> {
    const copies: DeviceTensor[] = []
    const release = () => {
      for (const copy of copies) copy.dispose()
    }
    const of = this.#all().map((all) => this.#plan.embedState.map((index) => need(all[index], `state ${index}`)))
    try {
      for (const [at, index] of this.#plan.embedState.entries()) {
        if (this.world.size === 1 || this.#plan.state[index]?.role !== 'buffer') continue
        const saved = await share(need(this.#plan.state[index], 'a buffer'), () => need(of[0]?.[at], 'a buffer').read())
        for (const [device, own] of of.entries()) {
          if (device === 0 && this.world.rank === 0) continue
          const copy = await engine.upload(device, saved)
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

  /**
   * Copies the inputs of `embed` to the host, with the running statistics of the first replica of this process: later steps do not
   * change them.
   */
  copyForEmbed(): Promise<readonly HostTensor[]> {
    const first = need(localReplicas(this.world)[0], 'a replica')
    return Promise.all(this.#plan.embedState.map((index) => this.read(first, index)))
  }

  /** Replaces one tensor of a replica, before the first step, and takes ownership of the new one. */
  replace(replica: number, index: number, tensor: DeviceTensor): void {
    const own = need(this.#tensors[this.#deviceOf(replica)], `the state of replica ${replica}`)
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
