/** Measures how fast this computer prepares training images: through the loader, with its threads and the decoder found here. */
import type { MachineProfile } from '../../compiler/host/machine-profile.ts'
import type { BytesImages, ImageRecipe } from '../data/collection.ts'
import { drawImage } from '../data/draw-image.ts'
import { FACE_SIZE } from '../data/image.ts'
import type { DecodeWorkers } from '../data/loader/decode-workers.ts'
import { createLoader } from '../data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../data/loader/start-workers.ts'

/** How pictures of a kind are measured: for this long, and so many in a read. */
export interface PictureRounds {
  readonly seconds: number
  readonly rows: number
}

/** Reads at the same time, as in a run. */
const together = 3
/** Distinct images. */
const images = 256

const shape = [FACE_SIZE, FACE_SIZE, 3] as const
const faces = { kind: 'drawn', perIdentity: 100, seed: 1, nuisance: 0.5 } as const

/** JPEG images decoded and synthetic ones generated per second by all threads of a run; each is measured for itself. */
export async function measureImages(
  rounds: PictureRounds,
  report: (what: string) => void,
): Promise<MachineProfile['images']> {
  const workers = startDecodeWorkers(workerCount(Number.POSITIVE_INFINITY))
  try {
    report('drawing synthetic faces')
    const drawn = await ratePerSecond(faces, rounds, workers)
    report('decoding JPEG')
    const decoded = await ratePerSecond(await encodedFaces(), rounds, workers)
    return { decoded, drawn }
  } finally {
    await workers.dispose()
  }
}

/** One JPEG, many times. */
async function encodedFaces(): Promise<BytesImages> {
  const { default: sharp } = await import('sharp')
  const raw = { width: FACE_SIZE, height: FACE_SIZE, channels: 3 } as const
  const jpeg = await sharp(drawImage(faces, 0, shape), { raw })
    .jpeg({ quality: 95 })
    .toBuffer()
  const bytes = new Uint8Array(new SharedArrayBuffer(images * jpeg.length))
  const starts = new Float64Array(new SharedArrayBuffer(8 * (images + 1)))
  for (let i = 0; i < images; i++) {
    bytes.set(jpeg, i * jpeg.length)
    starts[i + 1] = (i + 1) * jpeg.length
  }
  return { kind: 'bytes', name: 'a face', bytes, starts }
}

async function ratePerSecond(
  recipe: ImageRecipe,
  { seconds, rows }: PictureRounds,
  workers: DecodeWorkers,
): Promise<number> {
  const loader = await createLoader({ recipe, images, shape, rows, slots: together }, workers)
  const numbers = Uint32Array.from({ length: rows }, (_, row) => row)
  const readOne = async (count: number) => (await loader.read(numbers.subarray(0, count))).release()
  // Threads start and load their libraries.
  await readOne(Math.max(1, 2 * workers.count))
  const began = performance.now()
  let done = 0
  const reader = async () => {
    while (performance.now() - began < seconds * 1000) {
      await readOne(rows)
      done += rows
    }
  }
  await Promise.all(Array.from({ length: together }, reader))
  const rate = done / ((performance.now() - began) / 1000)
  loader.dispose()
  return Number(rate.toPrecision(3))
}
