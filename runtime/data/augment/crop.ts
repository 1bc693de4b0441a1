/** Random parts of images. */
import type { AugmentOpOf } from '../../../compiler/plan/plan.ts'
import type { Stream } from '../../random.ts'
import type { Canvas } from './canvas.ts'
import { createResampler } from './resample.ts'

/** A part of an image in pixels. */
export interface Part {
  top: number
  left: number
  height: number
  width: number
}

const attempts = 10

/**
 * Sets a random part of an image as torchvision's `RandomResizedCrop.get_params`: its fraction of the area is uniform in [`scale`, 1],
 * its ratio of width to height log-uniform in [1 / `ratio`, `ratio`], its place uniform. After ten attempts that do not fit, it is the
 * largest part in the middle whose ratio is within the range.
 */
export function setPart(part: Part, height: number, width: number, scale: number, ratio: number, draw: Stream): void {
  const logRatio = Math.log(ratio)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = height * width * draw.between(scale, 1)
    const aspect = Math.exp(draw.between(-logRatio, logRatio))
    part.width = Math.round(Math.sqrt(area * aspect))
    part.height = Math.round(Math.sqrt(area / aspect))
    if (part.width < 1 || part.width > width || part.height < 1 || part.height > height) continue
    part.top = draw.integer(height - part.height + 1)
    part.left = draw.integer(width - part.width + 1)
    return
  }
  part.width = Math.min(width, Math.max(1, Math.round(height * ratio)))
  part.height = Math.min(height, Math.max(1, Math.round(width * ratio)))
  part.top = (height - part.height) >> 1
  part.left = (width - part.width) >> 1
}

/** Fills everything outside of the part with black. */
function blacken(canvas: Canvas, part: Part): void {
  const { bytes, address, size } = canvas
  const { height, width, channels } = size
  const row = width * channels
  for (let y = 0; y < height; y++) {
    const start = address + y * row
    if (y < part.top || y >= part.top + part.height) bytes.fill(0, start, start + row)
    else {
      bytes.fill(0, start, start + part.left * channels)
      bytes.fill(0, start + (part.left + part.width) * channels, start + row)
    }
  }
}

/** Bilinear enlargement of a part to the full image, with three channels; pixels are sampled at their centers. */
function createEnlarge(canvas: Canvas): (part: Part) => void {
  const { height, width } = canvas.size
  const pairs = Math.ceil(width / 2)
  const rows = canvas.reserve(12 * height)
  const columns = canvas.reserve(32 * pairs)
  const line = canvas.reserve(2 * 3 * (width + 1))
  return (part) => {
    const { words, halves, kernels, address, spare } = canvas
    const yScale = part.height / height
    for (let y = 0; y < height; y++) {
      const center = Math.max(0, (y + 0.5) * yScale - 0.5)
      const upper = Math.min(part.height - 1, Math.floor(center))
      const lower = Math.min(part.height - 1, upper + 1)
      const at = rows / 4 + 3 * y
      const first = address + 3 * (part.top * width + part.left)
      words[at] = first + 3 * upper * width
      words[at + 1] = first + 3 * lower * width
      words[at + 2] = Math.min(32767, Math.round((center - upper) * 32768))
    }
    const xScale = part.width / width
    for (let x = 0; x < 2 * pairs; x++) {
      const center = Math.max(0, (x + 0.5) * xScale - 0.5)
      const near = Math.min(part.width - 1, Math.floor(center))
      const next = Math.min(part.width - 1, near + 1)
      const pair = columns + 32 * (x >> 1)
      words[pair / 4 + 2 * (x & 1)] = line + 6 * near
      words[pair / 4 + 2 * (x & 1) + 1] = line + 6 * next
      const weight = Math.min(32767, Math.round((center - near) * 32768))
      const lanes = pair / 2 + 8 + 4 * (x & 1)
      for (let lane = 0; lane < 4; lane++) halves[lanes + lane] = weight
    }
    const groups = Math.ceil((3 * part.width) / 8)
    kernels.enlarge(spare, height, pairs, 3 * width, rows, columns, line, groups)
    canvas.swap()
  }
}

/**
 * torchvision's RandomResizedCrop with bilinear interpolation; with `resize: false`, AdaFace's crop (mk-minchul/AdaFace,
 * dataset/augmenter.py): the part keeps its place and the rest becomes black.
 */
export function createCrop(op: AugmentOpOf<'crop'>, canvas: Canvas): (draw: Stream) => void {
  const { height, width, channels } = canvas.size
  const part: Part = { top: 0, left: 0, height, width }
  const enlarge = op.resize && channels === 3 ? createEnlarge(canvas) : undefined
  const resample = createResampler(canvas)
  return (draw) => {
    setPart(part, height, width, op.scale, op.ratio, draw)
    if (!op.resize) blacken(canvas, part)
    else if (enlarge !== undefined) enlarge(part)
    else {
      const { address, spare } = canvas
      const from = { at: address + part.top * width + part.left, stride: width, height: part.height, width: part.width }
      resample(from, { at: spare, stride: width, height, width }, 'linear')
      canvas.swap()
    }
  }
}
