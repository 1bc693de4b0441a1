// Written by `npm run prelude` from the signatures of this folder: do not edit.
import * as parameter from './parameter.ts'
import * as convolution from './convolution.ts'
import * as normalization from './normalization.ts'
import * as shape from './shape.ts'
import * as pool from './pool.ts'
import * as arrange from './arrange.ts'
import * as reduce from './reduce.ts'
import * as random from './random.ts'
import * as math from './math.ts'
import * as weights from './weights.ts'
import * as batch from './batch.ts'
import * as training from './training.ts'
import * as world from './world.ts'
import * as computer from './computer.ts'
import type { PrimitiveEntry } from './marshal-types.ts'

export const primitives: { readonly [name: string]: PrimitiveEntry } = {
  parameter: { run: parameter.parameter, parameters: [['name', 'StringArg'], ['shape', 'Ints'], ['init', 'Initializer'], ['trainable', 'Bool'], ['layout', 'StringArg']], result: 'Tensor' },
  buffer: { run: parameter.buffer, parameters: [['name', 'StringArg'], ['shape', 'Ints'], ['init', 'Initializer']], result: 'Tensor' },
  filled: { run: parameter.filled, parameters: [['value', 'Float']], result: 'Initializer' },
  zeros: { run: parameter.zeros, parameters: [], result: 'Initializer' },
  ones: { run: parameter.ones, parameters: [], result: 'Initializer' },
  normal: { run: parameter.normal, parameters: [['std', 'Float']], result: 'Initializer' },
  uniform: { run: parameter.uniform, parameters: [['bound', 'Float']], result: 'Initializer' },
  kaiming: { run: parameter.kaiming, parameters: [['fan', 'Int']], result: 'Initializer' },
  channels_per_group: { run: convolution.channels_per_group, parameters: [['x', 'Image'], ['groups', 'Int']], result: 'Int' },
  conv2d: { run: convolution.conv2d, parameters: [['x', 'Image'], ['filter', 'Tensor'], ['stride', 'Pair'], ['padding', 'Padding'], ['groups', 'Int'], ['precise', 'Bool'], ['dilation', 'Pair']], result: 'Image' },
  product: { run: convolution.product, parameters: [['x', 'Tensor'], ['weight', 'Tensor'], ['precise', 'Bool']], result: 'Tensor' },
  matmul: { run: convolution.matmul, parameters: [['x', 'Tensor'], ['y', 'Tensor'], ['transposed', 'Bool'], ['wide', 'Bool']], result: 'Tensor' },
  batch_normalization: { run: normalization.batch_normalization, parameters: [['x', 'Tensor'], ['scale', 'Tensor'], ['offset', 'Tensor'], ['mean', 'Tensor'], ['variance', 'Tensor'], ['momentum', 'Float'], ['epsilon', 'Float']], result: 'Tensor' },
  flatten: { run: shape.flatten, parameters: [['x', 'Image']], result: 'Vector' },
  sides: { run: shape.sides, parameters: [['kernel', 'Pair']], result: 'Ints' },
  per_channel: { run: shape.per_channel, parameters: [['values', 'Tensor'], ['x', 'Tensor']], result: 'Tensor' },
  same_type: { run: shape.same_type, parameters: [['x', 'Tensor'], ['like', 'Tensor']], result: 'Tensor' },
  to_f32: { run: shape.to_f32, parameters: [['x', 'Tensor']], result: 'Tensor' },
  max_pool: { run: pool.max_pool, parameters: [['x', 'Image'], ['kernel', 'Pair'], ['stride', 'Pair'], ['padding', 'Pair']], result: 'Image' },
  average_pool: { run: pool.average_pool, parameters: [['x', 'Image'], ['kernel', 'Pair'], ['stride', 'Pair'], ['padding', 'Pair']], result: 'Tensor' },
  tokens: { run: arrange.tokens, parameters: [['x', 'Image']], result: 'Tokens' },
  reshape: { run: arrange.reshape, parameters: [['x', 'Tensor'], ['shape', 'Ints']], result: 'Tensor' },
  permute: { run: arrange.permute, parameters: [['x', 'Tensor'], ['order', 'Ints']], result: 'Tensor' },
  expand: { run: arrange.expand, parameters: [['x', 'Tensor'], ['shape', 'Ints']], result: 'Tensor' },
  slice: { run: arrange.slice, parameters: [['x', 'Tensor'], ['dim', 'Int'], ['start', 'Int'], ['stop', 'Int']], result: 'Tensor' },
  concatenate: { run: arrange.concatenate, parameters: [['x', 'Tensor'], ['y', 'Tensor'], ['dim', 'Int']], result: 'Tensor' },
  gather: { run: arrange.gather, parameters: [['x', 'Tensor'], ['indices', 'Ints'], ['dim', 'Int']], result: 'Tensor' },
  constant: { run: arrange.constant, parameters: [['values', 'List']], result: 'Tensor' },
  take: { run: arrange.take, parameters: [['x', 'Tokens'], ['order', 'Tensor']], result: 'Tokens' },
  inverse_order: { run: arrange.inverse_order, parameters: [['order', 'Tensor']], result: 'Tensor' },
  sum_over: { run: reduce.sum_over, parameters: [['x', 'Tensor'], ['dim', 'Int']], result: 'Tensor' },
  mean_over: { run: reduce.mean_over, parameters: [['x', 'Tensor'], ['dim', 'Int']], result: 'Tensor' },
  max_over: { run: reduce.max_over, parameters: [['x', 'Tensor'], ['dim', 'Int']], result: 'Tensor' },
  training: { run: random.training, parameters: [], result: 'Bool' },
  random: { run: random.random, parameters: [['x', 'Tensor'], ['per_sample', 'Bool']], result: 'Tensor' },
  random_order: { run: random.random_order, parameters: [['x', 'Tokens']], result: 'Tensor' },
  sum: { run: math.sum, parameters: [['list', 'List']], result: 'Scalar' },
  exp: { run: math.exp, parameters: [['x', 'Scalar']], result: 'Scalar' },
  log: { run: math.log, parameters: [['x', 'Scalar']], result: 'Scalar' },
  sqrt: { run: math.sqrt, parameters: [['x', 'Scalar']], result: 'Scalar' },
  tanh: { run: math.tanh, parameters: [['x', 'Scalar']], result: 'Scalar' },
  sigmoid: { run: math.sigmoid, parameters: [['x', 'Scalar']], result: 'Scalar' },
  erf: { run: math.erf, parameters: [['x', 'Scalar']], result: 'Scalar' },
  abs: { run: math.abs, parameters: [['x', 'Scalar']], result: 'Scalar' },
  floor: { run: math.floor, parameters: [['x', 'Scalar']], result: 'Scalar' },
  ceil: { run: math.ceil, parameters: [['x', 'Scalar']], result: 'Scalar' },
  round: { run: math.round, parameters: [['x', 'Scalar']], result: 'Scalar' },
  detach: { run: math.detach, parameters: [['x', 'Scalar']], result: 'Scalar' },
  max: { run: math.max, parameters: [['x', 'Scalar'], ['y', 'Scalar']], result: 'Scalar' },
  min: { run: math.min, parameters: [['x', 'Scalar'], ['y', 'Scalar']], result: 'Scalar' },
  pow: { run: math.pow, parameters: [['x', 'Scalar'], ['y', 'Scalar']], result: 'Scalar' },
  cos: { run: math.cos, parameters: [['x', 'Angle']], result: 'Scalar' },
  sin: { run: math.sin, parameters: [['x', 'Angle']], result: 'Scalar' },
  acos: { run: math.acos, parameters: [['x', 'Scalar']], result: 'Angle' },
  norm: { run: weights.norm, parameters: [['x', 'Scalar']], result: 'Scalar' },
  rank: { run: weights.rank, parameters: [['x', 'Scalar']], result: 'Int' },
  average: { run: batch.average, parameters: [['x', 'Scalar']], result: 'Scalar' },
  deviation: { run: batch.deviation, parameters: [['x', 'Scalar']], result: 'Scalar' },
  group: { run: training.group, parameters: [['path', 'StringArg'], ['factor', 'Float']], result: 'RateGroup' },
  ema: { run: training.ema, parameters: [['decay', 'Float'], ['warmup', 'Bool']], result: 'Average' },
  linear_scaling: { run: training.linear_scaling, parameters: [['reference', 'Int']], result: 'Scaling' },
  sqrt_scaling: { run: training.sqrt_scaling, parameters: [['reference', 'Int']], result: 'Scaling' },
  len: { run: world.len, parameters: [['list', 'List']], result: 'Int' },
  env: { run: world.env, parameters: [['name', 'StringArg']], result: 'StringArg' },
  in_steps: { run: world.in_steps, parameters: [['duration', 'Duration'], ['epoch', 'Scalar']], result: 'Scalar' },
  nvlink: { run: world.nvlink, parameters: [['bandwidth', 'Bandwidth'], ['latency', 'Time']], result: 'Link' },
  pcie: { run: world.pcie, parameters: [['bandwidth', 'Bandwidth'], ['latency', 'Time']], result: 'Link' },
  infiniband: { run: world.infiniband, parameters: [['bandwidth', 'Bandwidth'], ['latency', 'Time']], result: 'Link' },
  ethernet: { run: world.ethernet, parameters: [['bandwidth', 'Bandwidth'], ['latency', 'Time']], result: 'Link' },
  shared_memory: { run: world.shared_memory, parameters: [['bandwidth', 'Bandwidth'], ['latency', 'Time']], result: 'Link' },
  skip: { run: world.skip, parameters: [['at_most', 'Float']], result: 'Tolerance' },
  local_gpus: { run: computer.local_gpus, parameters: [], result: 'Int' },
  local_gpu: { run: computer.local_gpu, parameters: [], result: 'StringArg' },
  local_memory: { run: computer.local_memory, parameters: [], result: 'Int' },
  local_compute: { run: computer.local_compute, parameters: [], result: 'Float' },
  local_nvlink: { run: computer.local_nvlink, parameters: [], result: 'Bool' },
  local_cores: { run: computer.local_cores, parameters: [], result: 'Int' },
  local_rate: { run: computer.local_rate, parameters: [['figure', 'StringArg']], result: 'Float' },
}
