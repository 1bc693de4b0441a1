/** Why a plan all-reduces the softmax statistics instead of gathering them, as a sentence. */
import type { PlanDocument } from '../../compiler/plan/document.ts'
import { formatBytes, formatSeconds } from './format.ts'

/** `undefined` where they are gathered, as on few devices, or not exchanged. */
export function exchangeText({ exchange }: Pick<PlanDocument, 'exchange'>): string | undefined {
  if (exchange?.chosen !== 'reduce') return undefined
  const { gather, reduce } = exchange
  const chosen = `softmax statistics are all-reduced: ${formatBytes(reduce.wireBytes)} per device in ${formatSeconds(reduce.seconds)}`
  return `${chosen}; gathering them would take ${formatBytes(gather.wireBytes)} and ${formatSeconds(gather.seconds)}`
}
