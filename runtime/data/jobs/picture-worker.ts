/** The jobs that read pictures, in a worker of the pool. */
import { createHash } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import { ArccError } from '../../errors.ts'
import type { Image } from '../image.ts'
import { openJpegDecoder } from '../jpeg/find.ts'
import { isChangedList } from '../sources/messages.ts'
import { type Fault, type FaultKind, HUGE_SIDE, TINY_SIDE } from './found.ts'
import {
  asFailure,
  type CheckJob,
  type CheckResult,
  type JobFailure,
  type RecodeJob,
  type RecodeResult,
  type WorkerSetup,
} from './jobs.ts'
import { openPictures, type PictureSource } from './picture-source.ts'
import { recodePicture } from './recode.ts'

const { recipe, hashes, jpeg }: WorkerSetup = workerData
let opened: PictureSource | undefined

function source(): PictureSource {
  opened ??= openPictures(recipe, openJpegDecoder(jpeg))
  return opened
}

/** The first 64 bits of SHA-256; never 0, which marks pictures that were not checked. */
function hashOf(bytes: Uint8Array): bigint {
  return createHash('sha256').update(bytes).digest().readBigUInt64LE(0) || 1n
}

function isBlank({ data }: Image): boolean {
  for (let i = 3; i < data.length; i++) if (data[i] !== data[i - 3]) return false
  return true
}

function faultOf(image: Image): { kind: FaultKind; reason: string } | undefined {
  const { width, height } = image
  const size = `${width} × ${height} pixels`
  if (Math.min(width, height) < TINY_SIDE) return { kind: 'tiny', reason: size }
  if (Math.max(width, height) > HUGE_SIDE) return { kind: 'huge', reason: size }
  if (isBlank(image)) return { kind: 'blank', reason: 'all pixels are equal' }
  return undefined
}

/** What a picture's error says without the picture's name, which stands before it. */
function reasonOf(error: unknown, name: string): string {
  if (!(error instanceof ArccError)) throw error
  if (typeof error.params.reason === 'string') return error.params.reason
  return error.message.startsWith(`${name} `) ? error.message.slice(name.length + 1) : error.message
}

/** Reads and decodes a range of pictures; stores the hash of each in the shared table. A list that has changed is a failure. */
export function check(job: CheckJob): Promise<CheckResult | JobFailure> {
  return checkRange(job).catch(asFailure)
}

async function checkRange({ from, to }: CheckJob): Promise<CheckResult> {
  const pictures = source()
  const faults: Fault[] = []
  let bytes = 0
  for (let image = from; image < to; image++) {
    const name = pictures.nameOf(image)
    const add = (kind: FaultKind, reason: string) => faults.push({ kind, image, name, reason })
    let encoded: Uint8Array | undefined
    try {
      encoded = await pictures.encoded(image)
    } catch (error) {
      if (isChangedList(error)) throw error
      add('unreadable', reasonOf(error, name))
      if (hashes !== undefined) hashes[image] = 1n
      continue
    }
    if (hashes !== undefined) hashes[image] = encoded === undefined ? 1n : hashOf(encoded)
    bytes += encoded?.length ?? 0
    try {
      const fault = faultOf(await pictures.decoded(image, encoded))
      if (fault !== undefined) add(fault.kind, fault.reason)
    } catch (error) {
      add('damaged', reasonOf(error, name))
    }
  }
  return { faults, bytes }
}

/** Re-encodes pictures; one that fails does not stop the others. */
export async function recode({ numbers, ...how }: RecodeJob): Promise<RecodeResult> {
  const pictures = source()
  const results: RecodeResult[number][] = []
  for (const number of numbers) results.push(await recodePicture(pictures, number, how).catch(asFailure))
  return results
}
