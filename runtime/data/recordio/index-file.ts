/**
 * Reads an index of RecordIO, lines of `key<TAB>offset`, into typed arrays: 8 bytes a record, 12 where the keys are not consecutive.
 * Bytes are read in blocks and parsed without a string for each line, because an index can have tens of millions of them.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { createCases, type Faults } from '../faults.ts'
import { dataErrors, reasonOf } from '../messages.ts'

const BLOCK = 2 ** 22
const NEWLINE = 10
/** Numbers with more digits are not exact. */
const MOST_DIGITS = 15
const MOST_KEY = 2 ** 32 - 1
/** How many wrong lines a message shows, and how much of each. */
const SHOWN_LINES = 3
const SHOWN_BYTES = 40

/** The records of an index, sorted by key. */
export interface RecordIndex {
  readonly count: number
  /** Byte offset of each record. */
  readonly offsets: Float64Array<SharedArrayBuffer>
  /** The key of record `i` is `firstKey + i`, unless there are `keys`. */
  readonly firstKey: number
  readonly keys?: Uint32Array
}

/** The key of record `i`. */
export function keyAt({ keys, firstKey }: RecordIndex, i: number): number {
  return keys === undefined ? firstKey + i : (keys[i] ?? 0)
}

/** The number of the first record whose key is at least `key`. */
export function positionOf(index: RecordIndex, key: number): number {
  if (index.keys === undefined) return Math.min(Math.max(0, key - index.firstKey), index.count)
  let low = 0
  let high = index.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keyAt(index, middle) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The file in blocks; the last one is empty. Each is valid until the next one. */
function* blocksOf(path: string): Generator<Uint8Array> {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
  }
  try {
    const block = Buffer.alloc(BLOCK)
    for (;;) {
      const got = readSync(file, block, 0, BLOCK, null)
      yield block.subarray(0, got)
      if (got === 0) return
    }
  } catch (error) {
    throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
  } finally {
    closeSync(file)
  }
}

function countLines(path: string): number {
  let lines = 1
  for (const block of blocksOf(path)) for (let i = 0; i < block.length; i++) if (block[i] === NEWLINE) lines++
  return lines
}

/** Lines in the order of the file. */
interface Lines {
  readonly count: number
  readonly offsets: Float64Array<SharedArrayBuffer>
  readonly firstKey: number
  readonly keys: Uint32Array | undefined
}

/** The parts of a line: the key, the offset, white space behind it, or the rest of a line that is wrong. */
const [KEY, OFFSET, END, WRONG] = [0, 1, 2, 3]

/** A line that is not `key<TAB>offset`. */
interface WrongLine {
  readonly line: number
  /** Byte offset in the file. */
  readonly at: number
}

// One loop over local variables: variables that a closure captures would make it several times slower.
function parseLines(path: string, faults: Faults): Lines {
  const capacity = countLines(path)
  const offsets = new Float64Array(new SharedArrayBuffer(8 * capacity))
  const wrong: WrongLine[] = []
  let wrongCount = 0
  let keys: Uint32Array | undefined
  let firstKey = 0
  let count = 0
  let line = 1
  let lineAt = 0
  let blockAt = 0
  let part = KEY
  let digits = 0
  let key = 0
  let value = 0
  for (const block of blocksOf(path)) {
    const { length } = block
    // The end of the file ends its last line.
    const end = length === 0 ? 1 : length
    for (let i = 0; i < end; i++) {
      const byte = length === 0 ? NEWLINE : (block[i] ?? 0)
      if (byte >= 48 && byte <= 57 && part <= OFFSET && digits < MOST_DIGITS) {
        value = value * 10 + (byte - 48)
        digits++
      } else if (byte === NEWLINE) {
        if (part === END || (part === OFFSET && digits > 0)) {
          if (count === 0) firstKey = key
          else if (keys === undefined && key !== firstKey + count) {
            keys = new Uint32Array(capacity)
            for (let k = 0; k < count; k++) keys[k] = firstKey + k
          }
          if (keys !== undefined) keys[count] = key
          offsets[count++] = value
        } else if (part !== KEY || digits > 0) {
          if (wrongCount++ < SHOWN_LINES) wrong.push({ line, at: lineAt })
        }
        part = KEY
        digits = 0
        value = 0
        line++
        lineAt = blockAt + i + 1
      } else if (part === KEY && byte === 9 && digits > 0 && value <= MOST_KEY) {
        key = value
        value = 0
        digits = 0
        part = OFFSET
      } else if (byte === 32 || byte === 9 || byte === 13) {
        if (part === OFFSET && digits > 0) part = END
        else if (part === OFFSET || (part === KEY && digits > 0)) part = WRONG
      } else part = WRONG
    }
    blockAt += length
  }
  if (wrongCount > 0) {
    const many = wrongCount === 1 ? '1 line that is' : `${wrongCount} lines that are`
    const shown = wrong.map(({ line, at }) => `line ${line} is ${JSON.stringify(lineText(path, at))}`)
    faults.add(
      `${basename(path)} has ${many} not "key<TAB>offset": ${shown.join(', ')}${wrongCount > SHOWN_LINES ? ', …' : ''}`,
    )
  }
  return { count, offsets, firstKey, keys }
}

