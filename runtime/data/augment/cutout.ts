/** Hidden parts of images. */
import type { AugmentOpOf } from '../../../compiler/plan/plan.ts'
import type { Stream } from '../../random.ts'
import type { Canvas } from './canvas.ts'

const attempts = 10

/**
 * Fills a random rectangle, as torchvision's RandomErasing (arXiv:1708.04896): its fraction of the area is uniform, its ratio of height
 * to width log-uniform, its place uniform; after ten attempts that do not fit, the image stays as it is.
 */
export function createCutout(
  { area: [least, most], ratio, fill }: AugmentOpOf<'cutout'>,
  canvas: Canvas,
): (draw: Stream) => void {
  const { height, width, channels } = canvas.size
  const logRatio = Math.log(ratio)
  return (draw) => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const area = height * width * draw.between(least, most)
      const aspect = Math.exp(draw.between(-logRatio, logRatio))
      const tall = Math.round(Math.sqrt(area * aspect))
      const wide = Math.round(Math.sqrt(area / aspect))
      if (tall >= height || wide >= width) continue
      const top = draw.integer(height - tall + 1)
      const left = draw.integer(width - wide + 1)
      for (let y = top; y < top + tall; y++) {
        const start = canvas.address + (y * width + left) * channels
        canvas.bytes.fill(fill, start, start + wide * channels)
      }
      return
    }
  }
}
