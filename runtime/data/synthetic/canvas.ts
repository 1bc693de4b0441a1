/**
 * The software rasterizer of the synthetic faces: shapes are signed distance functions evaluated at pixel centers, with edges one
 * pixel soft. Distances and local coordinates are in face units (the half height of a head is about 1).
 */

/** Red, green, blue in 0 … 1, as displayed (sRGB encoded). */
export type Rgb = readonly [number, number, number]

/** f32[size, size, 3], row-major. */
export interface Canvas {
  readonly size: number
  readonly data: Float32Array
}

/** The transformation of a shape's local coordinates: local = inverse · (pixel - center). */
export interface Frame {
  readonly x: number
  readonly y: number
  /** The local x axis in pixels, then the local y axis. */
  readonly ux: number
  readonly uy: number
  readonly vx: number
  readonly vy: number
}

/** Negative inside, about the distance to the edge near it. */
export type Shape = (x: number, y: number) => number

/** Local bounds outside which the shape paints nothing. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface Brush {
  readonly color: Rgb
  /** 1 (the default) covers fully. */
  readonly opacity?: number
  /** Width of the edge in pixels of a 112-pixel image; 1 by default. */
  readonly soft?: number
  /** Brightness factor at a local point, for strands and stubble. */
  readonly grain?: (x: number, y: number) => number
}

export function createCanvas(size: number): Canvas {
  return { size, data: new Float32Array(size * size * 3) }
}

export function centeredBox(halfWidth: number, halfHeight: number): Box {
  return { left: -halfWidth, top: -halfHeight, right: halfWidth, bottom: halfHeight }
}

/** Paints a shape over the canvas. */
export function paint(canvas: Canvas, frame: Frame, box: Box, shape: Shape, brush: Brush): void {
  const { size, data } = canvas
  const { ux, uy, vx, vy } = frame
  const determinant = ux * vy - uy * vx
  if (Math.abs(determinant) < 1e-6) return
  const pixels = Math.sqrt(Math.abs(determinant))
  const soft = Math.max(1, ((brush.soft ?? 1) * size) / 112)
  const margin = soft
  const xs = [box.left * ux, box.right * ux]
  const ys = [box.left * uy, box.right * uy]
  const xt = [box.top * vx, box.bottom * vx]
  const yt = [box.top * vy, box.bottom * vy]
  const left = Math.max(0, Math.floor(frame.x + Math.min(...xs) + Math.min(...xt) - margin))
  const right = Math.min(size - 1, Math.ceil(frame.x + Math.max(...xs) + Math.max(...xt) + margin))
  const top = Math.max(0, Math.floor(frame.y + Math.min(...ys) + Math.min(...yt) - margin))
  const bottom = Math.min(size - 1, Math.ceil(frame.y + Math.max(...ys) + Math.max(...yt) + margin))
  const { grain } = brush
  const opacity = brush.opacity ?? 1
  const [red, green, blue] = brush.color
  const slope = pixels / soft
  const stepX = vy / determinant
  const stepY = -uy / determinant
  for (let py = top; py <= bottom; py++) {
    const dx = left - 0.5 - frame.x
    const dy = py + 0.5 - frame.y
    let x = (vy * dx - vx * dy) / determinant
    let y = (ux * dy - uy * dx) / determinant
    for (let px = left; px <= right; px++) {
      x += stepX
      y += stepY
      const cover = 0.5 - shape(x, y) * slope
      if (cover <= 0) continue
      const alpha = cover >= 1 ? opacity : cover * opacity
      const gain = grain === undefined ? alpha : alpha * grain(x, y)
      const at = (py * size + px) * 3
      const keep = 1 - alpha
      data[at] = (data[at] ?? 0) * keep + red * gain
      data[at + 1] = (data[at + 1] ?? 0) * keep + green * gain
      data[at + 2] = (data[at + 2] ?? 0) * keep + blue * gain
    }
  }
}

/** Interpolates between two colors; `t` from 0 to 1. */
export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

/** Brighter (`gain` > 1) or darker. */
export function scaleColor(color: Rgb, gain: number): Rgb {
  return [Math.min(1, color[0] * gain), Math.min(1, color[1] * gain), Math.min(1, color[2] * gain)]
}
