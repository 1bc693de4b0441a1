/** Why a plan exchanges the softmax statistics with two sums and not with one gathering, as a sentence. */
import type { PlanDocument } from '../../compiler/plan/document.ts'
import { formatBytes, formatSeconds } from './format.ts'

/** `undefined` for a gathering, which is the usual one. */
export function exchangeText({ exchange }: Pick<PlanDocument, 'exchange'>): string | undefined {
  if (exchange?.chosen !== 'reduce') return undefined
  const { gather, reduce } = exchange
  const chosen = `softmax statistics are all-reduced: ${formatBytes(reduce.wireBytes)} per device in ${formatSeconds(reduce.seconds)}`
  return `${chosen}; gathering them would take ${formatBytes(gather.wireBytes)} and ${formatSeconds(gather.seconds)}`
}
