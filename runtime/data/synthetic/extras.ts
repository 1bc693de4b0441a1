/** Marks, glasses, and occasional occlusions. */
import { createStream, fold, rootKey } from '../../random.ts'
import { type Canvas, centeredBox, mix, paint, type Rgb, type Shape, scaleColor } from './canvas.ts'
import type { Glasses, Identity } from './identity.ts'
import type { Nuisance } from './nuisance.ts'
import { featureFrame, headFrame, turn } from './pose.ts'
import { ellipse, headOutline, ring, roundBox, stroke } from './shapes.ts'

export function paintMarks(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { marks, skin } = who
  const dark = scaleColor(mix(skin, [0.3, 0.15, 0.1], 0.6), 0.6)
  for (const [x, y, radius] of marks.moles) {
    paint(canvas, featureFrame(how.pose, x, y), centeredBox(0.06, 0.06), ellipse(radius, radius), { color: dark })
  }
  // The positions of freckles belong to the person: they are keyed by its own features.
  const random = createStream(fold(rootKey(marks.freckles), Math.floor(who.head.width * 1e6)))
  for (let i = 0; i < marks.freckles; i++) {
    const x = random.normal() * 0.26
    const y = 0.16 + random.normal() * 0.12
    paint(canvas, featureFrame(how.pose, x, y), centeredBox(0.03, 0.03), ellipse(0.016, 0.016), {
      color: mix(skin, [0.5, 0.22, 0.1], 0.6),
      opacity: 0.6,
    })
  }
  if (marks.scar !== undefined) {
    const frame = featureFrame(how.pose, 0.38 * Math.sign(marks.scar), 0.25)
    const slope = marks.scar * 0.16
    paint(canvas, frame, centeredBox(0.3, 0.3), stroke(-slope, -0.14, slope, 0.14, 0.03), {
      color: mix(skin, [0.75, 0.35, 0.33], 0.7),
      opacity: 0.85,
      soft: 1.4,
    })
  }
}

type Worn = Exclude<Glasses, 'none'>

const lenses: { readonly [G in Worn]: (size: number) => Shape } = {
  round: (size) => ellipse(0.19 * size, 0.19 * size),
  square: (size) => roundBox(0.21 * size, 0.14 * size, 0.04),
  wide: (size) => roundBox(0.23 * size, 0.17 * size, 0.11),
}

function paintFrames(canvas: Canvas, who: Identity, how: Nuisance, style: Worn, color: Rgb, dark: boolean): void {
  const { eyes, glasses, head } = who
  const lens = lenses[style](glasses.size)
  const reach = eyes.spacing + 0.03
  for (const side of [-1, 1]) {
    const frame = featureFrame(how.pose, side * reach, eyes.y + 0.02, side, 0.06)
    const box = centeredBox(0.32, 0.3)
    paint(canvas, frame, box, lens, { color: dark ? color : [0.85, 0.92, 0.97], opacity: dark ? 0.97 : 0.14 })
    paint(canvas, frame, box, ring(lens, 0.04), { color })
    const temple = { left: 0.1, right: head.width, top: -0.2, bottom: 0.2 }
    paint(canvas, frame, temple, stroke(0.2, -0.05, head.width - reach, -0.06, 0.035), { color })
  }
  const bridge = featureFrame(how.pose, 0, eyes.y + 0.01, 1, 0.1)
  const gap = Math.max(0.03, reach - 0.2 * glasses.size)
  paint(canvas, bridge, centeredBox(0.3, 0.1), stroke(-gap, 0, gap, 0, 0.035), { color })
}

export function paintGlasses(canvas: Canvas, who: Identity, how: Nuisance): void {
  if (how.occlusion.kind === 'sunglasses') {
    paintFrames(canvas, who, how, 'wide', scaleColor(how.occlusion.color, 0.18), true)
    return
  }
  if (who.glasses.style === 'none' || how.glassesOff) return
  paintFrames(canvas, who, how, who.glasses.style, who.glasses.color, false)
}

export function paintOcclusion(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { occlusion, pose } = how
  if (occlusion.kind === 'scarf') {
    const outline = headOutline({ ...who.head, width: who.head.width + 0.04, taper: who.head.taper * 0.5 })
    const [shiftX, y] = turn(pose, 0, who.mouth.y - 0.1)
    const cloth: Shape = (x, v) => Math.max(outline(x, Math.min(v, 0.8)), y + 0.06 * Math.abs(x - shiftX) - v, v - 2)
    const folds = (x: number, v: number) => 1 + 0.12 * Math.sin(14 * v + 3 * x)
    const box = { left: -1, right: 1, top: 0, bottom: 2 }
    paint(canvas, headFrame(pose), box, cloth, { color: occlusion.color, grain: folds })
  } else if (occlusion.kind === 'patch') {
    const frame = headFrame({ ...pose, roll: pose.roll + occlusion.x * 2 })
    const { x, y, size } = occlusion
    const shape = roundBox(size, size * 0.7, size * 0.3)
    const box = { left: x - size, right: x + size, top: y - size, bottom: y + size }
    paint(canvas, frame, box, (u, v) => shape(u - x, v - y), { color: occlusion.color })
  }
}
