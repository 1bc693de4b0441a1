/**
 * Arrays of numbers in a file, each followed by its CRC-32. Ascending f64 numbers, such as offsets, are stored as u32 differences
 * where that loses nothing, which halves the file.
 */
import { readSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

export type Numbers =
  | Uint8Array<SharedArrayBuffer>
  | Uint16Array<SharedArrayBuffer>
  | Uint32Array<SharedArrayBuffer>
  | Int32Array<SharedArrayBuffer>
  | Float64Array<SharedArrayBuffer>

const makers = {
  u8: (length: number) => new Uint8Array(new SharedArrayBuffer(length)),
  u16: (length: number) => new Uint16Array(new SharedArrayBuffer(2 * length)),
  u32: (length: number) => new Uint32Array(new SharedArrayBuffer(4 * length)),
  i32: (length: number) => new Int32Array(new SharedArrayBuffer(4 * length)),
  f64: (length: number) => new Float64Array(new SharedArrayBuffer(8 * length)),
} as const

export type NumberType = keyof typeof makers

/** How an array is stored. */
export interface ArrayLayout {
  readonly type: NumberType
  readonly length: number
  /** The unit of the u32 differences; 0 if the numbers are stored as they are. */
  readonly unit: number
}

/** Bytes that are written, read and summed at once. */
const BLOCK = 2 ** 22

function typeOf(array: Numbers): NumberType {
  if (array instanceof Uint8Array) return 'u8'
  if (array instanceof Uint16Array) return 'u16'
  if (array instanceof Uint32Array) return 'u32'
  return array instanceof Int32Array ? 'i32' : 'f64'
}

/** The unit in which all differences are whole numbers of 32 bits: 4 as in RecordIO, or 1; 0 if there is none. */
function unitOf(array: Numbers): number {
  if (!(array instanceof Float64Array)) return 0
  for (const unit of [4, 1]) {
    let last = 0
    let i = 0
    for (; i < array.length; i++) {
      const steps = ((array[i] ?? 0) - last) / unit
      if (!(steps >= 0 && steps < 2 ** 32 && steps === Math.floor(steps))) break
      last = array[i] ?? 0
    }
    if (i === array.length) return unit
  }
  return 0
}

export function layoutOf(array: Numbers): ArrayLayout {
  return { type: typeOf(array), length: array.length, unit: unitOf(array) }
}

/** Whether a value from a file is a layout of at most `most` numbers. */
export function isLayout(value: unknown, most: number): value is ArrayLayout {
  if (typeof value !== 'object' || value === null) return false
  if (!('type' in value && 'length' in value && 'unit' in value)) return false
  const { type, length, unit } = value
  const known = typeof type === 'string' && Object.hasOwn(makers, type)
  const counted = typeof length === 'number' && Number.isInteger(length) && length >= 0 && length <= most
  return known && counted && typeof unit === 'number' && [0, 1, 4].includes(unit)
}

/** The bytes that an array with this layout takes in the file, its checksum included. */
export function storedBytes({ type, length, unit }: ArrayLayout): number {
  const each = unit > 0 ? 4 : makers[type](0).BYTES_PER_ELEMENT
  return each * length + 4
}

export function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, Math.min(bytes.length - done, BLOCK))
}

/** Fills `bytes` from the place where the file is; `false` if it ends before. */
export function readAll(file: number, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length; ) {
    const got = readSync(file, bytes, done, Math.min(bytes.length - done, BLOCK), null)
    if (got === 0) return false
    done += got
  }
  return true
}

const bytesOf = (array: Uint32Array | Numbers) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** The pieces of an array as they are stored. Each is valid until the next one. */
function* pieces(array: Numbers, unit: number): Generator<Uint8Array> {
  if (unit === 0) {
    const bytes = bytesOf(array)
    for (let at = 0; at < bytes.length; at += BLOCK) yield bytes.subarray(at, at + BLOCK)
    return
  }
  const block = new Uint32Array(BLOCK / 4)
  let last = 0
  for (let at = 0; at < array.length; at += block.length) {
    const count = Math.min(block.length, array.length - at)
    for (let i = 0; i < count; i++) {
      const value = array[at + i] ?? 0
      block[i] = (value - last) / unit
      last = value
    }
    yield bytesOf(block.subarray(0, count))
  }
}

export function writeArray(file: number, array: Numbers, { unit }: ArrayLayout): void {
  let sum = 0
  for (const piece of pieces(array, unit)) {
    sum = crc32(piece, sum)
    writeAll(file, piece)
  }
  writeAll(file, bytesOf(Uint32Array.of(sum)))
}

/** The array that follows in the file; `undefined` if it is damaged. */
export function readArray(file: number, { type, length, unit }: ArrayLayout): Numbers | undefined {
  const array = makers[type](length)
  let sum = 0
  if (unit === 0) {
    const bytes = bytesOf(array)
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const piece = bytes.subarray(at, at + BLOCK)
      if (!readAll(file, piece)) return undefined
      sum = crc32(piece, sum)
    }
  } else {
    const block = new Uint32Array(BLOCK / 4)
    let last = 0
    for (let at = 0; at < length; at += block.length) {
      const count = Math.min(block.length, length - at)
      const piece = bytesOf(block.subarray(0, count))
      if (!readAll(file, piece)) return undefined
      sum = crc32(piece, sum)
      for (let i = 0; i < count; i++) {
        last += unit * (block[i] ?? 0)
        array[at + i] = last
      }
    }
  }
  const stored = new Uint32Array(1)
  return readAll(file, bytesOf(stored)) && stored[0] === sum ? array : undefined
}
