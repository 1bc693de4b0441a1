/**
 * From the head's own coordinates to pixels. A head is a rounded body: turning it moves the features across the outline by
 * their depth (parallax) and narrows those that turn away, while the outline itself stays.
 */
import type { Frame } from './canvas.ts'

export interface Pose {
  /** Radians: to the right, upwards, and clockwise in the image. */
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
  /** Pixels per face unit, and the head's center in pixels. */
  readonly scale: number
  readonly x: number
  readonly y: number
}

/** How far the face's surface bulges towards the viewer at a point of the frontal view. */
function depth(x: number, y: number): number {
  return 0.85 * Math.sqrt(Math.max(0.02, 1 - 0.85 * x * x - 0.55 * y * y))
}

/** A surface point of the frontal view in the turned view, in face units; `lift` stands out of the surface. */
export function turn(pose: Pose, x: number, y: number, lift = 0): readonly [number, number] {
  const z = depth(x, y) + lift
  const sinYaw = Math.sin(pose.yaw)
  const cosYaw = Math.cos(pose.yaw)
  const sinPitch = Math.sin(pose.pitch)
  const cosPitch = Math.cos(pose.pitch)
  const turnedX = x * cosYaw + z * sinYaw
  const turnedZ = z * cosYaw - x * sinYaw
  return [turnedX, y * cosPitch - turnedZ * sinPitch]
}

function place(pose: Pose, x: number, y: number): readonly [number, number] {
  const cos = Math.cos(pose.roll) * pose.scale
  const sin = Math.sin(pose.roll) * pose.scale
  return [pose.x + x * cos - y * sin, pose.y + x * sin + y * cos]
}

/** The frame of the outline: it rolls, scales and shifts, and doesn't turn. */
export function headFrame(pose: Pose): Frame {
  const cos = Math.cos(pose.roll) * pose.scale
  const sin = Math.sin(pose.roll) * pose.scale
  return { x: pose.x, y: pose.y, ux: cos, uy: sin, vx: -sin, vy: cos }
}

/**
 * The frame of a feature centered at (x, y) of the frontal view; `flip` mirrors its x axis (for the left one of a pair).
 */
export function featureFrame(pose: Pose, x: number, y: number, flip = 1, lift = 0): Frame {
  const step = 0.05
  const at = (dx: number, dy: number) => place(pose, ...turn(pose, x + dx, y + dy, lift))
  const [cx, cy] = at(0, 0)
  const [rx, ry] = at(step, 0)
  const [lx, ly] = at(-step, 0)
  const [dx, dy] = at(0, step)
  const [tx, ty] = at(0, -step)
  const half = 1 / (2 * step)
  return {
    x: cx,
    y: cy,
    ux: (rx - lx) * half * flip,
    uy: (ry - ly) * half * flip,
    vx: (dx - tx) * half,
    vy: (dy - ty) * half,
  }
}
