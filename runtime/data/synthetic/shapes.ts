/** Signed distance functions of the shapes in a face, in local units, y downwards. */
import type { Shape } from './canvas.ts'

export function ellipse(a: number, b: number): Shape {
  const small = Math.min(a, b)
  return (x, y) => (Math.sqrt((x * x) / (a * a) + (y * y) / (b * b)) - 1) * small
}

export function roundBox(halfWidth: number, halfHeight: number, radius: number): Shape {
  return (x, y) => {
    const dx = Math.abs(x) - halfWidth + radius
    const dy = Math.abs(y) - halfHeight + radius
    const outside = Math.sqrt(Math.max(dx, 0) ** 2 + Math.max(dy, 0) ** 2)
    return outside + Math.min(Math.max(dx, dy), 0) - radius
  }
}

/** The outline of a shape, `width` thick. */
export function ring(shape: Shape, width: number): Shape {
  return (x, y) => Math.abs(shape(x, y)) - width / 2
}

/** A straight stroke from (x0, y0) to (x1, y1) with round ends. */
export function stroke(x0: number, y0: number, x1: number, y1: number, width: number): Shape {
  const dx = x1 - x0
  const dy = y1 - y0
  const length2 = dx * dx + dy * dy
  return (x, y) => {
    const t = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length2))
    return Math.sqrt((x - x0 - t * dx) ** 2 + (y - y0 - t * dy) ** 2) - width / 2
  }
}

/** 1 - (x/w)², the arch of lids, lips and brows; 0 beyond the ends. */
export function arch(x: number, halfWidth: number): number {
  const t = x / halfWidth
  return Math.max(0, 1 - t * t)
}

/** Between the curves `upper(x)` and `lower(x)` for |x| < `halfWidth`. */
export function between(halfWidth: number, upper: (x: number) => number, lower: (x: number) => number): Shape {
  return (x, y) => Math.max(upper(x) - y, y - lower(x), Math.abs(x) - halfWidth)
}

export function both(a: Shape, b: Shape): Shape {
  return (x, y) => Math.max(a(x, y), b(x, y))
}

/** The parameters of a head's outline. */
export interface HeadShape {
  /** Half width at the level of the eyes. */
  readonly width: number
  /** From the origin up to the top of the skull, and down to the chin. */
  readonly top: number
  readonly chin: number
  /** 0 keeps the jaw as wide as the cheeks; 0.5 halves it. */
  readonly taper: number
  /** 0 an oval, 1 nearly a box. */
  readonly square: number
}

/** The head's outline: a squircle (x² + y² - s·x²y² = 1) whose width shrinks towards the chin. */
export function headOutline(head: HeadShape): Shape {
  return (x, y) => {
    const lower = y > 0
    const v = y / (lower ? head.chin : head.top)
    const taper = lower ? 1 - head.taper * Math.min(1.2, v * v) : 1
    const u = x / (head.width * taper)
    const u2 = u * u
    const v2 = v * v
    const f = u2 + v2 - head.square * Math.min(1, u2) * Math.min(1, v2)
    return (Math.sqrt(Math.max(0, f)) - 1) * head.width
  }
}
