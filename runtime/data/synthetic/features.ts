/** Eyes, brows, nose and mouth. Each is painted in its own frame, which follows the pose. */
import { type Canvas, centeredBox, mix, paint, type Rgb, scaleColor } from './canvas.ts'
import type { Identity } from './identity.ts'
import type { Nuisance } from './nuisance.ts'
import { featureFrame } from './pose.ts'
import { arch, between, both, ellipse, ring, stroke } from './shapes.ts'

export function paintEyes(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { eyes, skin } = who
  const open = eyes.height * how.expression.eyes
  const [gazeX, gazeY] = how.expression.gaze
  for (const side of [-1, 1]) {
    const frame = featureFrame(how.pose, side * eyes.spacing, eyes.y, side)
    // Tilted eyes: the outer corner (x > 0 in the mirrored frame) is higher.
    const slant = (x: number) => -eyes.tilt * 0.5 * x
    const upper = (x: number) => slant(x) - open * arch(x, eyes.width)
    const lower = (x: number) => slant(x) + open * 0.75 * arch(x, eyes.width)
    const box = centeredBox(eyes.width * 1.2, eyes.height * 2 + 0.05)
    paint(canvas, frame, centeredBox(eyes.width * 1.5, eyes.height * 3), ellipse(eyes.width * 1.25, eyes.height * 2), {
      color: scaleColor(skin, 0.66),
      opacity: 0.4,
      soft: 6,
    })
    const opening = between(eyes.width, upper, lower)
    if (open > 0.01) {
      paint(canvas, frame, box, opening, { color: [0.94, 0.93, 0.92] })
      const radius = eyes.height * 0.92
      const x0 = gazeX * eyes.width * side
      const y0 = gazeY * eyes.height
      const iris = ellipse(radius, radius)
      const pupil = ellipse(radius * 0.45, radius * 0.45)
      const at = (shape: typeof iris) => both(opening, (x, y) => shape(x - x0, y - y0))
      paint(canvas, frame, box, at(iris), { color: eyes.iris })
      paint(canvas, frame, box, at(ring(iris, 0.014)), { color: scaleColor(eyes.iris, 0.4), opacity: 0.8 })
      paint(canvas, frame, box, at(pupil), { color: [0.03, 0.03, 0.04] })
      const glint = ellipse(0.016, 0.016)
      paint(canvas, frame, box, (x, y) => glint(x - x0 - 0.02 * side, y - y0 + 0.025), {
        color: [1, 1, 1],
        opacity: 0.9,
      })
    }
    const lid = between(
      eyes.width * 1.06,
      (x) => upper(x) - 0.018,
      (x) => upper(x) + 0.012,
    )
    paint(canvas, frame, box, lid, { color: scaleColor(mix(skin, [0.1, 0.05, 0.05], 0.75), 0.8) })
  }
}

export function paintBrows(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { brows, eyes } = who
  for (const side of [-1, 1]) {
    const y = eyes.y - brows.gap - how.expression.brows
    const frame = featureFrame(how.pose, side * (eyes.spacing + 0.02), y, side, 0.03)
    const middle = (x: number) => -brows.tilt * 0.4 * x - brows.arch * arch(x, brows.width)
    const half = (x: number) =>
      brows.thickness * (0.55 + 0.45 * Math.min(1, Math.max(0, (brows.width - x) / brows.width)))
    const shape = between(
      brows.width,
      (x) => middle(x) - half(x),
      (x) => middle(x) + half(x),
    )
    paint(canvas, frame, centeredBox(brows.width * 1.1, 0.3), shape, { color: brows.color, opacity: 0.9, soft: 1.6 })
  }
}

export function paintNose(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { nose, skin, eyes } = who
  const tip = eyes.y + nose.length
  const dark = scaleColor(skin, 0.6)
  const lit = how.light.direction[0] > 0 ? -1 : 1
  const bridge = featureFrame(how.pose, 0, eyes.y + nose.length * 0.45, 1, 0.1)
  const box = centeredBox(0.2, nose.length)
  const half = nose.length * 0.5
  const x = lit * (nose.bridge + 0.01)
  paint(canvas, bridge, box, stroke(x * 0.8, -half * 0.8, x * 1.7, half * 0.8, 0.05), {
    color: dark,
    opacity: 0.45,
    soft: 5,
  })
  paint(canvas, bridge, box, stroke(0, -half * 0.6, 0, half * 0.9, nose.bridge), {
    color: mix(skin, [1, 1, 1], 0.4),
    opacity: 0.35,
    soft: 4,
  })
  const base = featureFrame(how.pose, 0, tip, 1, 0.17)
  const wings = between(
    nose.width,
    (u) => -0.015 - 0.05 * arch(u, nose.width),
    (u) => 0.035 + 0.02 * arch(u, nose.width * 0.6),
  )
  paint(canvas, base, centeredBox(nose.width * 1.3, 0.2), wings, {
    color: scaleColor(skin, 0.72),
    opacity: 0.75,
    soft: 2.5,
  })
  for (const side of [-1, 1]) {
    const nostril = ellipse(nose.width * 0.3, 0.022)
    paint(canvas, base, centeredBox(nose.width * 1.2, 0.1), (u, v) => nostril(u - side * nose.width * 0.55, v - 0.02), {
      color: scaleColor(skin, 0.32),
      opacity: 0.85,
      soft: 1.5,
    })
  }
  paint(
    canvas,
    base,
    { left: -0.1, right: 0.1, top: -0.15, bottom: 0.02 },
    (u, v) => ellipse(0.05, 0.045)(u, v + 0.06),
    {
      color: mix(skin, [1, 1, 1], 0.5),
      opacity: 0.4,
      soft: 4,
    },
  )
}

export function paintMouth(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { mouth } = who
  const { smile, open } = how.expression
  const width = mouth.width * (1 + 0.18 * smile)
  const frame = featureFrame(how.pose, 0, mouth.y, 1, 0.04)
  const gap = open * 0.14
  // A smile lifts the corners: the middle line bends down in the middle.
  const line = (x: number) => 0.07 * smile * (arch(x, width) - 0.5)
  const dip = (x: number) => 0.014 * Math.max(0, 1 - (x / (width * 0.22)) ** 2)
  const top = (x: number) => line(x) - mouth.upper * arch(x, width) ** 0.8 + dip(x)
  const under = (x: number) => line(x) + gap * arch(x, width)
  const bottom = (x: number) => under(x) + mouth.lower * arch(x, width * 0.9)
  const box = centeredBox(width * 1.1, 0.4)
  const inside: Rgb = [0.22, 0.05, 0.06]
  if (gap > 0.01) {
    paint(canvas, frame, box, between(width * 0.95, line, under), { color: inside })
    paint(
      canvas,
      frame,
      box,
      between(width * 0.7, line, (x) => line(x) + Math.min(0.05, gap * 0.6) * arch(x, width)),
      {
        color: [0.93, 0.91, 0.87],
      },
    )
  }
  paint(canvas, frame, box, between(width, top, line), { color: scaleColor(mouth.color, 0.88) })
  paint(canvas, frame, box, between(width * 0.9, under, bottom), { color: mouth.color })
  const seam = between(
    width,
    (x) => line(x) - 0.01,
    (x) => line(x) + 0.01,
  )
  paint(canvas, frame, box, seam, { color: mix(mouth.color, inside, 0.75), opacity: 0.9 })
}
