/** Hair behind and in front of the head, and beards. */
import { type Box, type Canvas, centeredBox, mix, paint, type Shape, scaleColor } from './canvas.ts'
import type { HairStyle, Identity } from './identity.ts'
import type { Nuisance } from './nuisance.ts'
import { featureFrame, headFrame, turn } from './pose.ts'
import { arch, between, ellipse, headOutline, roundBox } from './shapes.ts'

/** Fine darker and lighter strands, fixed to the head. */
function strands(x: number, y: number): number {
  return 1 + 0.07 * Math.sin(47 * x + 2.5 * Math.sin(4 * y)) + 0.05 * Math.sin(83 * x - 6 * y)
}

function curls(x: number, y: number): number {
  return 1 + 0.16 * Math.sin(26 * x + 2 * Math.sin(21 * y)) * Math.sin(26 * y + 2 * Math.sin(19 * x))
}

function grown(who: Identity, by: number): Shape {
  const { head } = who
  return headOutline({ ...head, width: head.width + by, top: head.top + by, taper: 0, square: head.square * 0.6 })
}

/** How far hair stands off the skull, by style. */
const standsOff: { readonly [S in HairStyle]: (volume: number) => number } = {
  bald: () => 0,
  buzz: () => 0.015,
  short: (volume) => 0.03 + 0.5 * volume,
  parted: (volume) => 0.04 + 0.6 * volume,
  fringe: (volume) => 0.05 + 0.6 * volume,
  curly: (volume) => 0.16 + 1.1 * volume,
  long: (volume) => 0.08 + 0.8 * volume,
  bob: (volume) => 0.1 + 0.8 * volume,
}

/** Hair that hangs behind the neck or stands out around the skull. */
export function paintHairBehind(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { hair, head } = who
  const frame = headFrame(how.pose)
  const by = standsOff[hair.style](hair.volume)
  const dark = scaleColor(hair.color, 0.75)
  const wide = head.width + by
  switch (hair.style) {
    case 'long':
    case 'bob': {
      const end = hair.style === 'long' ? head.chin + 0.75 : head.chin * 0.72
      const middle = (end - head.top * 0.4) / 2
      const fall = roundBox(wide + 0.02, middle + 0.3, 0.3)
      const box = { left: -wide * 1.2, right: wide * 1.2, top: -1, bottom: end + 0.4 }
      paint(canvas, frame, box, (x, y) => fall(x, y - middle), { color: dark, grain: strands })
      return
    }
    case 'curly': {
      const skull = grown(who, by)
      const ripple = (x: number, y: number) => 0.03 * Math.sin(15 * x) * Math.cos(13 * y)
      const bush: Shape = (x, y) => Math.max(skull(x, y + 0.1) + ripple(x, y), y - 0.25)
      paint(canvas, frame, centeredBox(wide * 1.2, head.top + by + 0.3), bush, { color: dark, grain: curls })
      return
    }
    case 'bald':
    case 'buzz':
    case 'short':
    case 'parted':
    case 'fringe':
      return
  }
}

/** The lower edge of the hair over the forehead, in the frontal view. */
function hairline(who: Identity): (x: number) => number {
  const { hair, head, eyes } = who
  const sides = (x: number) => Math.max(0, Math.abs(x) / head.width - 0.72) * 3.2
  const { line, part } = hair
  const styles: { readonly [S in HairStyle]: (x: number) => number } = {
    bald: () => -9,
    buzz: (x) => line + sides(x),
    short: (x) => line + sides(x) + 0.02 * Math.sin(19 * x),
    parted: (x) => line + sides(x) - 0.12 + 0.32 * Math.min(1, Math.abs(x - part) * 1.3) ** 1.5,
    fringe: (x) => Math.min(eyes.y - 0.16, line + 0.3) + sides(x) * 0.6 + 0.015 * Math.sin(40 * x),
    curly: (x) => line + 0.06 + sides(x) + 0.04 * Math.sin(23 * x),
    long: (x) => line + 0.05 + 0.5 * Math.max(0, Math.abs(x - part) - 0.1) ** 1.4 + sides(x),
    bob: (x) => Math.min(eyes.y - 0.2, line + 0.22) + sides(x) * 0.9,
  }
  return styles[hair.style]
}

/** Hair over the skull and the forehead. */
export function paintHairFront(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { hair, head } = who
  if (hair.style === 'bald') return
  const by = standsOff[hair.style](hair.volume)
  const skull = grown(who, by)
  const edge = hairline(who)
  const [shiftX, turnedY] = turn(how.pose, 0, hair.line)
  const shiftY = turnedY - hair.line
  const shape: Shape = (x, y) => {
    const d = skull(x, y)
    return d > 0.1 ? d : Math.max(d, (y - shiftY - edge(x - shiftX)) * 0.8)
  }
  const box: Box = {
    left: -head.width - by - 0.1,
    right: head.width + by + 0.1,
    top: -head.top - by - 0.1,
    bottom: 0.9,
  }
  const curly = hair.style === 'curly'
  const buzz = hair.style === 'buzz'
  paint(canvas, headFrame(how.pose), box, shape, {
    color: hair.color,
    opacity: buzz ? 0.72 : 1,
    soft: buzz ? 3 : 1.2,
    grain: curly ? curls : strands,
  })
}

export function paintBeard(canvas: Canvas, who: Identity, how: Nuisance): void {
  const { beard, head, mouth } = who
  const { color } = beard
  const lip = (mouth.y + who.eyes.y + who.nose.length) / 2
  if (beard.style === 'moustache' || beard.style === 'goatee' || beard.style === 'full') {
    const frame = featureFrame(how.pose, 0, lip, 1, 0.05)
    const w = mouth.width * 1.1
    const shape = between(
      w,
      (x) => -0.055 * arch(x, w) + 0.15 * Math.abs(x),
      (x) => 0.03 + 0.3 * Math.abs(x),
    )
    paint(canvas, frame, centeredBox(w * 1.2, 0.3), shape, { color, opacity: 0.92, soft: 1.6, grain: strands })
  }
  if (beard.style === 'goatee') {
    const frame = featureFrame(how.pose, 0, (mouth.y + mouth.lower + head.chin) / 2 + 0.02, 1, 0.02)
    paint(canvas, frame, centeredBox(0.25, 0.3), roundBox(mouth.width * 0.72, 0.17, 0.1), {
      color,
      soft: 2,
      grain: strands,
    })
  }
  if (beard.style === 'full' || beard.style === 'stubble') {
    const outline = headOutline({ ...head, width: head.width + 0.015, chin: head.chin + 0.03 })
    const [shiftX, turnedY] = turn(how.pose, 0, mouth.y)
    const shiftY = turnedY - mouth.y
    const hole = ellipse(mouth.width * 0.95, mouth.upper + mouth.lower + 0.03)
    const shape: Shape = (x, y) => {
      const u = x - shiftX
      const v = y - shiftY
      const top = lip + 0.1 - 0.75 * Math.max(0, Math.abs(u) - mouth.width * 0.8)
      return Math.max(outline(x, y), top - v, -hole(u, v - mouth.y - 0.02))
    }
    const full = beard.style === 'full'
    const box = { left: -head.width - 0.1, right: head.width + 0.1, top: -0.2, bottom: head.chin + 0.1 }
    paint(canvas, headFrame(how.pose), box, shape, {
      color: full ? color : mix(color, who.skin, 0.3),
      opacity: full ? 0.94 : 0.4,
      soft: full ? 2 : 4,
      grain: strands,
    })
  }
}
