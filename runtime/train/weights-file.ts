/** `weights.safetensors` in a run's folder: the trained network alone, as a state dict of arcface_torch. */
import { join } from 'node:path'
import type { Plan } from '../../compiler/plan/plan.ts'
import { bug } from '../../grammar/diagnostic.ts'
import { openSafetensors, stateDictFormat, tensorFileBytes } from '../safetensors.ts'
import { networkStreams } from '../state/named-streams.ts'
import type { StoredState } from '../state/stored-state.ts'

export const weightsName = 'weights.safetensors'

/** The metadata of the file after a number of steps. */
export function weightsMetadata(plan: Plan, steps: number): ReadonlyMap<string, string> {
  const facts = [
    ['experiment', plan.name],
    ['backbone', plan.document.model.backbone],
    ['step', String(steps)],
  ] as const
  return new Map([stateDictFormat, ...facts])
}

/** The size of the file, in bytes. */
export function weightsBytes(plan: Plan): number {
  const unread: StoredState = { state: plan.state, shards: plan.shards, read: () => bug('only the layout is known') }
  return tensorFileBytes(networkStreams(unread), weightsMetadata(plan, plan.run.steps))
}

/** After how many steps the weights in a run's folder were written; `undefined` if they are not there. */
export async function weightsStep(folder: string): Promise<number | undefined> {
  const file = await openSafetensors(join(folder, weightsName)).catch(() => undefined)
  if (file === undefined) return undefined
  await file.close()
  const step = file.metadata.get('step')
  return step === undefined ? undefined : Number(step)
}
