/** What the results of evaluations have in common: where they are written, and what they say of the network. */
import { extname, join, resolve } from 'node:path'
import type { NetworkFacts } from '../../../runtime/evaluate/ijb/ijb-file.ts'
import type { NetworkRequest, RunningNetwork } from '../../host/network/with-network.ts'

/** The folder of a result: in the run, or beside the weights; below `folder` if one is named. */
export function resultFolder({ weights, run }: RunningNetwork, folder: string | undefined, set: string): string {
  if (folder !== undefined) return join(folder, set)
  if (run !== undefined) return join(run, 'evaluations', set)
  const { path } = weights
  return join(`${path.slice(0, path.length - extname(path).length)}.evaluations`, set)
}

export async function networkFacts(network: RunningNetwork, request: NetworkRequest): Promise<NetworkFacts> {
  const { weights, plan, backbone } = network
  const step = weights.checkpoint?.manifest.step
  return {
    path: resolve(weights.path),
    sha256: await weights.sha256(),
    backbone: backbone.name,
    embedding: plan.embedding,
    ...(step === undefined ? {} : { step }),
    precision: request.precision,
  }
}
