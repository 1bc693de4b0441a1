/** The fields of an `augmentation`: one table for all operations, each of which has its own fields. */
import { angle, bool, enumOf, float, int, listOf, optional } from '../types/type.ts'
import { required, type SectionSpec, withDefault } from './spec.ts'

/** What an augmentation does to an image. `runtime/data/augment` defines each and names what it follows. */
export const augmentOps = ['flip', 'crop', 'low_resolution', 'jitter', 'hsv', 'blur', 'gray', 'cutout', 'jpeg'] as const

/** How an image is resampled; `any` draws one of the first five for each direction. */
export const interpolations = ['nearest', 'linear', 'area', 'cubic', 'lanczos', 'triangle', 'any'] as const

export const augmentation = {
  doc: 'A random change of training images. It has the fields of its `op` and no others; a range is a list of two numbers.',
  fields: {
    op: required(enumOf('augmentation operation', augmentOps), 'What is done to an image.'),
    probability: withDefault(float, '1', 'Fraction of the images that are changed.', { min: 0, max: 1 }),
    scale: withDefault(optional(float), undefined, '`crop`: smallest fraction of the area that is kept.', {
      min: 0,
      minOpen: true,
      max: 1,
    }),
    resize: withDefault(
      optional(bool),
      undefined,
      '`crop`: whether the part is enlarged to the full size; otherwise it stays in place, and the rest becomes black.',
    ),
    ratio: withDefault(
      optional(float),
      undefined,
      '`crop`, `cutout`: largest ratio of the sides; ratios are log-uniform between its inverse and it.',
      { min: 1, max: 100 },
    ),
    side: withDefault(
      optional(listOf(float)),
      undefined,
      '`low_resolution`: range of the reduced side, as a fraction.',
      {
        min: 0,
        minOpen: true,
        max: 1,
      },
    ),
    interpolation: withDefault(
      optional(enumOf('interpolation', interpolations)),
      undefined,
      '`low_resolution`: how it is reduced and enlarged; `any` draws one for each of the two.',
    ),
    brightness: withDefault(
      optional(float),
      undefined,
      '`jitter`: the factor is uniform in [1 - x, 1 + x]; so are those of `contrast` and `saturation`.',
      { min: 0, max: 1 },
    ),
    contrast: withDefault(optional(float), undefined, '`jitter`: as `brightness`.', { min: 0, max: 1 }),
    saturation: withDefault(optional(float), undefined, '`jitter`: as `brightness`.', { min: 0, max: 1 }),
    hue: withDefault(
      optional(float),
      undefined,
      '`jitter`: hues are rotated by a fraction of a turn, uniform in [-x, x].',
      { min: 0, max: 0.5 },
    ),
    hue_shift: withDefault(optional(listOf(angle)), undefined, '`hsv`: range of the rotation of the hue.', {
      min: -Math.PI,
      max: Math.PI,
    }),
    saturation_factor: withDefault(
      optional(listOf(float)),
      undefined,
      '`hsv`: range of the factor of the saturation.',
      { min: 0, max: 4 },
    ),
    window: withDefault(
      optional(listOf(int)),
      undefined,
      '`blur`: range of the side of the window in pixels, which is odd.',
      { min: 3, max: 31 },
    ),
    area: withDefault(
      optional(listOf(float)),
      undefined,
      '`cutout`: range of the area that is filled, as a fraction of the image.',
      { min: 0, minOpen: true, max: 0.8 },
    ),
    fill: withDefault(optional(int), undefined, '`cutout`: the value of the filled pixels: 0 is black.', {
      min: 0,
      max: 255,
    }),
    quality: withDefault(optional(listOf(int)), undefined, "`jpeg`: range of libjpeg's quality.", { min: 1, max: 100 }),
  },
  sections: {},
} as const satisfies SectionSpec
