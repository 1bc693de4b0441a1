/**
 * Keeps what was read from large indexes beside arcc's other caches, so that a set of tens of millions of records opens in well under
 * a second. An entry is the length of its header as u32, a sealed JSON header, the arrays, and a SHA-256 of them. It holds only what
 * can be read again: an entry that is damaged, does not fit the files, or cannot be read or written, is as good as none.
 */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sealOf, unseal } from '../../cache/sealed.ts'
import { cacheRoot } from '../../plugins/cache-folder.ts'
import type { RecordPart } from './find-parts.ts'
import type { PartIndex } from './part-index.ts'

/** Smaller indexes are read again as quickly. */
const LEAST_RECORDS = 100_000
const VERSION = 2
const BLOCK = 2 ** 22
/** Larger headers are not ours. */
const MOST_HEADER = 2 ** 16

/** What the entry was read from, to the size and the time. */
type Origin = readonly { readonly path: string; readonly size: number; readonly time: number }[]

interface EntryHeader {
  readonly version: number
  readonly origin: Origin
  readonly pictures: number
  readonly firstKey: number
  readonly restAt?: number
  /** Whether offsets are stored as u32 differences in units of 4 bytes, rather than as f64. */
  readonly differences: boolean
  /** Elements of the optional arrays; 0 if missing. */
  readonly keys: number
  readonly classStarts: number
  readonly labels: number
}

function originOf({ recordPath, indexPath }: RecordPart): Origin {
  return [recordPath, ...(indexPath === undefined ? [] : [indexPath])].map((path) => {
    const { size, mtimeMs } = statSync(path)
    return { path, size, time: mtimeMs }
  })
}

/** The name of an entry. */
function keyOf({ recordPath }: RecordPart): string {
  return createHash('sha256').update(recordPath).digest('hex').slice(0, 32)
}

function entryPath(part: RecordPart): string {
  return join(cacheRoot(), 'indexes', keyOf(part))
}

/** An open entry, and the hash of what was written to it or read from it behind the header. */
interface OpenEntry {
  readonly file: number
  readonly hash: Hash
}

/** Whether all differences between offsets fit in u32 units of 4 bytes. */
function areRegular(offsets: Float64Array): boolean {
  let last = 0
  for (let i = 0; i < offsets.length; i++) {
    const units = ((offsets[i] ?? 0) - last) / 4
    if (!(units >= 0 && units < 2 ** 32 && units === Math.floor(units))) return false
    last = offsets[i] ?? 0
  }
  return true
}

function bytesOf(array: Float64Array | Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function writeBytes(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 30))
}

/** Writes an array, or a part of one, and adds it to the hash. */
function writeArray({ file, hash }: OpenEntry, bytes: Uint8Array): void {
  writeBytes(file, bytes)
  addTo(hash, bytes)
}

/** A hash takes at most 2³¹ bytes at once. */
function addTo(hash: Hash, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 2 ** 30) hash.update(bytes.subarray(at, at + 2 ** 30))
}

function writeDifferences(entry: OpenEntry, offsets: Float64Array): void {
  const block = new Uint32Array(BLOCK / 4)
  let last = 0
  for (let at = 0; at < offsets.length; at += block.length) {
    const count = Math.min(block.length, offsets.length - at)
    for (let i = 0; i < count; i++) {
      const offset = offsets[at + i] ?? 0
      block[i] = (offset - last) / 4
      last = offset
    }
    writeArray(entry, bytesOf(block.subarray(0, count)))
  }
}

