/**
 * State tensors of a network from the tensors of a file.
 *
 * Legend: filters [kh,kw,I,O] in a network, [O,I,kh,kw] in files.
 */
import { averagedName, type NamedTensor, type StateTensor } from '../../compiler/ir/state-tensor.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import { type StateSource, wholeTensor } from '../checkpoint/state-source.ts'
import type { HostTensor } from '../engine.ts'
import { filterFromOihw, heldTensors, storedTensor } from '../state/held-tensors.ts'
import type { StateDict } from './state-dict.ts'

/** The network as a source of its weights, of its statistics, and of the averages of both. */
export function networkSource({ tensors }: StateDict): StateSource {
  const tensorOf = (name: string) => tensors.get(name) ?? tensors.get(averagedName(name))
  return {
    has: (name) => tensorOf(name) !== undefined,
    shape: (name) => need(tensorOf(name), name).shape,
    async rows(name, first, count) {
      const tensor = need(tensorOf(name), name)
      const [, ...rest] = tensor.shape
      const shape = tensor.shape.length === 0 ? [] : [count, ...rest]
      return { dtype: 'f32', shape, data: await tensor.rows(first, count) }
    },
  }
}

/**
 * A state tensor of the network as stored, with everything that the source has of it; the rest is as `initial`. Adds names of tensors
 * that are not finite to `wrong`.
 */
export async function networkTensor(
  tensor: StateTensor,
  source: StateSource,
  initial: () => Promise<HostTensor>,
  wrong: Set<string>,
): Promise<HostTensor> {
  if (tensor.dtype !== 'f32') return bug(`${tensor.name} of type ${tensor.dtype} in a network`)
  const isWhole = tensor.holds.every(({ name }) => source.has(name))
  const before = isWhole ? [] : heldTensors(tensor, await initial())
  const held: HostTensor[] = []
  for (const [i, named] of tensor.holds.entries()) {
    if (!source.has(named.name)) held.push(need(before[i], named.name).tensor)
    else held.push(await fromFile(named, source, wrong))
  }
  return storedTensor(tensor, held)
}

async function fromFile({ name, layout }: NamedTensor, source: StateSource, wrong: Set<string>): Promise<HostTensor> {
  const tensor = await wholeTensor(source, name)
  if (tensor.data.some((value) => !Number.isFinite(value))) wrong.add(name)
  return layout === 'oihw' ? filterFromOihw(tensor) : tensor
}
