/** Reordering and reducing tensors. Legend: N batch, H W height and width, C channels, D = C·H·W features. */
import { elementCount } from '../ir/dtype.ts'
import { broadcastVector, convert, reshape, transpose } from '../ir/ops.ts'
import { showShape } from './tensors.ts'
import type { Call, Image, Ints, Pair, Tensor, Vector } from './types.ts'
import { bothSides } from './window.ts'

/**
 * Images [N,H,W,C] as vectors [N,C·H·W], channel by channel like PyTorch's flatten, so that its weights can be used unchanged.
 */
export function flatten(call: Call, x: Image): Vector {
  const b = call.graph()
  const [n = 0, ...rest] = x.type.shape
  return reshape(b, transpose(b, x, [0, 3, 1, 2]), [n, elementCount(rest)])
}

/** [along the height, along the width] of a kernel or another pair; a single number counts for both. */
export function sides(call: Call, kernel: Pair): Ints {
  return bothSides(call, '`kernel`', kernel, 0)
}

/** One number per channel, [C], repeated over x [...,C], in x's element type. */
export function per_channel(call: Call, values: Tensor, x: Tensor): Tensor {
  const channels = x.type.shape.at(-1)
  if (values.type.shape.length !== 1 || values.type.shape[0] !== channels)
    call.fail('ARC4104', {
      what: '`per_channel`',
      wanted: `one number for each of ${channels ?? 0} channels`,
      found: showShape(values.type.shape),
    })
  const b = call.graph()
  return convert(b, broadcastVector(b, values, x.type.shape, -1), x.type.dtype)
}

/** x in the element type of `like`, such as the experiment's precision. */
export function same_type(call: Call, x: Tensor, like: Tensor): Tensor {
  return convert(call.graph(), x, like.type.dtype)
}

/** x in f32. */
export function to_f32(call: Call, x: Tensor): Tensor {
  return convert(call.graph(), x, 'f32')
}