/** The beginning of the line at a byte offset. */
function lineText(path: string, at: number): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(SHOWN_BYTES)
    const text = bytes.subarray(0, readSync(file, bytes, 0, SHOWN_BYTES, at)).toString('latin1')
    return text.split('\n')[0] ?? ''
  } finally {
    closeSync(file)
  }
}

/** Sorts lines by key; keys that occur twice are faults. */
function sortLines({ count, offsets, firstKey, keys }: Lines, path: string, faults: Faults): RecordIndex {
  if (keys === undefined) return { count, offsets: offsets.subarray(0, count), firstKey }
  const twice = createCases()
  let ascending = true
  let [least, most] = [keys[0] ?? 0, keys[0] ?? 0]
  for (let i = 0; i < count; i++) {
    const key = keys[i] ?? 0
    if (i > 0 && key <= (keys[i - 1] ?? 0)) ascending = false
    if (key < least) least = key
    if (key > most) most = key
  }
  if (ascending) return { count, offsets: offsets.subarray(0, count), firstKey, keys: keys.subarray(0, count) }
  const span = most - least + 1
  // Keys without many gaps, as all packers write them, are put in their places; any others are sorted.
  if (span <= 4 * count) {
    const places = new Float64Array(new SharedArrayBuffer(8 * span)).fill(Number.NaN)
    let filled = 0
    for (let i = 0; i < count; i++) {
      const place = (keys[i] ?? 0) - least
      if (Number.isNaN(places[place])) filled++
      else twice.add(() => `${least + place}`)
      places[place] = offsets[i] ?? 0
    }
    if (twice.count > 0) faults.add(`${basename(path)} has the same key twice: ${twice.examples()}`)
    if (filled === span) return { count: filled, offsets: places, firstKey: least }
    const sorted = new Uint32Array(filled)
    let next = 0
    for (let place = 0; place < span; place++) {
      if (Number.isNaN(places[place])) continue
      places[next] = places[place] ?? 0
      sorted[next++] = least + place
    }
    return { count: filled, offsets: places.subarray(0, filled), firstKey: least, keys: sorted }
  }
  const order = new Uint32Array(count).map((_, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b)
  const sortedOffsets = new Float64Array(new SharedArrayBuffer(8 * count))
  const sortedKeys = new Uint32Array(count)
  for (const [i, from] of order.entries()) {
    sortedOffsets[i] = offsets[from] ?? 0
    sortedKeys[i] = keys[from] ?? 0
    if (i > 0 && sortedKeys[i] === sortedKeys[i - 1]) twice.add(() => `${sortedKeys[i]}`)
  }
  if (twice.count > 0) faults.add(`${basename(path)} has the same key twice: ${twice.examples()}`)
  return { count, offsets: sortedOffsets, firstKey: sortedKeys[0] ?? 0, keys: sortedKeys }
}

/** The records of an index file. Lines and keys that are wrong are faults; throws ARC6206 if the file cannot be read. */
export function readIndexFile(path: string, faults: Faults): RecordIndex {
  return sortLines(parseLines(path, faults), path, faults)
}
