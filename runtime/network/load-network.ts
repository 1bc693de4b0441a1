/** Puts a network on devices, ready to embed images. */
import type { NetworkPlan } from '../../compiler/plan/network-plan.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine } from '../engine.ts'
import type { Embedder } from '../evaluate/embed-pairs.ts'
import { startErrors } from '../start/messages.ts'
import { networkSource, networkTensor } from '../start/network-tensor.ts'
import type { NetworkWeights } from './open-network.ts'

export interface LoadedNetwork extends Embedder {
  /** Frees the weights and the program; the engine stays. */
  dispose(): void
}

/** Compiles `embed` and uploads the weights to all devices. The caller disposes it. Throws ARC6770 if weights are not finite. */
export async function loadNetwork(
  engine: Engine,
  plan: NetworkPlan,
  { path, tensors }: Pick<NetworkWeights, 'path' | 'tensors'>,
): Promise<LoadedNetwork> {
  const source = networkSource(tensors)
  const wrong = new Set<string>()
  const weights = Array.from({ length: engine.world.local }, (): DeviceTensor[] => [])
  const free = () => {
    for (const tensor of weights.flat()) tensor.dispose()
  }
  try {
    for (const tensor of plan.state) {
      const stored = await networkTensor(tensor, source, () => bug(`${tensor.name} is not in the file`), wrong)
      for (const [device, own] of weights.entries()) own.push(await engine.upload(device, stored))
    }
    if (wrong.size > 0) throw startErrors('ARC6770', { file: path, tensors: [...wrong] })
    const executable = await engine.compile(plan.embed)
    return {
      engine,
      executable,
      network: plan,
      weights,
      dispose() {
        executable.dispose()
        free()
      },
    }
  } catch (error) {
    free()
    throw error
  }
}
