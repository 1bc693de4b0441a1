/** Weights and buffers of a backbone, and their initial values. */
import { elementCount } from '../ir/dtype.ts'
import { layouts } from '../ir/state-tensor.ts'
import type { Bool, Call, Float, Initializer, Int, Ints, StringArg, Tensor } from './types.ts'

/**
 * A weight of the backbone, under the path of the enclosing block. `trainable: false` keeps its initial value. `layout: "oihw"`
 * marks a filter [kh,kw,I,O] that is [O,I,kh,kw] in arcface_torch's state dict.
 */
export function parameter(
  call: Call,
  name: StringArg,
  shape: Ints,
  init: Initializer,
  trainable: Bool = true,
  layout: StringArg = { kind: 'string', value: 'same', pending: undefined },
): Tensor {
  const order = layouts.find((known) => known === layout.value)
  if (order === undefined) return call.fail('ARC4024', { found: `"${layout.value}"`, known: layouts })
  return call.declare(name.value, {
    shape: positive(call, name.value, shape),
    initializer: init,
    trainable,
    buffer: false,
    layout: order,
  })
}

/** A running statistic of the backbone: not trained, but stored and saved with the weights. */
export function buffer(call: Call, name: StringArg, shape: Ints, init: Initializer): Tensor {
  return call.declare(name.value, {
    shape: positive(call, name.value, shape),
    initializer: init,
    trainable: false,
    buffer: true,
    layout: 'same',
  })
}

const mostElements = 2 ** 31 - 1

function positive(call: Call, name: string, shape: Ints): Ints {
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 1))
    return call.fail('ARC4107', { path: name, shape: `[${shape.join(', ')}]` })
  const elements = elementCount(shape)
  if (elements <= mostElements) return shape
  return call.fail('ARC4023', { what: `elements of \`${name}\``, bounds: `at most ${mostElements}`, found: elements })
}

/** Every element is `value`. */
export function filled(_call: Call, value: Float): Initializer {
  return { kind: 'constant', value }
}

/** Every element is 0. */
export function zeros(_call: Call): Initializer {
  return { kind: 'constant', value: 0 }
}

/** Every element is 1. */
export function ones(_call: Call): Initializer {
  return { kind: 'constant', value: 1 }
}

/** Drawn from a normal distribution with mean 0. */
export function normal(call: Call, std: Float): Initializer {
  if (!(std >= 0)) return call.fail('ARC4023', { what: '`std`', bounds: '0 or more', found: std })
  return { kind: 'normal', std }
}

/** Drawn uniformly from [-bound, bound). */
export function uniform(call: Call, bound: Float): Initializer {
  if (!(bound >= 0)) return call.fail('ARC4023', { what: '`bound`', bounds: '0 or more', found: bound })
  return { kind: 'uniform', bound }
}

/** He's normal distribution for rectifiers (arXiv:1502.01852): standard deviation sqrt(2 / fan). */
export function kaiming(call: Call, fan: Int): Initializer {
  if (!(fan >= 1)) return call.fail('ARC4023', { what: '`fan`', bounds: '1 or more', found: fan })
  return { kind: 'normal', std: Math.sqrt(2 / fan) }
}
