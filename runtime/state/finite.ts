/** Whether the numbers of a state are finite. */
import type { HostTensor } from '../engine.ts'
import { bf16ToF32, f16ToF32 } from '../half.ts'
import { heldTensors } from './held-tensors.ts'
import type { StateLayout } from './stored-state.ts'

/** The floats of a tensor; `undefined` for other types. */
function floatsOf({ dtype, data }: HostTensor): Float32Array | undefined {
  if (data instanceof Float32Array) return data
  if (!(data instanceof Uint16Array)) return undefined
  return dtype === 'bf16' ? bf16ToF32(data) : f16ToF32(data)
}

function hasOnlyFinite(tensor: HostTensor): boolean {
  return floatsOf(tensor)?.every(Number.isFinite) ?? true
}

/**
 * The names of the tensors that are not finite on any of `replicas`, in the order of the plan; `read` copies a state tensor of one to
 * the host. At most one tensor is on the host at a time.
 */
export async function nonFiniteTensors(
  { state }: Pick<StateLayout, 'state'>,
  replicas: readonly number[],
  read: (replica: number, index: number) => Promise<HostTensor>,
): Promise<readonly string[]> {
  const names = new Set<string>()
  for (const [index, spec] of state.entries()) {
    for (const replica of replicas) {
      const tensor = await read(replica, index)
      if (hasOnlyFinite(tensor)) continue
      for (const held of heldTensors(spec, tensor)) if (!hasOnlyFinite(held.tensor)) names.add(held.named.name)
    }
  }
  return [...names]
}