/** Stores the index of a part if it is large. */
export function storePartIndex(part: RecordPart, index: PartIndex): void {
  const { offsets, keys, classStarts, labels } = index
  if (offsets.length < LEAST_RECORDS) return
  const path = entryPath(part)
  const temporary = `${path}.${process.pid}`
  try {
    const header: EntryHeader = {
      version: VERSION,
      origin: originOf(part),
      pictures: offsets.length,
      firstKey: index.firstKey,
      ...(index.restAt === undefined ? {} : { restAt: index.restAt }),
      differences: areRegular(offsets),
      keys: keys?.length ?? 0,
      classStarts: classStarts?.length ?? 0,
      labels: labels?.length ?? 0,
    }
    mkdirSync(join(path, '..'), { recursive: true })
    const file = openSync(temporary, 'w')
    try {
      const text = Buffer.from(JSON.stringify(header))
      const sealed = Buffer.concat([sealOf(keyOf(part), text), text])
      writeBytes(file, bytesOf(Uint32Array.of(sealed.length)))
      writeBytes(file, sealed)
      const entry = { file, hash: createHash('sha256') }
      if (header.differences) writeDifferences(entry, offsets)
      else writeArray(entry, bytesOf(offsets))
      for (const array of [keys, classStarts, labels]) if (array !== undefined) writeArray(entry, bytesOf(array))
      writeBytes(file, entry.hash.digest())
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch {
    rmSync(temporary, { force: true })
  }
}

/** Fills an array from the file; `false` if the file ends before. */
function readBytes(file: number, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length; ) {
    const got = readSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 30), null)
    if (got === 0) return false
    done += got
  }
  return true
}

function readArray({ file, hash }: OpenEntry, bytes: Uint8Array): boolean {
  if (!readBytes(file, bytes)) return false
  addTo(hash, bytes)
  return true
}

/** Whether the hash that follows is that of everything read. */
function isVerified({ file, hash }: OpenEntry): boolean {
  const expected = new Uint8Array(32)
  return readBytes(file, expected) && hash.digest().equals(expected)
}

function readDifferences(entry: OpenEntry, offsets: Float64Array): boolean {
  const block = new Uint32Array(BLOCK / 4)
  let last = 0
  for (let at = 0; at < offsets.length; at += block.length) {
    const count = Math.min(block.length, offsets.length - at)
    if (!readArray(entry, bytesOf(block.subarray(0, count)))) return false
    for (let i = 0; i < count; i++) {
      last += 4 * (block[i] ?? 0)
      offsets[at + i] = last
    }
  }
  return true
}

function readHeader(file: number, key: string, origin: Origin): EntryHeader | undefined {
  const length = new Uint32Array(1)
  if (!readBytes(file, bytesOf(length)) || (length[0] ?? 0) > MOST_HEADER) return undefined
  const sealed = Buffer.alloc(length[0] ?? 0)
  if (!readBytes(file, sealed)) return undefined
  const { contents } = unseal(key, sealed)
  if (contents === undefined) return undefined
  const header = JSON.parse(contents.toString()) as EntryHeader
  const isCurrent = header.version === VERSION && JSON.stringify(header.origin) === JSON.stringify(origin)
  return isCurrent ? header : undefined
}

/** The stored index of a part; `undefined` if there is none, or if the files have changed since. */
export function loadPartIndex(part: RecordPart): PartIndex | undefined {
  try {
    const origin = originOf(part)
    const file = openSync(entryPath(part), 'r')
    try {
      const header = readHeader(file, keyOf(part), origin)
      if (header === undefined) return undefined
      const offsets = new Float64Array(new SharedArrayBuffer(8 * header.pictures))
      const keys = new Uint32Array(header.keys)
      const classStarts = new Float64Array(new SharedArrayBuffer(8 * header.classStarts))
      const labels = new Int32Array(new SharedArrayBuffer(4 * header.labels))
      const entry = { file, hash: createHash('sha256') }
      const isWhole =
        (header.differences ? readDifferences(entry, offsets) : readArray(entry, bytesOf(offsets))) &&
        [keys, classStarts, labels].every((array) => readArray(entry, bytesOf(array))) &&
        isVerified(entry)
      if (!isWhole) return undefined
      return {
        offsets,
        firstKey: header.firstKey,
        ...(header.restAt === undefined ? {} : { restAt: header.restAt }),
        ...(header.keys > 0 ? { keys } : {}),
        ...(header.classStarts > 0 ? { classStarts } : {}),
        ...(header.labels > 0 ? { labels } : {}),
      }
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}
