/** What the results of evaluations say of the network. */
import { resolve } from 'node:path'
import type { NetworkFacts } from '../../../runtime/evaluate/report/network-facts.ts'
import type { NetworkRequest, RunningNetwork } from '../../host/network/with-network.ts'

export async function networkFacts(
  { weights, plan }: RunningNetwork,
  { precision }: Pick<NetworkRequest, 'precision'>,
): Promise<NetworkFacts> {
  const step = weights.checkpoint?.manifest.step
  return {
    path: resolve(weights.path),
    sha256: await weights.sha256(),
    backbone: plan.backbone,
    embedding: plan.embedding,
    ...(step === undefined ? {} : { step }),
    precision,
  }
}
