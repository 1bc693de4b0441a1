/** Linear algebra, combined from its files. */
import type { LinalgKind } from '../../compiler/ir/op-family.ts'
import { batchNormGrad, batchNormTraining } from './batch-norm.ts'
import { conv2d, conv2dFilterGrad, conv2dInputGrad } from './convolution.ts'
import { dotGeneral } from './dot-general.ts'
import { maxPool, maxPoolGrad } from './pool.ts'
import type { InterpretRule } from './rule.ts'

export const linalgRules: { readonly [K in LinalgKind]: InterpretRule<K> } = {
  dot_general: dotGeneral,
  conv2d,
  conv2d_input_grad: conv2dInputGrad,
  conv2d_filter_grad: conv2dFilterGrad,
  max_pool: maxPool,
  max_pool_grad: maxPoolGrad,
  batch_norm_training: batchNormTraining,
  batch_norm_grad: batchNormGrad,
}
