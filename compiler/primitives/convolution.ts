/** Convolution and matrix products. Legend: N batch, H W height and width, C channels, O output channels, I O features. */
import { convert } from '../ir/ops.ts'
import { flattenFix } from '../values/flatten-fix.ts'
import { showShape } from './tensors.ts'
import type { Bool, Call, Image, Int, Padding, Pair, Tensor } from './types.ts'
import { bothSides, checkWindow } from './window.ts'

/** Number of channels of x per group, for `groups` groups. */
export function channels_per_group(call: Call, x: Image, groups: Int): Int {
  const channels = x.type.shape.at(-1) ?? 0
  if (groups < 1) return call.fail('ARC4023', { what: '`groups`', bounds: '1 or more', found: groups })
  if (channels % groups !== 0) return call.fail('ARC4103', { channels, groups, which: 'input' })
  return channels / groups
}

/**
 * Convolution of images [N,H,W,C] with a filter [kh,kw,C/groups,O], with `padding` zeros on every side; `same` is half of what the
 * filter covers. Neighboring places of the filter are `dilation` pixels apart. It is computed in the experiment's precision, which
 * is also the result's type; `precise: true` computes in f32.
 */
export function conv2d(
  call: Call,
  x: Image,
  filter: Tensor,
  stride: Pair = 1,
  padding: Padding = 0,
  groups: Int = 1,
  precise: Bool = false,
  dilation: Pair = 1,
): Image {
  const channels = x.type.shape[3] ?? 0
  if (filter.type.shape.length !== 4)
    call.fail('ARC4104', {
      what: 'the filter of `conv2d`',
      wanted: '[kh, kw, C/groups, O]',
      found: showShape(filter.type.shape),
    })
  const [kh = 0, kw = 0, perGroup = 0, outputs = 0] = filter.type.shape
  const steps = bothSides(call, '`stride`', stride, 1)
  const gaps = bothSides(call, '`dilation`', dilation, 1)
  const reach = [gaps[0] * (kh - 1) + 1, gaps[1] * (kw - 1) + 1] as const
  const half = [Math.floor(reach[0] / 2), Math.floor(reach[1] / 2)] as const
  const [rows, columns] = padding === 'same' ? half : bothSides(call, '`padding`', padding, 0)
  if (groups < 1) call.fail('ARC4023', { what: '`groups`', bounds: '1 or more', found: groups })
  if (channels % groups !== 0) call.fail('ARC4103', { channels, groups, which: 'input' })
  if (outputs % groups !== 0) call.fail('ARC4103', { channels: outputs, groups, which: 'output' })
  if (perGroup * groups !== channels)
    call.fail('ARC4106', { filter: `[${filter.type.shape.join(', ')}]`, channels, groups })
  checkWindow(call, x, reach, [rows, columns])

  const builder = call.graph()
  const dtype = precise ? 'f32' : call.model().compute
  return builder.add('conv2d', [convert(builder, x, dtype), convert(builder, filter, dtype)], {
    stride: steps,
    padding: [
      [rows, rows],
      [columns, columns],
    ],
    groups,
    ...(gaps[0] * gaps[1] > 1 && { dilation: gaps }),
  })
}

/**
 * Vectors [N,I] or tokens [N,T,I] times the transpose of a weight [O,I]: [N,O] or [N,T,O]. It is computed in the experiment's
 * precision, which is also the result's type; `precise: true` computes in f32.
 */
export function product(call: Call, x: Tensor, weight: Tensor, precise: Bool = false): Tensor {
  const rank = x.type.shape.length
  const features = x.type.shape[rank - 1] ?? 0
  if (rank !== 2 && rank !== 3)
    call.fail(
      'ARC4104',
      { what: '`product`', wanted: 'vectors or tokens', found: showShape(x.type.shape) },
      rank === 4 ? { notes: ['`flatten` makes a vector of an image'], ...flattenFix(call.placeOf('x')) } : {},
    )
  if (weight.type.shape.length !== 2 || weight.type.shape[1] !== features)
    call.fail('ARC4104', {
      what: 'the weight of `product`',
      wanted: `[O, ${features}]`,
      found: `[${weight.type.shape.join(', ')}]`,
    })
  const b = call.graph()
  const dtype = precise ? 'f32' : call.model().compute
  return b.add('dot_general', [convert(b, x, dtype), convert(b, weight, dtype)], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [rank - 1],
    rhsContract: [1],
    dtype,
  })
}

/**
 * Products of matrices [...,M,K] and [...,K,N], or with `transposed` [...,N,K]: [...,M,N]. They are computed in the experiment's
 * precision, which is also the result's type; `wide: true` keeps the f32 sums.
 */
export function matmul(call: Call, x: Tensor, y: Tensor, transposed: Bool = false, wide: Bool = false): Tensor {
  const [left, right] = [x.type.shape, y.type.shape]
  const rank = left.length
  const inner = transposed ? rank - 1 : rank - 2
  const batch = left.slice(0, -2).map((_, dim) => dim)
  const fits = rank >= 2 && right.length === rank && batch.every((dim) => left[dim] === right[dim])
  if (!fits || left[rank - 1] !== right[inner])
    return call.fail('ARC4101', { operator: 'matmul', left: showShape(left), right: showShape(right) })
  const b = call.graph()
  const { compute } = call.model()
  return b.add('dot_general', [convert(b, x, compute), convert(b, y, compute)], {
    lhsBatch: batch,
    rhsBatch: batch,
    lhsContract: [rank - 1],
    rhsContract: [inner],
    dtype: wide ? 'f32' : compute,
  })
}
