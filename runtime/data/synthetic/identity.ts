/**
 * The features of a synthetic person: about thirty numbers and choices drawn once per identity. They are the same in all images
 * of the person.
 */
import { createStream, fold, purpose, rootKey, type Stream } from '../../random.ts'
import { mix, type Rgb, scaleColor } from './canvas.ts'
import type { HeadShape } from './shapes.ts'

export type HairStyle = 'bald' | 'buzz' | 'short' | 'parted' | 'fringe' | 'curly' | 'long' | 'bob'
export type Beard = 'none' | 'stubble' | 'moustache' | 'goatee' | 'full'
export type Glasses = 'none' | 'round' | 'square' | 'wide'

export interface Identity {
  readonly head: HeadShape
  readonly skin: Rgb
  readonly ears: number
  readonly eyes: {
    readonly spacing: number
    readonly y: number
    readonly width: number
    readonly height: number
    readonly tilt: number
    readonly iris: Rgb
  }
  readonly brows: {
    readonly gap: number
    readonly width: number
    readonly thickness: number
    readonly tilt: number
    readonly arch: number
    readonly color: Rgb
  }
  readonly nose: { readonly length: number; readonly width: number; readonly bridge: number }
  readonly mouth: {
    readonly y: number
    readonly width: number
    readonly upper: number
    readonly lower: number
    readonly color: Rgb
  }
  readonly hair: {
    readonly style: HairStyle
    readonly color: Rgb
    readonly line: number
    readonly volume: number
    readonly part: number
  }
  readonly beard: { readonly style: Beard; readonly color: Rgb }
  readonly glasses: { readonly style: Glasses; readonly color: Rgb; readonly size: number }
  readonly marks: {
    /** Dark spots: x, y in the frontal view and radius. */
    readonly moles: readonly (readonly [number, number, number])[]
    readonly freckles: number
    readonly scar: number | undefined
  }
}

const skinTones: readonly Rgb[] = [
  [0.99, 0.87, 0.79],
  [0.95, 0.78, 0.65],
  [0.87, 0.68, 0.52],
  [0.73, 0.53, 0.38],
  [0.55, 0.37, 0.25],
  [0.36, 0.24, 0.17],
]
const hairColors: readonly Rgb[] = [
  [0.06, 0.05, 0.06],
  [0.2, 0.12, 0.08],
  [0.38, 0.24, 0.14],
  [0.55, 0.25, 0.1],
  [0.78, 0.38, 0.14],
  [0.87, 0.7, 0.4],
  [0.95, 0.88, 0.68],
  [0.62, 0.62, 0.64],
  [0.9, 0.9, 0.9],
]
const irisColors: readonly Rgb[] = [
  [0.17, 0.09, 0.05],
  [0.36, 0.21, 0.09],
  [0.46, 0.42, 0.18],
  [0.25, 0.46, 0.28],
  [0.27, 0.48, 0.7],
  [0.5, 0.58, 0.64],
]
const glassColors: readonly Rgb[] = [
  [0.05, 0.05, 0.06],
  [0.36, 0.18, 0.08],
  [0.6, 0.08, 0.1],
  [0.12, 0.2, 0.5],
  [0.75, 0.68, 0.45],
]
const hairStyles: readonly HairStyle[] = ['bald', 'buzz', 'short', 'parted', 'fringe', 'curly', 'long', 'bob']
const beards: readonly Beard[] = ['none', 'none', 'none', 'stubble', 'moustache', 'goatee', 'full']
const glassStyles: readonly Glasses[] = ['none', 'none', 'none', 'round', 'square', 'wide']

/** A position along a list of colors, between two neighbors. */
function along(colors: readonly Rgb[], t: number): Rgb {
  const place = t * (colors.length - 1)
  const index = Math.min(colors.length - 2, Math.floor(place))
  const first = colors[index] ?? [0, 0, 0]
  return mix(first, colors[index + 1] ?? first, place - index)
}

function choose<T>(random: Stream, from: readonly [T, ...T[]] | readonly T[], otherwise: T): T {
  return from[random.integer(from.length)] ?? otherwise
}

/** The person with this number in the population of `seed`. Numbers are u32; every number is another person. */
export function drawIdentity(seed: number, identity: number): Identity {
  const random = createStream(fold(fold(rootKey(seed), purpose.identity), identity))
  const skinBase = along(skinTones, random.uniform())
  const warmth = random.between(-0.04, 0.04)
  const skin: Rgb = [Math.min(1, skinBase[0] + warmth), skinBase[1], skinBase[2] - warmth]
  const hairColor = along(hairColors, random.uniform())
  const chin = random.between(0.92, 1.12)
  const lips = mix(scaleColor(skin, 0.82), [0.72, 0.16, 0.2], random.between(0.15, 0.75))
  const style = choose(random, hairStyles, 'short')
  return {
    head: {
      width: random.between(0.62, 0.84),
      top: random.between(0.98, 1.12),
      chin,
      taper: random.between(0.05, 0.42),
      square: random.between(0.05, 0.75),
    },
    skin,
    ears: random.between(0.1, 0.22),
    eyes: {
      spacing: random.between(0.25, 0.36),
      y: random.between(-0.2, -0.04),
      width: random.between(0.12, 0.185),
      height: random.between(0.045, 0.105),
      tilt: random.between(-0.28, 0.22),
      iris: along(irisColors, random.uniform()),
    },
    brows: {
      gap: random.between(0.13, 0.23),
      width: random.between(0.15, 0.25),
      thickness: random.between(0.015, 0.06),
      tilt: random.between(-0.3, 0.3),
      arch: random.between(0, 0.09),
      color: scaleColor(hairColor, random.between(0.45, 0.8)),
    },
    nose: { length: random.between(0.28, 0.46), width: random.between(0.09, 0.19), bridge: random.between(0.03, 0.07) },
    mouth: {
      y: chin * random.between(0.53, 0.64),
      width: random.between(0.18, 0.33),
      upper: random.between(0.025, 0.075),
      lower: random.between(0.035, 0.1),
      color: lips,
    },
    hair: {
      style,
      color: hairColor,
      line: random.between(-0.78, -0.5),
      volume: random.between(0.04, 0.2),
      part: random.between(-0.45, 0.45),
    },
    beard: { style: choose(random, beards, 'none'), color: scaleColor(hairColor, random.between(0.6, 0.95)) },
    glasses: {
      style: choose(random, glassStyles, 'none'),
      color: choose(random, glassColors, [0, 0, 0]),
      size: random.between(0.85, 1.15),
    },
    marks: {
      moles: Array.from({ length: random.integer(3) }, () => [
        random.between(-0.45, 0.45),
        random.between(-0.5, 0.75),
        random.between(0.018, 0.035),
      ]),
      freckles: random.chance(0.2) ? 10 + random.integer(20) : 0,
      scar: random.chance(0.15) ? random.between(-1, 1) : undefined,
    },
  }
}
