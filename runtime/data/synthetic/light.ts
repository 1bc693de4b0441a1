/** Light on the finished painting, then the camera: exposure, blur, noise, rounding to bytes. */
import { fold, type Key, purpose, rootKey, threefry } from '../../random.ts'
import type { Canvas } from './canvas.ts'
import type { Identity } from './identity.ts'
import type { Nuisance } from './nuisance.ts'
import { headFrame } from './pose.ts'

/**
 * Multiplies by the light that reaches each pixel: the head is lit as an ellipsoid, its surroundings as a wall facing the viewer,
 * blended over the ellipsoid's edge.
 */
export function applyLight(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { size, data } = canvas
  const { direction, strength, gain, contrast } = how.light
  const [lx, ly, lz] = direction
  const frame = headFrame(how.pose)
  const scale2 = how.pose.scale ** 2
  const width = who.head.width + 0.12
  const height = (who.head.top + who.head.chin) / 2 + 0.1
  const middle = (who.head.chin - who.head.top) / 2
  const ambient = 1 - strength
  const [red, green, blue] = gain
  for (let py = 0; py < size; py++) {
    const dy = py + 0.5 - frame.y
    for (let px = 0; px < size; px++) {
      const dx = px + 0.5 - frame.x
      const nx = (frame.ux * dx + frame.uy * dy) / scale2 / width
      const ny = ((frame.vx * dx + frame.vy * dy) / scale2 - middle) / height
      const r2 = nx * nx + ny * ny
      const nz = Math.sqrt(Math.max(0, 1 - r2))
      const onHead = Math.max(0, nx * lx + ny * ly + nz * lz)
      const onWall = 0.75 * lz + 0.12 * (nx * lx + ny * ly)
      const t = Math.min(1, Math.max(0, (1.15 - r2) * 4))
      const shade = ambient + 1.35 * strength * Math.max(0, onWall + (onHead - onWall) * t)
      const at = (py * size + px) * 3
      data[at] = 0.45 + ((data[at] ?? 0) * shade * red - 0.45) * contrast
      data[at + 1] = 0.45 + ((data[at + 1] ?? 0) * shade * green - 0.45) * contrast
      data[at + 2] = 0.45 + ((data[at + 2] ?? 0) * shade * blue - 0.45) * contrast
    }
  }
}

/** to = from convolved with [side, 1 - 2·side, side] along the axis whose neighbors are `step` apart; edges repeat. */
function soften(from: Float32Array, to: Float32Array, side: number, step: number, length: number): void {
  const keep = 1 - 2 * side
  const span = step * length
  for (let i = 0; i < from.length; i++) {
    const place = i % span
    const before = place < step ? i : i - step
    const after = place >= span - step ? i : i + step
    to[i] = keep * (from[i] ?? 0) + side * ((from[before] ?? 0) + (from[after] ?? 0))
  }
}

/** Three-tap blur in both directions, twice: a soft lens. `sigma` in pixels of a 112-pixel image. */
export function blur(canvas: Canvas, sigma: number): void {
  const { size, data } = canvas
  const side = Math.min(1 / 3, (sigma * (size / 112)) ** 2 / 4)
  if (side < 0.01) return
  const half = new Float32Array(data.length)
  for (let round = 0; round < 2; round++) {
    soften(data, half, side, 3, size)
    soften(half, data, side, size * 3, size)
  }
}

function noiseKey(seed: number, identity: number, sample: number): Key {
  return fold(fold(fold(rootKey(seed), purpose.noise), identity), sample)
}

/** Rounds to bytes, with sensor noise of this standard deviation added (in brightness, from one word per four pixels). */
export function develop(
  canvas: Canvas,
  noise: number,
  at: { seed: number; identity: number; sample: number },
): Uint8Array {
  const { data } = canvas
  const bytes = new Uint8Array(data.length)
  const key = noiseKey(at.seed, at.identity, at.sample)
  // A uniform byte has a standard deviation of 73.9; the noise is that of a uniform variable.
  const step = (noise * 255) / 73.9
  let word = 0
  let spare = 0
  for (let pixel = 0; pixel * 3 < data.length; pixel++) {
    if ((pixel & 7) === 0) [word, spare] = threefry(key, pixel, 0)
    else if ((pixel & 3) === 0) word = spare
    const shift = ((word >>> ((pixel & 3) * 8)) & 255) - 127.5
    for (let c = 0; c < 3; c++) {
      const value = (data[pixel * 3 + c] ?? 0) * 255 + shift * step
      bytes[pixel * 3 + c] = value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5)
    }
  }
  return bytes
}
