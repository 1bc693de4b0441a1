/** The parts around the face: background, neck and shoulders, ears, the head itself. */
import { type Canvas, centeredBox, mix, paint, scaleColor } from './canvas.ts'
import type { Identity } from './identity.ts'
import type { Nuisance } from './nuisance.ts'
import { featureFrame, headFrame } from './pose.ts'
import { both, ellipse, headOutline, roundBox } from './shapes.ts'

/** Fills the canvas: a gradient between two colors and a few blurred shapes. */
export function paintBackground(canvas: Canvas, { background }: Nuisance): void {
  const { size, data } = canvas
  const { from, to } = background
  const dx = Math.cos(background.angle) / size
  const dy = Math.sin(background.angle) / size
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const t = Math.min(1, Math.max(0, 0.5 + (x - size / 2) * dx + (y - size / 2) * dy))
      const at = (y * size + x) * 3
      data[at] = from[0] + (to[0] - from[0]) * t
      data[at + 1] = from[1] + (to[1] - from[1]) * t
      data[at + 2] = from[2] + (to[2] - from[2]) * t
    }
  }
  for (const blob of background.blobs) {
    const frame = { x: blob.x * size, y: blob.y * size, ux: size, uy: 0, vx: 0, vy: size }
    paint(canvas, frame, centeredBox(blob.size, blob.size), ellipse(blob.size, blob.size), {
      color: blob.color,
      soft: 8,
    })
  }
}

/** Shoulders don't roll with the head; the neck joins both. */
export function paintBody(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { pose } = how
  const upright = headFrame({ ...pose, roll: pose.roll * 0.3 })
  const { width, chin } = who.head
  const shadow = scaleColor(who.skin, 0.68)
  const neck = { left: -width * 0.7, right: width * 0.7, top: 0.2, bottom: chin + 0.6 }
  paint(
    canvas,
    upright,
    neck,
    both(roundBox(width * 0.62, 2, 0.1), (_, y) => y - chin - 0.55),
    { color: shadow },
  )
  const shoulders = { left: -2.2, right: 2.2, top: chin, bottom: 3 }
  const cloth = ellipse(1.55, 0.9)
  const collar = ellipse(width * 0.6, 0.26)
  const top = chin + 1.05
  const clothed = (x: number, y: number) => Math.max(cloth(x, y - top), -collar(x, y - top + 0.85), -(y - chin))
  paint(canvas, upright, shoulders, clothed, { color: how.clothes })
}

export function paintEars(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { width } = who.head
  const y = who.eyes.y + 0.14
  for (const side of [-1, 1]) {
    // The ears are halfway back, so they move against the features when the head turns, and less.
    const shift = -0.25 * Math.sin(how.pose.yaw)
    const frame = headFrame(how.pose)
    const x = side * width * 0.98 + shift
    const middle = { ...frame, x: frame.x + frame.ux * x + frame.vx * y, y: frame.y + frame.uy * x + frame.vy * y }
    const tall = 0.12 + who.ears * 0.55
    paint(canvas, middle, centeredBox(who.ears, tall), ellipse(who.ears * 0.7, tall), { color: who.skin })
    paint(canvas, middle, centeredBox(who.ears, tall), ellipse(who.ears * 0.38, tall * 0.62), {
      color: scaleColor(who.skin, 0.7),
      opacity: 0.7,
      soft: 2,
    })
  }
}

export function paintHead(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { head, skin } = who
  const frame = headFrame(how.pose)
  const box = centeredBox(head.width * 1.1, Math.max(head.top, head.chin) * 1.05)
  paint(canvas, frame, box, headOutline(head), { color: skin })
  for (const side of [-1, 1]) {
    const cheek = featureFrame(how.pose, side * 0.36, 0.28)
    paint(canvas, cheek, centeredBox(0.2, 0.16), ellipse(0.18, 0.14), {
      color: mix(skin, [0.85, 0.3, 0.28], 0.35),
      opacity: 0.35,
      soft: 9,
    })
  }
}
