/** The augmentations of a run as plain data, which survives structured cloning: the workers that prepare images receive it. */
import type { interpolations } from '../schema/augmentation.ts'

/** The ends of a uniform distribution: both included, the smaller first. */
export type NumberRange = readonly [number, number]

export type Interpolation = (typeof interpolations)[number]

/** One operation on the pixels; the fields of the language's table, angles in radians. */
export type AugmentOp = { readonly probability: number } & (
  | { readonly op: 'crop'; readonly scale: number; readonly ratio: number; readonly resize: boolean }
  | { readonly op: 'low_resolution'; readonly side: NumberRange; readonly interpolation: Interpolation }
  | {
      readonly op: 'jitter'
      readonly brightness: number
      readonly contrast: number
      readonly saturation: number
      readonly hue: number
    }
  | { readonly op: 'hsv'; readonly hueShift: NumberRange; readonly saturationFactor: NumberRange }
  | { readonly op: 'blur'; readonly window: NumberRange }
  | { readonly op: 'gray' }
  | { readonly op: 'cutout'; readonly area: NumberRange; readonly ratio: number; readonly fill: number }
  | { readonly op: 'jpeg'; readonly quality: NumberRange }
)

/** The augmentations of one kind. */
export type AugmentOpOf<K extends AugmentOp['op']> = Extract<AugmentOp, { readonly op: K }>

export interface AugmentSpec {
  /** The fraction of the images that are mirrored; the device does it, after everything else. */
  readonly flip: number
  /** The other augmentations in their order; workers apply them. */
  readonly ops: readonly AugmentOp[]
}
