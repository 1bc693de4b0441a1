/** Puts a run back to an earlier state of its own. */
import { join } from 'node:path'
import { need } from '../../grammar/diagnostic.ts'
import { checkpointsName, stepName } from '../checkpoint/checkpoint-folder.ts'
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts'
import { restoreState } from '../checkpoint/restore.ts'
import { ArccError } from '../errors.ts'
import type { DeviceState } from '../state/device-state.ts'
import { nonFiniteTensors } from '../state/finite.ts'
import { localReplicas } from '../world.ts'
import { createProgressMeter } from './progress.ts'
import type { Trainer } from './trainer.ts'

/**
 * Replaces the state by the newest intact and finite one at or before `most` steps: a checkpoint of the run, or the state that it began with. No
 * step may be in flight. From there on, the same steps give the same results. Later checkpoints are removed: a run that is resumed
 * must not take a state that this one has abandoned. Throws ARC6707 if they cannot be, and errors of devices.
 */
export async function goBack(trainer: Trainer, most: number): Promise<void> {
  const { plan, checkpoints } = trainer
  await checkpoints.settled()
  // First, because the devices may not have room for two.
  trainer.isLost = true
  trainer.state.dispose()
  const { state, unreadable } = await earlierState(trainer, most)
  trainer.state = state
  trainer.isLost = false
  trainer.steps = state.steps
  trainer.verified = undefined
  trainer.meter = createProgressMeter({ ...plan.run, batch: plan.document.schedule.batch })
  await checkpoints.abandonAfter(trainer.steps, unreadable).finally(() => noteKept(trainer))
}

function noteKept({ checkpoints, folder, outcome }: Trainer): void {
  const [step] = checkpoints.steps
  if (step === undefined) delete outcome.kept
  else outcome.kept = { step, path: checkpointPath(folder.path, step) }
}

const checkpointPath = (folder: string, step: number) => join(folder, checkpointsName, stepName(step))

/** Whether all numbers of a state are finite, on all nodes. */
export async function isFiniteState({ plan, joint }: Trainer, state: DeviceState): Promise<boolean> {
  const own = localReplicas(state.world)
  return joint.each(
    'the state',
    async () => (await nonFiniteTensors(plan, own, (replica, index) => state.read(replica, index))).length === 0,
    (all) => !all.includes(false),
  )
}

interface EarlierState {
  readonly state: DeviceState
  /** The steps of checkpoints that could not be read. */
  readonly unreadable: ReadonlySet<number>
}

async function earlierState(trainer: Trainer, most: number): Promise<EarlierState> {
  const { folder, checkpoints, emit, begin } = trainer
  const unreadable = new Set<number>()
  for (const step of checkpoints.steps) {
    if (step > most) continue
    try {
      const state = await finiteState(trainer, checkpointPath(folder.path, step), step)
      if (state !== undefined) return { state, unreadable }
    } catch (error) {
      if (!(error instanceof ArccError) || error.code.startsWith('ARC60')) throw error
      unreadable.add(step)
      emit({ type: 'warning', message: `${error.message}; an older state is taken` })
    }
  }
  return { state: await begin(), unreadable }
}

/** The state of a checkpoint; `undefined` if it is not finite. All nodes can read it, or it throws on all. */
async function finiteState(trainer: Trainer, path: string, step: number): Promise<DeviceState | undefined> {
  const { plan, engine, joint } = trainer
  const read: DeviceState[] = []
  let isGood = false
  try {
    const restore = async () => {
      const checkpoint = await openCheckpoint(path)
      try {
        read.push(await restoreState(engine, plan, checkpoint, step))
      } finally {
        // It was only read.
        await checkpoint.close().catch(() => undefined)
      }
    }
    await joint.each('an earlier checkpoint', restore, () => undefined)
    const state = need(read[0], 'a state')
    isGood = await isFiniteState(trainer, state)
    return isGood ? state : undefined
  } finally {
    if (!isGood) for (const state of read) state.dispose()
  }
}
