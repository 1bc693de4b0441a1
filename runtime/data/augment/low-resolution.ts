/** Images as if they came from a camera with fewer pixels. */
import type { AugmentOpOf } from '../../../compiler/plan/plan.ts'
import type { Stream } from '../../random.ts'
import type { Canvas } from './canvas.ts'
import { createResampler } from './resample.ts'
import type { Filter } from './resample-weights.ts'

/** The filters among which AdaFace chooses, each as likely as the others. */
const choices: readonly Filter[] = ['nearest', 'linear', 'area', 'cubic', 'lanczos']

/**
 * Reduces the image to a random fraction of its sides, rounded to whole pixels, and enlarges it again. With `any` the two filters are
 * chosen at random, as in AdaFace (mk-minchul/AdaFace, dataset/augmenter.py, with cv2.resize); with `triangle` it is DALI's
 * `fn.resize`, applied twice, as in arcface_torch's `dali_aug`.
 */
export function createLowResolution(
  { side, interpolation }: AugmentOpOf<'low_resolution'>,
  canvas: Canvas,
): (draw: Stream) => void {
  const resample = createResampler(canvas)
  const { height, width } = canvas.size
  const choose = (draw: Stream): Filter =>
    interpolation === 'any' ? (choices[draw.integer(choices.length)] ?? 'linear') : interpolation
  return (draw) => {
    const fraction = draw.between(...side)
    const reduce = choose(draw)
    const enlarge = choose(draw)
    const small = {
      at: canvas.spare,
      stride: width,
      height: Math.max(1, Math.round(fraction * height)),
      width: Math.max(1, Math.round(fraction * width)),
    }
    const whole = { at: canvas.address, stride: width, height, width }
    resample(whole, small, reduce)
    resample(small, whole, enlarge)
  }
}
