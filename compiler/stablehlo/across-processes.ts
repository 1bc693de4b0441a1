/**
 * Collectives over replicas in several processes, as calls of arcc's own functions (`runtime/xla/native/collectives`), for the CPU: XLA's
 * own collectives end at the process there.
 *
 * All processes must do them in the same order, on each device one after the other; XLA orders ops by their operands alone. So each takes
 * a number from the one before, which is the number of the device in its process, and gives it to the next one, through loops too. The
 * text of a program is the same in all processes: what differs is known to the functions.
 */
import type { TensorType } from '../ir/dtype.ts'
import type { CollectiveKind } from '../ir/op-family.ts'
import { type AcrossProcesses, type Emitter, only, type Ssa } from './emitter.ts'
import { callNative } from './native-call.ts'

const scalar: TensorType = { dtype: 'u32', shape: [] }

/** The replica among those of this process, u32[]. */
export function localReplica(e: Emitter): Ssa {
  return only(e.op('stablehlo.replica_id', [], [scalar]))
}

/** The replica among those of all processes, u32[]. */
export function replicaOfAll(e: Emitter): Ssa {
  return only(callNative(e, 'arcc_replica', [localReplica(e)], [scalar], []))
}

/** A collective over the replicas of all processes; `number` is what its function takes beside the collective's own number. */
export function callAcross(
  e: Emitter,
  across: AcrossProcesses,
  kind: CollectiveKind,
  operands: readonly Ssa[],
  results: readonly TensorType[],
  number: number,
): readonly Ssa[] {
  const before = across.device ?? localReplica(e)
  const found = callNative(e, `arcc_${kind}`, [...operands, before], [...results, scalar], [across.count++, number])
  across.device = found.at(-1)
  return found.slice(0, -1)
}

/** What a loop carries in addition, so that the collectives in it and after it keep their order. */
export function carriedByLoops(e: Emitter): readonly Ssa[] {
  return e.across === undefined ? [] : [e.across.device ?? localReplica(e)]
}

/** Emits a loop's body, where `carried` are its values of `carriedByLoops`; returns those that the body ends with. */
export function insideLoop<T>(
  { across }: Emitter,
  carried: readonly Ssa[],
  emit: () => T,
): { readonly found: T; readonly carried: readonly Ssa[] } {
  if (across === undefined) return { found: emit(), carried }
  across.device = carried[0]
  const found = emit()
  return { found, carried: across.device === undefined ? [] : [across.device] }
}

/** After a loop, its results of `carriedByLoops`. */
export function afterLoop({ across }: Emitter, carried: readonly Ssa[]): void {
  if (across !== undefined) across.device = carried[0]
}
