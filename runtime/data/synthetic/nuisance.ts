/**
 * Differences between images of one synthetic person: pose, light, expression, occlusion, background, sensor. They grow with
 * `level`, from 0 (frontal, evenly exposed, uncovered; only background and clothes differ) to 1.
 */
import { createStream, fold, purpose, rootKey, type Stream } from '../../random.ts'
import type { Rgb } from './canvas.ts'
import type { Pose } from './pose.ts'

export type Occlusion = 'none' | 'sunglasses' | 'scarf' | 'patch'

export interface Nuisance {
  readonly pose: Pose
  readonly light: {
    /** Direction the light comes from: x to the right, y downwards, z towards the viewer; length 1. */
    readonly direction: readonly [number, number, number]
    /** Share of directed light; the rest comes from everywhere. */
    readonly strength: number
    readonly gain: Rgb
    readonly contrast: number
  }
  readonly expression: {
    readonly smile: number
    readonly open: number
    /** 1 wide open, 0 closed. */
    readonly eyes: number
    readonly brows: number
    readonly gaze: readonly [number, number]
  }
  readonly occlusion: {
    readonly kind: Occlusion
    readonly color: Rgb
    readonly x: number
    readonly y: number
    readonly size: number
  }
  /** A person with glasses is sometimes shown without them. */
  readonly glassesOff: boolean
  readonly background: {
    readonly from: Rgb
    readonly to: Rgb
    readonly angle: number
    readonly blobs: readonly { readonly x: number; readonly y: number; readonly size: number; readonly color: Rgb }[]
  }
  readonly clothes: Rgb
  readonly blur: number
  readonly noise: number
}

function anyColor(random: Stream): Rgb {
  return [random.uniform(), random.uniform(), random.uniform()]
}

/** The circumstances of image `sample` of a person. `size` in pixels. */
export function drawNuisance(seed: number, identity: number, sample: number, level: number, size: number): Nuisance {
  const random = createStream(fold(fold(fold(rootKey(seed), purpose.nuisance), identity), sample))
  const spread = (limit: number) => random.between(-limit, limit) * level
  const azimuth = random.between(-1.4, 1.4)
  const elevation = random.between(-0.9, 0.35)
  const z = Math.cos(azimuth) * Math.cos(elevation)
  const exposure = Math.exp(spread(0.55))
  const warmth = spread(0.22)
  const tint = spread(0.1)
  const occluded = random.chance(0.3 * level)
  const kinds: readonly Occlusion[] = ['sunglasses', 'scarf', 'patch', 'patch']
  const kind = kinds[random.integer(kinds.length)] ?? 'patch'
  return {
    pose: {
      yaw: spread(0.42),
      pitch: spread(0.22),
      roll: spread(0.26),
      scale: (size / 112) * 42 * Math.exp(spread(0.11)),
      x: size * (0.5 + spread(0.055)),
      y: size * (0.51 + spread(0.05)),
    },
    light: {
      direction: [Math.sin(azimuth) * Math.cos(elevation), Math.sin(elevation), Math.max(0.15, z)],
      strength: 0.3 + 0.45 * level * random.uniform(),
      gain: [exposure * (1 + warmth), exposure * (1 + tint), exposure * (1 - warmth)],
      contrast: Math.exp(spread(0.25)),
    },
    expression: {
      smile: random.between(-0.4, 1) * level,
      open: random.chance(0.35) ? random.uniform() * level : 0,
      eyes: random.chance(0.08 * level) ? 0 : 1 - 0.45 * level * random.uniform(),
      brows: spread(0.05),
      gaze: [spread(0.3), spread(0.15)],
    },
    occlusion: {
      kind: occluded ? kind : 'none',
      color: anyColor(random),
      x: random.between(-0.7, 0.7),
      y: random.between(-0.8, 0.9),
      size: random.between(0.15, 0.38),
    },
    glassesOff: random.chance(0.2 * level),
    background: {
      from: anyColor(random),
      to: anyColor(random),
      angle: random.between(0, 2 * Math.PI),
      blobs: Array.from({ length: random.integer(5) }, () => ({
        x: random.uniform(),
        y: random.uniform(),
        size: random.between(0.06, 0.3),
        color: anyColor(random),
      })),
    },
    clothes: anyColor(random),
    blur: Math.max(0, random.between(-0.6, 1.3)) * level,
    noise: 0.005 + 0.035 * level * random.uniform() ** 2,
  }
}
