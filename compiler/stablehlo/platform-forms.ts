/** How ops are written for a kind of device, where kinds differ by more than the choice of a convolution's form. */
import type { DeviceKind } from '../ir/device-kind.ts'

interface PlatformForms {
  /** Whether products and convolutions take 16-bit operands as they are; elsewhere they are converted to f32. */
  readonly multipliesHalves: boolean
  /** Whether a tensor is better read once for several results, or computed again, than read from memory twice. */
  readonly sparesReads: boolean
  /** Whether the gradients of a plain convolution have forms of their own. */
  readonly formsGradients: boolean
  /** Whether the compiler computes sums of any number of tensors again in every loop that reads them. */
  readonly repeatsSums: boolean
  /** Whether products and convolutions of the backward pass are kept in the order of the graph. */
  readonly ordersCalls: boolean
  /** Whether the compiler keeps a value from the forward pass because the backward pass computes the same from a stored tensor. */
  readonly keepsEqual: boolean
  /** Whether the compiler stores a large tensor that repeats a small one, such as the means of a normalization. */
  readonly storesRepeated: boolean
  /** Whether the compiler copies tables whose new rows depend on each other's old ones, in order to write them one after another. */
  readonly copiesTables: boolean
}

export const platformForms: { readonly [K in DeviceKind]: PlatformForms } = {
  cuda: {
    multipliesHalves: true,
    sparesReads: true,
    formsGradients: false,
    repeatsSums: false,
    ordersCalls: false,
    keepsEqual: false,
    storesRepeated: false,
    copiesTables: false,
  },
  cpu: {
    multipliesHalves: false,
    sparesReads: false,
    formsGradients: true,
    repeatsSums: true,
    ordersCalls: true,
    keepsEqual: true,
    storesRepeated: true,
    copiesTables: true,
  },
}
