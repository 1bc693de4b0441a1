/** Measures how fast this computer prepares training images. */
import type { MachineProfile } from '../../compiler/host/machine-profile.ts'
import { decodeImage } from '../data/decode-image.ts'
import { drawImage } from '../data/draw-image.ts'
import { FACE_SIZE } from '../data/image.ts'

/** Seconds of each of the two measurements. */
const budget = 0.4
/** Images in flight, as in a loader. */
const together = 32

/** JPEG images decoded and synthetic ones generated per second. */
export async function measureImages(report: (what: string) => void): Promise<MachineProfile['images']> {
  report('drawing synthetic faces')
  const faces = { kind: 'drawn', perIdentity: 100, seed: 1, nuisance: 0.5 } as const
  const shape = [FACE_SIZE, FACE_SIZE, 3] as const
  let sample = 0
  const drawn = await ratePerSecond(1, async () => drawImage(faces, sample++, shape))
  report('decoding JPEG')
  const jpeg = await encodeFace(drawImage(faces, 0, shape))
  const decoded = await ratePerSecond(together, () => decodeImage(jpeg, 'a face'))
  return { decoded, drawn }
}

async function encodeFace(pixels: Uint8Array): Promise<Buffer> {
  const { default: sharp } = await import('sharp')
  const raw = { width: FACE_SIZE, height: FACE_SIZE, channels: 3 } as const
  return sharp(pixels, { raw }).jpeg({ quality: 95 }).toBuffer()
}

async function ratePerSecond(flight: number, body: () => Promise<unknown>): Promise<number> {
  await body()
  const began = performance.now()
  let done = 0
  while (performance.now() - began < budget * 1000) {
    await Promise.all(Array.from({ length: flight }, body))
    done += flight
  }
  return Number((done / ((performance.now() - began) / 1000)).toPrecision(3))
}
