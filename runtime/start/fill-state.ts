/**
 * Puts the weights that a run starts from into its initial state: the network, then the centers, for which it is needed, then the
 * optimizer's state if it is kept. Everything else stays as `init` made it.
 *
 * Legend: C classes, D embedding width, M center rows of one device, of which the first hold its classes.
 */
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { storedOn } from '../checkpoint/restore.ts'
import type { DecodeWorkers } from '../data/loader/decode-workers.ts'
import type { Selection } from '../data/select/selection.ts'
import type { Engine, Executable } from '../engine.ts'
import type { LoadedEvent } from '../events.ts'
import type { DeviceState } from '../state/device-state.ts'
import { localReplicas } from '../world.ts'
import { type FilledCenters, fillCenters } from './fill-centers.ts'
import { createMeanCenters } from './mean-centers.ts'
import { startErrors } from './messages.ts'
import { networkSource, networkTensor } from './network-tensor.ts'
import { isOptimizer, type Start } from './open-start.ts'

export interface FillOptions {
  readonly engine: Engine
  readonly plan: Plan
  /** The compiled `embed`. */
  readonly embed: Executable
  readonly data: Selection
  readonly workers: DecodeWorkers
  /** After an abort, no more pictures are embedded. */
  readonly signal: AbortSignal
}

/**
 * Fills the state of step 0, and says what it has. Throws ARC6770 if weights are not finite, and errors of files, data and devices.
 */
export async function fillState(state: DeviceState, start: Start, options: FillOptions): Promise<LoadedEvent> {
  const { plan, engine } = options
  const { network, classes, centers, files, spec } = start
  const source = networkSource(network)
  const own = localReplicas(engine.world)
  const wrong = new Set<string>()
  for (const [index, tensor] of plan.state.entries()) {
    if (!tensor.holds.some(({ name }) => source.has(name))) continue
    const stored = await networkTensor(tensor, source, () => state.read(need(own[0], 'a replica'), index), wrong)
    for (const [device, replica] of own.entries()) state.replace(replica, index, await engine.upload(device, stored))
  }
  if (wrong.size > 0) throw startErrors('ARC6770', { file: spec.path.path, tensors: [...wrong] })
  const filledCenters = await newAndOldCenters(state, start, options)
  if (start.optimizer !== undefined) {
    for (const [index, tensor] of plan.state.entries()) {
      if (!isOptimizer(tensor)) continue
      for (const [device, replica] of own.entries()) {
        const stored = await storedOn(plan, tensor, start.optimizer, replica)
        state.replace(replica, index, await engine.upload(device, stored))
      }
    }
  }
  return {
    type: 'loaded',
    path: spec.path.path,
    files: [...files].map(([path, sha256]) => ({ path, sha256 })),
    tensors: network.tensors.size,
    ignored: network.counters,
    leftOut: network.leftOut,
    classes: {
      ...(centers === undefined ? {} : { from: centers.from }),
      kept: classes.kept,
      new: plan.run.classes - classes.kept,
      dropped: classes.dropped,
    },
    ...filledCenters,
    optimizer: start.optimizer !== undefined,
  }
}

/** Embeds pictures of new classes if their mean is wanted, and fills the centers. */
async function newAndOldCenters(
  state: DeviceState,
  { spec, centers, classes }: Start,
  { plan, engine, embed, data, workers, signal }: FillOptions,
): Promise<FilledCenters> {
  const isNew = (label: number) => classes.old[label] === -1
  const needsMeans = spec.newCenters === 'mean' && classes.kept < plan.run.classes
  if (!needsMeans) return fillCenters(state, { plan, engine, centers, classes, means: undefined, signal })
  const weights = await state.forEmbed(engine)
  try {
    const embedder = { engine, executable: embed, network: plan.run, weights: weights.of }
    const means = await createMeanCenters({
      embedder,
      data,
      workers,
      isNew,
      most: spec.pictures,
      damaged: plan.run.dataset.damaged,
    })
    try {
      return await fillCenters(state, { plan, engine, centers, classes, means, signal })
    } finally {
      means.dispose()
    }
  } finally {
    weights.release()
  }
}
