/** The narrow network with weights that nobody trained, as files that a command reads. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { elaborate } from '../../cli/host/carrier.ts'
import { fileHost } from '../../cli/host/host.ts'
import { elementCount } from '../../compiler/ir/dtype.ts'
import { networkPlan } from '../../compiler/plan/network-plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { networkShapes } from '../../runtime/network/open-network.ts'
import { writeSafetensors } from '../../runtime/safetensors.ts'
import { seededRandom } from './mutate.ts'
import { narrowText } from './narrow.ts'

/** Writes `net.arc`, whose experiment declares the network, and `net.safetensors`. It takes pictures of 28 × 28. */
export async function writeNarrowNetwork(folder: string, seed = 1): Promise<void> {
  const text = narrowText({ devices: 1, batch: 4, classes: 4 })
  writeFileSync(join(folder, 'net.arc'), text)
  const { experiment } = elaborate({ path: 'net.arc', text }, undefined, [], fileHost())
  const { backbone } = need(experiment, 'an experiment')
  const options = { replicas: 1, batch: 1, compute: 'f32', device: 'cpu', mirrored: false } as const
  const random = seededRandom(seed)
  const tensors = [...networkShapes(need(networkPlan(backbone, options), 'a plan'))].map(([name, shape]) => {
    const data = Float32Array.from({ length: elementCount(shape) }, () => 0.5 + random())
    const pieces = async function* () {
      yield data
    }
    return [name, { dtype: 'f32', shape, pieces }] as const
  })
  await writeSafetensors(join(folder, 'net.safetensors'), new Map(tensors))
}
