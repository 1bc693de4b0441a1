/** The figures of a GPU without a declaration, from its measurements. */
import { bug } from '../../grammar/diagnostic.ts'
import type { DeviceSpec } from '../experiment/experiment.ts'
import type { GpuDtype, GpuProfile } from './machine-profile.ts'

/** The speed fields of a device declaration, for a card without one: the best measurement of each. */
export function measuredFigures({ products, streams }: GpuProfile): Pick<DeviceSpec, 'bandwidth' | 'flops'> {
  const best = (rates: readonly { readonly rate: number }[]) =>
    rates.length === 0 ? undefined : Math.max(...rates.map(({ rate }) => rate))
  const flops = (dtype: GpuDtype) => best(products.filter((product) => product.dtype === dtype))
  return {
    bandwidth: best(streams) ?? bug('a profile without streams'),
    flops: { f32: flops('f32') ?? bug('a profile without products of f32'), f16: flops('f16'), bf16: flops('bf16') },
  }
}
