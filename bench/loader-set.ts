/** A set of 112 × 112 JPEGs in a RecordIO file, as InsightFace packs them, for measuring how fast it is read. */
import { writeFileSync } from 'node:fs'
import sharp from 'sharp'
import type { RecordImages } from '../runtime/data/collection.ts'
import { FACE_SIZE } from '../runtime/data/image.ts'
import { renderFace } from '../runtime/data/synthetic.ts'

/** The records of one file. */
export interface FaceRecords extends RecordImages {
  readonly files: readonly [string]
}

/** Distinct faces; the records repeat them. */
const faces = 250
/** Of the JPEGs in InsightFace's sets. */
const quality = 95

const magic = 0xced7230a
/** u32 flag, f32 label, u64 id, u64 id2. */
const headerBytes = 24

async function encodedFaces(): Promise<Buffer[]> {
  const encoded: Buffer[] = []
  for (let i = 0; i < faces; i++) {
    const { data } = renderFace({ seed: 1, identity: i, sample: 0, nuisance: 0.5 })
    const raw = { width: FACE_SIZE, height: FACE_SIZE, channels: 3 } as const
    encoded.push(await sharp(data, { raw }).jpeg({ quality }).toBuffer())
  }
  return encoded
}

/** Writes `records` of them to `path`, and their index to `path.idx`. */
export async function writeFaceRecords(path: string, records: number): Promise<FaceRecords> {
  const encoded = await encodedFaces()
  const offsets = new Float64Array(new SharedArrayBuffer(8 * records))
  const parts: Buffer[] = []
  const index: string[] = []
  let at = 0
  for (let i = 0; i < records; i++) {
    const jpeg = encoded[i % faces] ?? Buffer.alloc(0)
    const record = Buffer.alloc(8 + Math.ceil((headerBytes + jpeg.length) / 4) * 4)
    record.writeUInt32LE(magic, 0)
    record.writeUInt32LE(headerBytes + jpeg.length, 4)
    record.writeFloatLE(i % faces, 12)
    jpeg.copy(record, 8 + headerBytes)
    offsets[i] = at
    index.push(`${i}\t${at}\n`)
    at += record.length
    parts.push(record)
  }
  writeFileSync(path, Buffer.concat(parts))
  writeFileSync(`${path}.idx`, index.join(''))
  return { kind: 'records', files: [path], offsets }
}
