/** Weights in the run's folder: the last ones, and some of those on the way. */
import { rm, stat } from 'node:fs/promises'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { RunEvent } from '../events.ts'
import { writeSafetensors } from '../safetensors.ts'
import type { DeviceState } from './device-state.ts'
import type { RunFolder } from './run-folder.ts'
import { weightStreams } from './weights.ts'

export interface WeightSaver {
  /** `weights-step-NNNNNN.safetensors` after a step; only the newest `checkpoint.keep` of them stay. */
  save(step: number): Promise<void>
  /** `weights.safetensors`, at the end. */
  saveLast(): Promise<void>
}

/** Backbone and centers. Both functions throw ARC6404 where the disk refuses. */
export function createWeightSaver(
  plan: Plan,
  state: DeviceState,
  folder: RunFolder,
  emit: (event: RunEvent) => void,
): WeightSaver {
  const kept: string[] = []
  const write = async (name: string, facts: readonly (readonly [string, string])[]): Promise<string> => {
    const path = folder.file(name)
    const metadata = new Map([['experiment', plan.name], ['backbone', plan.document.model.backbone], ...facts])
    await writeSafetensors(path, weightStreams(plan, state, { centers: true }), metadata)
    emit({ type: 'saved', what: 'weights', path, bytes: (await stat(path)).size })
    return path
  }
  return {
    async save(step) {
      kept.push(await write(`weights-step-${String(step).padStart(6, '0')}.safetensors`, [['step', String(step)]]))
      for (const old of kept.splice(0, kept.length - plan.run.checkpoint.keep)) await rm(old, { force: true })
    },
    async saveLast() {
      await write('weights.safetensors', [])
    },
  }
}
