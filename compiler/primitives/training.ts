/** Settings of a training run: learning rates of groups of weights, their scaling with the batch, and averages of weights. */
import type { Average, Bool, Call, Float, Int, RateGroup, Scaling, StringArg } from './types.ts'

/**
 * Multiplies the learning rate of the weights of the backbone at or below a path by `factor`. `*` stands for any one part of a
 * path; `*` alone is the whole backbone.
 */
export function group(call: Call, path: StringArg, factor: Float): RateGroup {
  if (!(factor > 0))
    return call.fail(
      'ARC4023',
      { what: '`factor`', bounds: 'above 0', found: factor },
      {
        notes: ['`train.freeze` keeps weights as they are, without gradient and optimizer state'],
      },
    )
  return { kind: 'rate_group', path: path.value, factor }
}

/**
 * The exponential moving average of the weights. The first update copies them; each later one sets the average to
 * decay · average + (1 - decay) · weight. With `warmup`, the decay is at most (1 + n) / (10 + n) after n earlier updates.
 */
export function ema(call: Call, decay: Float = 0.9999, warmup: Bool = true): Average {
  if (!(decay >= 0 && decay < 1))
    return call.fail('ARC4023', { what: '`decay`', bounds: '0 or more and below 1', found: decay })
  return { kind: 'average', decay, warmup }
}

function scaling(call: Call, rule: Scaling['rule'], reference: Int): Scaling {
  if (!(reference >= 1)) return call.fail('ARC4023', { what: '`reference`', bounds: '1 or more', found: reference })
  return { kind: 'lr_scaling', rule, reference }
}

/** Learning rates are given for a global batch of `reference` images and scale linearly with the batch (arXiv:1706.02677). */
export function linear_scaling(call: Call, reference: Int): Scaling {
  return scaling(call, 'linear', reference)
}

/** Learning rates are given for a global batch of `reference` images and scale with its square root (arXiv:1404.5997). */
export function sqrt_scaling(call: Call, reference: Int): Scaling {
  return scaling(call, 'sqrt', reference)
}
