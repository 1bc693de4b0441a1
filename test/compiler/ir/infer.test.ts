/** Errors of inference. */
import { describe, expect, it } from 'vitest'
import type { TensorType } from '../../../compiler/ir/dtype.ts'
import { inferOp } from '../../../compiler/ir/infer.ts'
import type { OpKind, OpParams } from '../../../compiler/ir/op.ts'

const t = (dtype: TensorType['dtype'], ...shape: number[]): TensorType => ({ dtype, shape })
const f = (...shape: number[]) => t('f32', ...shape)
const i32 = (...shape: number[]) => t('i32', ...shape)

function refusal<K extends OpKind>(kind: K, operands: readonly TensorType[], params: OpParams[K], replicas = 1) {
  return { kind, run: () => inferOp(kind, { operands, params, regions: [], replicas }) }
}

const conv = {
  stride: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  groups: 1,
} as const
const dot = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0], dtype: 'f32' } as const

const refusals = [
  [refusal('add', [f(2), f(3)], {}), 'add(f32[2], f32[3]): expected f32[2] where f32[3] is'],
  [refusal('add', [f(2)], {}), 'add(f32[2]): expected 2 operands'],
  [refusal('add', [t('pred', 2), t('pred', 2)], {}), 'expected numbers where pred is'],
  [refusal('power', [i32(2), i32(2)], {}), 'expected floats where i32 is'],
  [refusal('tanh', [i32(2)], {}), 'tanh(i32[2]): expected a float where i32 is'],
  [refusal('abs', [t('u32', 2)], {}), 'expected a signed number where u32 is'],
  [refusal('not', [f(2)], {}), 'expected an integer or pred where f32 is'],
  [refusal('xor', [f(2), f(2)], {}), 'expected integers or pred where f32 is'],
  [refusal('shift_left', [t('pred'), t('pred')], {}), 'expected integers where pred is'],
  [refusal('select', [f(2), f(2), f(2)], {}), 'expected pred[2] where f32[2] is'],
  [refusal('select', [t('pred', 3), f(2), f(2)], {}), 'expected pred[2] where pred[3] is'],
  [refusal('constant', [], { dtype: 'i32', shape: [], value: 0.5 }), 'expected a whole number for i32 where 0.5 is'],
  [
    refusal('constant', [], { dtype: 'f32', shape: [2], value: new Float64Array(2) }),
    'expected the data of f32 in its own typed array',
  ],
  [
    refusal('constant', [], { dtype: 'f32', shape: [2], value: new Float32Array(3) }),
    'expected 2 elements where 3 are',
  ],
  [refusal('iota', [], { dtype: 'i32', shape: [2], dim: 1 }), 'expected distinct dims of a rank 1 tensor where [1] is'],
  [refusal('input', [], { index: 0, name: 'x', dtype: 'f32', shape: [-1] }), 'expected a shape where [-1] is'],
  [refusal('broadcast_in_dim', [f(2)], { shape: [3], dims: [0] }), 'expected an operand that fits [3] at dims [0]'],
  [refusal('broadcast_in_dim', [f(2)], { shape: [2, 2], dims: [] }), 'expected 1 dims where 0 are'],
  [refusal('reshape', [f(2, 3)], { shape: [5] }), 'expected as many elements as [5] has'],
  [refusal('transpose', [f(2, 3)], { permutation: [0] }), 'expected a permutation of 2 dims'],
  [refusal('reverse', [f(2)], { dims: [0, 0] }), 'expected distinct dims of a rank 1 tensor where [0,0] is'],
  [refusal('slice', [f(4)], { start: [2], limit: [5], stride: [1] }), 'expected a range inside dim 0 where 2:5:1 is'],
  [refusal('slice', [f(4)], { start: [0], limit: [4], stride: [0] }), 'expected a range inside dim 0 where 0:4:0 is'],
  [refusal('pad', [f(2), f()], { low: [-3], high: [0], interior: [0] }), 'expected padding that leaves dim 0 a size'],
  [refusal('pad', [f(2), i32()], { low: [0], high: [0], interior: [0] }), 'expected f32[] where i32[] is'],
  [refusal('concatenate', [f(2, 3), f(2, 4)], { dim: 0 }), 'expected f32[2,3] where f32[2,4] is'],
  [refusal('dynamic_slice', [f(4), i32(1)], { sizes: [2] }), 'expected i32[] where i32[1] is'],
  [refusal('dynamic_slice', [f(4), i32()], { sizes: [5] }), 'expected sizes that fit the tensor where [5] is'],
  [refusal('dynamic_update_slice', [f(4), f(5), i32()], {}), 'expected an update that fits into the tensor'],
  [refusal('gather_rows', [f(4, 2), t('u32', 3)], {}), 'expected row numbers i32[K]'],
  [refusal('gather_rows', [f(0, 2), i32(3)], {}), 'expected a table with rows'],
  [refusal('scatter_rows', [f(4, 2), i32(3), f(3, 3)], { mode: 'set' }), 'expected f32[3,2] where f32[3,3] is'],
  [refusal('reduce_sum', [f(4)], { dims: [1] }), 'expected distinct dims of a rank 1 tensor where [1] is'],
  [refusal('reduce_max', [f(0)], { dims: [0] }), 'expected something to reduce over'],
  [refusal('dot_general', [f(2, 3), f(4, 5)], dot), 'expected equal contracted dims [1] and [0]'],
  [refusal('dot_general', [f(2, 3), t('bf16', 3, 5)], dot), 'expected operands of one dtype'],
  [
    refusal('dot_general', [f(2, 3), f(3, 5)], { ...dot, dtype: 'i32' }),
    'expected a result dtype that holds the sums where i32 is',
  ],
  [refusal('conv2d', [f(1, 4, 4, 3), f(3, 3, 2, 8)], conv), 'expected 3 channels, which 1 groups of 2 are not'],
  [
    refusal('conv2d', [f(1, 4, 4, 4), f(3, 3, 2, 3)], { ...conv, groups: 2 }),
    'expected output channels that 2 groups divide where 3 are',
  ],
  [refusal('conv2d', [f(1, 2, 2, 1), f(3, 3, 1, 1)], conv), 'expected a window that fits into 2x2 where 3x3 is'],
  [
    refusal('conv2d', [f(1, 4, 4, 1), f(3, 3, 1, 1)], { ...conv, stride: [0, 1] }),
    'expected stride, dilation, groups and window of 1 or more',
  ],
  [
    refusal('conv2d_input_grad', [f(1, 3, 3, 1), f(3, 3, 1, 1)], { ...conv, inputShape: [1, 4, 4, 1] }),
    'expected f32[1,2,2,1] where f32[1,3,3,1] is',
  ],
  [
    refusal('conv2d_filter_grad', [f(1, 4, 4, 1), f(1, 3, 3, 1)], { ...conv, filterShape: [3, 3, 1, 1] }),
    'expected f32[1,2,2,1] where f32[1,3,3,1] is',
  ],
  [
    refusal('batch_norm_training', [t('f16', 2, 3), t('f16', 3), t('f16', 3), t('f16', 3)], { epsilon: 1e-5 }),
    'expected f32[3] where f16[3] is',
  ],
  [
    refusal('batch_norm_training', [f(2, 3), f(3), f(3), f(3)], { epsilon: 0 }),
    'expected an epsilon above 0 where 0 is',
  ],
  [refusal('for_loop', [f(2)], { trips: 1, invariants: 0 }), 'expected one region'],
  [refusal('for_loop', [f(2)], { trips: -1, invariants: 0 }), 'expected trips of 0 or more where -1 is'],
  [refusal('for_loop', [f(2)], { trips: 1, invariants: 2 }), 'expected invariants among the operands where 2 is'],
  [refusal('all_reduce', [], { reduction: 'sum' }), 'expected at least one operand'],
  [refusal('all_gather', [f()], { dim: 0 }), 'expected distinct dims of a rank 0 tensor where [0] is'],
  [refusal('reduce_scatter', [f(5)], { dim: 0 }, 2), 'expected a dim 0 that 2 replicas divide where 5 is'],
] as const

describe('inference refuses', () => {
  it.each(refusals.map(([op, wanted]) => ({ ...op, wanted })))('$kind: $wanted', ({ kind, run, wanted }) => {
    expect(run).toThrow(wanted)
    expect(run).toThrow(`${kind}(`)
  })
})
