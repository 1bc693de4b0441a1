/**
 * How many pictures classes have, as the state stores it.
 *
 * Legend: C classes, M rows of the table on one device, of which the first hold its classes.
 */
import { type ClassShard, fewestPictures, type StateTensor } from '../../compiler/ir/state-tensor.ts'
import type { HostTensor } from '../engine.ts'

/** A tensor of the counts on a device with these classes, from the pictures of each class, [C]. */
export function pictureCounts(
  spec: StateTensor,
  perClass: ArrayLike<number>,
  { start, count }: ClassShard,
): HostTensor {
  const { shape, role, name } = spec
  if (role === 'class_count') {
    // Rows without a class have a number that is no special case in any formula.
    const data = new Float32Array(shape[0] ?? 0).fill(1)
    for (let i = 0; i < count; i++) data[i] = perClass[start + i] ?? 0
    return { dtype: 'f32', shape, data }
  }
  let fewest = Number.POSITIVE_INFINITY
  let most = 0
  for (let c = 0; c < perClass.length; c++) {
    const pictures = perClass[c] ?? 0
    if (pictures > 0) fewest = Math.min(fewest, pictures)
    most = Math.max(most, pictures)
  }
  return { dtype: 'f32', shape, data: Float32Array.of(name === fewestPictures ? fewest : most) }
}
