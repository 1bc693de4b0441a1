/**
 * Makes packed sets of tens of millions of records in seconds: a full index, and a sparse record file with frames only where arcc
 * looks before training.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { spread } from '../../runtime/data/recordio/open-part.ts'
import { frameOf, headerOf } from './record-bytes.ts'

/** Bytes from one record to the next, and of its payload. */
const STRIDE = 7412
const PAYLOAD = STRIDE - 8
/** Bytes of an identity record with its frame. */
const RANGE = 40
const LINES = 500_000

/** Writes a whole number as digits; returns the place behind them. */
function putNumber(bytes: Buffer, at: number, value: number): number {
  let start = at
  let rest = value
  if (value >= 1e7) {
    const high = Math.floor(value / 1e7)
    start = putNumber(bytes, at, high)
    rest = value - high * 1e7
  }
  let end = start
  if (start > at) end = start + 7
  else for (let power = 1; power <= rest || end === start; power *= 10) end++
  let low = rest | 0
  for (let i = end - 1; i >= start; i--) {
    bytes[i] = 48 + (low % 10)
    low = (low / 10) | 0
  }
  return end
}

/** Index lines of consecutive records with equal distances. */
function writeLines(idx: number, [firstKey, firstOffset]: readonly [number, number], stride: number, count: number) {
  const bytes = Buffer.alloc(32 * LINES)
  for (let from = 0; from < count; from += LINES) {
    let at = 0
    for (let i = from; i < Math.min(count, from + LINES); i++) {
      at = putNumber(bytes, at, firstKey + i)
      bytes[at++] = 9
      at = putNumber(bytes, at, firstOffset + i * stride)
      bytes[at++] = 10
    }
    writeSync(idx, bytes, 0, at)
  }
}

export interface LongSet {
  readonly images: number
  readonly classes: number
  /** Whether record 0 and identity records announce the pictures. */
  readonly announced: boolean
}

/** The class of picture `i`: classes have equally many, in order. */
export function longClass({ images, classes }: LongSet, i: number): number {
  return Math.floor((i * classes) / images)
}

/** The first picture of a class. */
function firstOf({ images, classes }: LongSet, c: number): number {
  return Math.ceil((c * images) / classes)
}

/** Writes `train.rec`, `train.idx` and `property` to a folder. */
export function makeLongSet(folder: string, set: LongSet): void {
  mkdirSync(folder, { recursive: true })
  const { images, classes, announced } = set
  const head = announced ? RANGE : 0
  const firstKey = announced ? 1 : 0
  const place = (i: number) => head + i * STRIDE
  const rec = openSync(join(folder, 'train.rec'), 'w')
  const idx = openSync(join(folder, 'train.idx'), 'w')
  ftruncateSync(rec, place(images))
  for (const i of spread(images, images - 1)) {
    const header = headerOf(longClass(set, i))
    writeSync(rec, frameOf(0, PAYLOAD), 0, 8, place(i))
    writeSync(rec, header, 0, header.length, place(i) + 8)
  }
  const range = (first: number, end: number) => Buffer.concat([frameOf(0, RANGE - 8), headerOf([first, end])])
  if (announced) {
    writeSync(rec, range(images + 1, images + 1 + classes), 0, RANGE, 0)
    writeSync(idx, '0\t0\n')
  }
  writeLines(idx, [firstKey, head], STRIDE, images)
  if (announced) writeLines(idx, [images + 1, place(images)], RANGE, classes)
  for (let from = 0; announced && from < classes; from += LINES) {
    const bytes = Buffer.alloc(RANGE * Math.min(LINES, classes - from))
    for (let c = 0; c < bytes.length / RANGE; c++) {
      const at = c * RANGE
      range(firstOf(set, from + c) + 1, firstOf(set, from + c + 1) + 1).copy(bytes, at)
    }
    writeSync(rec, bytes, 0, bytes.length, place(images) + from * RANGE)
  }
  closeSync(rec)
  closeSync(idx)
  const property = openSync(join(folder, 'property'), 'w')
  writeSync(property, `${classes},112,112`)
  closeSync(property)
}
