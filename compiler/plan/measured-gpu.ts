/** The rates of a GPU from its measured profile: an op takes the time per FLOP or byte of the most similar measured ops. */

import type { GpuDtype, GpuProfile } from '../host/machine-profile.ts'
import type { OpCost } from '../ir/cost.ts'
import { byteSize } from '../ir/dtype.ts'
import { type Op, operandAt } from '../ir/graph.ts'
import { geometryOfOp } from '../stablehlo/conv-geometry.ts'
import { type DeviceRates, hasKernel, isProduct, productWidth } from './device-rates.ts'
import { convolutionPlace, convolutionSizes, interpolated, nearbyRate } from './nearby-rates.ts'

/** The rates of one card of this model. */
export function measuredGpuRates(profile: GpuProfile): DeviceRates {
  const { seconds, name, engine } = profile
  return {
    basis: `measured on ${name} (${engine}) by arcc doctor --write-machine`,
    // The host launches the next step while this one runs.
    perStep: () => 0,
    of(cost) {
      if (!hasKernel(cost)) return { seconds: 0, limit: 'overhead' }
      const bytes = cost.bytesRead + cost.bytesWritten
      const traffic = bytes / streamRate(profile, cost)
      const arithmetic = isProduct(cost) ? cost.flops / productRate(profile, cost.op) : 0
      const work = Math.max(arithmetic, traffic)
      const limit = work < seconds.kernel ? 'overhead' : arithmetic >= traffic ? 'compute' : 'memory'
      return { seconds: work + seconds.kernel, limit }
    },
  }
}

/** The measurements of an element type. Cards with bf16 multiply as fast as in f16; others compute in f32 instead. */
function ofType<T extends { readonly dtype: GpuDtype }>(
  profile: GpuProfile,
  measured: readonly T[],
  op: Op,
): readonly T[] {
  const { dtype } = operandAt(op, 0).type
  const own = measured.filter((one) => one.dtype === dtype)
  if (own.length > 0) return own
  const like = dtype === 'bf16' && profile.products.some((product) => product.dtype === 'bf16') ? 'f16' : 'f32'
  return measured.filter((one) => one.dtype === like)
}

function productRate(profile: GpuProfile, op: Op): number {
  if (op.kind === 'conv2d' || op.kind === 'conv2d_input_grad' || op.kind === 'conv2d_filter_grad') {
    const points = ofType(profile, profile.convolutions, op)
      .filter((one) => one.kind === op.kind)
      .map((one) => ({ at: convolutionPlace(one), rate: one.rate }))
    return nearbyRate(points, convolutionPlace(convolutionSizes(geometryOfOp(op))))
  }
  return interpolated(
    ofType(profile, profile.products, op).map(({ width, rate }) => ({ x: width, rate })),
    productWidth(op),
  )
}

/** Whether an op stays in the cache depends on the largest tensor that it touches. */
function streamRate({ streams }: GpuProfile, { class: kind, op }: OpCost): number {
  const wanted = kind === 'reduce' ? 'reduce' : 'elementwise'
  const bytes = Math.max(1, ...[...op.operands, ...op.results].map((value) => byteSize(value.type)))
  return interpolated(
    streams.filter((stream) => stream.kind === wanted).map((stream) => ({ x: stream.bytes, rate: stream.rate })),
    bytes,
  )
}
