/** Verifies the current network of a run on each of its sets. */
import type { StateTensor } from '../../compiler/ir/state-tensor.ts'
import type { CheckpointMetric } from '../checkpoint/manifest.ts'
import type { HostArray, HostTensor } from '../engine.ts'
import { type Embedder, verifyPairs } from '../evaluate/embed-pairs.ts'
import { evaluateIjb } from '../evaluate/ijb/evaluate-ijb.ts'
import { usualRate } from '../evaluate/ijb/ijb-file.ts'
import { usualIjbOptions } from '../evaluate/ijb/template-pool.ts'
import type { EvaluationEvent } from '../events.ts'
import { newHostArray } from '../host-tensor.ts'
import type { DeviceState } from '../state/device-state.ts'
import type { Stop } from './nodes/notes.ts'
import { reasonToStop } from './nodes/stopping.ts'
import type { VerificationSet } from './open-loaders.ts'
import { phase, secondsSince } from './phase.ts'
import { saveCheckpoint } from './save.ts'
import type { Trainer } from './trainer.ts'

interface SetResult extends Omit<CheckpointMetric, 'set'> {
  readonly measure?: EvaluationEvent['measure']
  readonly tarAtFar: EvaluationEvent['tarAtFar']
}

async function evaluateSet(embedder: Embedder, { pairs, loader, templates }: VerificationSet): Promise<SetResult> {
  if (templates === undefined) {
    const { accuracy, deviation, auc, xnorm, tar } = await verifyPairs(embedder, { pairs, loader })
    return { accuracy, deviation, auc, xnorm, tarAtFar: [...tar] }
  }
  const { points, auc, xnorm } = await evaluateIjb(embedder, { set: templates, loader, options: usualIjbOptions })
  const tarAtFar = points.map(({ far, tar }) => ({ far, tar }))
  const accuracy = tarAtFar.find(({ far }) => far === usualRate)?.tar ?? 0
  return { accuracy, deviation: 0, auc, xnorm, measure: 'tar@1e-4', tarAtFar }
}

/** The network that is verified. */
interface Network {
  /** After how many steps. */
  readonly steps: number
  /** The inputs of `embed` for each replica; `release` frees what is there for this verification alone. */
  readonly weights: () => ReturnType<DeviceState['forEmbed']>
}

/** What became of a set on the first node. */
type Verified = { readonly result: SetResult } | { readonly stop: Stop }

/**
 * Verifies a set with the devices of all nodes. The first node has all embeddings and computes the result, which all get; it also
 * decides whether to end early.
 */
function evaluateTogether({ together, peers }: Trainer, embedder: Embedder, set: VerificationSet): Promise<Verified> {
  const { signal } = embedder
  const work = async (all: Embedder): Promise<Verified> => {
    try {
      return { result: await evaluateSet(all, set) }
    } catch (error) {
      // A single process throws what stops it.
      if (peers.nodes === 1 || signal?.aborted !== true || error !== signal.reason) throw error
      return { stop: reasonToStop(signal) }
    }
  }
  return together.embed({ what: 'a verification', embedder, images: set, work })
}

/**
 * One event per set. The checkpoint of these weights gets the result, and is written if it is the best and there is none. After an
 * abort of `signal` on the first node, the verification ends without a result.
 */
export async function evaluateSets(trainer: Trainer, signal?: AbortSignal): Promise<void> {
  const { engine, steps, checkpoints, state } = trainer
  const weights = () => state.forEmbed(engine, (spec, read) => shareTensor(trainer, spec, read))
  const metrics = await evaluate(trainer, { steps, weights }, signal)
  if (metrics === undefined) return
  trainer.verified = { step: steps, metrics }
  // Whether there is one is certain, and the same on all nodes, when nothing is being written.
  await checkpoints.settled()
  if (checkpoints.has(steps)) await checkpoints.amend(steps, metrics)
  else if (checkpoints.isBest(metrics)) await saveCheckpoint(trainer, 'best')
}

/** The verification of the network that training begins with. */
export interface InitialVerification {
  isDue(): boolean
  /** Verifies if it is due; no step may be in flight. */
  verify(): Promise<void>
}

/**
 * Prepares the verification of the network as it is at step 0. It comes after the first step, so that the first loss is there at once
 * and the threads make its pictures meanwhile. Until then its weights are in the host's memory, so that a device needs room for no
 * copy while a step runs. Never due without sets, or after step 0.
 */
export async function initialVerification(trainer: Trainer): Promise<InitialVerification> {
  const { engine, steps, state, loaders } = trainer
  let copy = steps > 0 || loaders.sets.length === 0 ? undefined : await state.copyForEmbed()
  return {
    isDue: () => copy !== undefined,
    async verify() {
      if (copy === undefined) return
      const tensors = copy
      copy = undefined
      const weights = async () => {
        const of = await engine.uploadAll(Array.from({ length: engine.world.local }, () => tensors))
        const release = () => {
          for (const tensor of of.flat()) tensor.dispose()
        }
        return { of, release }
      }
      await evaluate(trainer, { steps: 0, weights }, trainer.stopping.wanted)
    },
  }
}

/** The results in the order of the sets; `undefined` without sets and after an abort. */
async function evaluate(
  trainer: Trainer,
  { steps, weights: take }: Network,
  signal: AbortSignal | undefined,
): Promise<readonly CheckpointMetric[] | undefined> {
  const { plan, engine, programs, loaders, emit, times, watchdog, peers, stopping } = trainer
  if (loaders.sets.length === 0 || (peers.nodes === 1 && signal?.aborted === true)) return undefined
  const began = performance.now()
  const metrics: CheckpointMetric[] = []
  await phase(emit, 'evaluate', async () => {
    const weights = await take()
    const embedder = {
      engine,
      executable: programs.embed,
      network: plan.run,
      weights: weights.of,
      signal,
      watch: watchdog.watch,
    }
    try {
      for (const set of loaders.sets) {
        const start = performance.now()
        const verified = await evaluateTogether(trainer, embedder, set)
        if ('stop' in verified) return stopping.stop(verified.stop)
        const { accuracy, deviation, auc, xnorm, measure, tarAtFar } = verified.result
        metrics.push({ set: set.name, accuracy, deviation, auc, xnorm })
        emit({
          type: 'evaluation',
          step: steps,
          ...(steps === 0 && trainer.start !== undefined ? { loaded: true } : {}),
          set: set.name,
          pairs: set.pairs.same.length,
          ...(measure === undefined ? {} : { measure }),
          accuracy,
          deviation,
          xnorm,
          auc,
          tarAtFar,
          seconds: secondsSince(start),
        })
      }
      times.verification = secondsSince(began)
    } catch (error) {
      if (signal?.aborted !== true || error !== signal.reason) throw error
    } finally {
      weights.release()
    }
  })
  return metrics.length < loaders.sets.length ? undefined : metrics
}

/** The tensor of the first node, on all of them. */
async function shareTensor(
  { joint, peers }: Trainer,
  { dtype, shape, placement }: StateTensor,
  read: () => Promise<HostTensor>,
): Promise<HostTensor> {
  if (peers.nodes === 1 || placement === 'replicated') return read()
  const bytes = await joint.firstBytes('the statistics for a verification', async () => bytesOf((await read()).data))
  const data = newHostArray({ dtype, shape })
  bytesOf(data).set(bytes)
  return { dtype, shape, data }
}

function bytesOf({ buffer, byteOffset, byteLength }: HostArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
