/**
 * Batch normalization (Ioffe and Szegedy 2015), with f32 statistics whatever the type of x.
 *
 * Legend: x, y and their gradients [...,C] as a matrix [P,C] of P places; scale, offset, mean, variance [C].
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { elementCount } from '../../compiler/ir/dtype.ts'
import { reshaped } from './movement.ts'
import { type InterpretRule, operandOf, resultType } from './rule.ts'
import { channelSums } from './rules-reduce.ts'
import { asFloat, type FloatValue, floatValue, type RuleContext, type RuntimeValue } from './value.ts'

/** [P,C], as f32: no intermediate rounding. */
function places(cx: RuleContext, x: RuntimeValue): FloatValue {
  const channels = x.shape.at(-1) as number
  const count = elementCount(x.shape.slice(0, -1))
  return { ...reshaped(cx, asFloat(x), [count, channels]), dtype: 'f32' }
}

function channelMeans(cx: RuleContext, x: Tensor): Tensor {
  const [count = 0] = x.shape
  return cx.tf.div(channelSums(cx, matrix(x)), count)
}

function matrix(tensor: Tensor): FloatValue {
  return { kind: 'float', dtype: 'f32', shape: tensor.shape, tensor }
}

/** 1 / √(variance + ε) */
function inverseDeviation(cx: RuleContext, variance: Tensor, epsilon: number): Tensor {
  return cx.tf.rsqrt(cx.tf.add(variance, epsilon))
}

export const batchNormTraining: InterpretRule<'batch_norm_training'> = {
  scope: 'replica',
  run: (cx, op, operands) => {
    const { tf } = cx
    const x = places(cx, operandOf(operands, 0))
    const scale = asFloat(operandOf(operands, 1)).tensor
    const offset = asFloat(operandOf(operands, 2)).tensor
    const mean = channelMeans(cx, x.tensor)
    const centered = tf.sub(x.tensor, mean)
    const variance = channelMeans(cx, tf.square(centered))
    const factor = tf.mul(scale, inverseDeviation(cx, variance, op.params.epsilon))
    const y = tf.add(tf.mul(centered, factor), offset)
    return [y, mean, variance].map((tensor, i) => floatValue(cx, resultType(op, i), tensor))
  },
}

/**
 * With x̂ = (x - mean) / σ and P places: ∂offset = Σ dy, ∂scale = Σ dy·x̂, and since mean and variance depend on x too,
 * ∂x = scale / σ · (dy - ∂offset / P - x̂ · ∂scale / P).
 */
export const batchNormGrad: InterpretRule<'batch_norm_grad'> = {
  scope: 'replica',
  run: (cx, op, operands) => {
    const { tf } = cx
    const x = places(cx, operandOf(operands, 0))
    const [scale, mean, variance] = [1, 2, 3].map((i) => asFloat(operandOf(operands, i)).tensor) as [
      Tensor,
      Tensor,
      Tensor,
    ]
    const gradient = places(cx, operandOf(operands, 4))
    const inverse = inverseDeviation(cx, variance, op.params.epsilon)
    const normal = tf.mul(tf.sub(x.tensor, mean), inverse)
    const offsetGradient = channelSums(cx, gradient)
    const scaleGradient = channelSums(cx, matrix(tf.mul(gradient.tensor, normal)))
    const count = x.shape[0] as number
    const direct = tf.sub(gradient.tensor, tf.div(offsetGradient, count))
    const whole = tf.sub(direct, tf.mul(normal, tf.div(scaleGradient, count)))
    const inputGradient = tf.mul(whole, tf.mul(scale, inverse))
    return [inputGradient, scaleGradient, offsetGradient].map((tensor, i) => floatValue(cx, resultType(op, i), tensor))
  },
}
