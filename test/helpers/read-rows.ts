import type { ImageRecipe, ImageSelection } from '../../runtime/data/collection.ts'
import { FACE_SIZE, type ImageShape } from '../../runtime/data/image.ts'
import { createLoader } from '../../runtime/data/loader/loader.ts'
import { startDecodeWorkers } from '../../runtime/data/loader/start-workers.ts'

interface Images {
  readonly recipe: ImageRecipe
  readonly images: number
  readonly select?: ImageSelection
}

/** The pictures of these numbers, u8[h,w,c] each, made in the process itself. */
export async function readRows(
  { recipe, images, select }: Images,
  numbers: Iterable<number>,
  shape: ImageShape = [FACE_SIZE, FACE_SIZE, 3],
): Promise<Uint8Array[]> {
  const workers = startDecodeWorkers(0)
  try {
    const wanted = Uint32Array.from(numbers)
    const loader = await createLoader({ recipe, images, select, shape, rows: wanted.length }, workers)
    const { pixels } = await loader.read(wanted)
    const bytes = pixels.length / wanted.length
    return Array.from(wanted, (_, row) => pixels.slice(row * bytes, (row + 1) * bytes))
  } finally {
    await workers.dispose()
  }
}
