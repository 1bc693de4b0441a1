/** Indexes of RecordIO files in typed arrays: 8 bytes a record, 12 where the keys are not consecutive. */
import { basename } from 'node:path'
import { createCases, type Faults } from '../faults.ts'
import { type IndexLines, parseIndexLines } from './index-lines.ts'

/** The records of an index, sorted by key. */
export interface RecordIndex {
  readonly count: number
  /** Byte offset of each record. */
  readonly offsets: Float64Array<SharedArrayBuffer>
  /** The key of record `i` is `firstKey + i`, unless there are `keys`. */
  readonly firstKey: number
  readonly keys?: Uint32Array<SharedArrayBuffer>
  /** Whether the file ends within a line. */
  readonly isCut?: boolean
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

/** Sorts lines by key; keys that occur twice are faults. */
function sortLines(
  { count, offsets, firstKey, keys }: IndexLines,
  path: string,
  faults: Faults,
): Omit<RecordIndex, 'isCut'> {
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
    const sorted = new Uint32Array(new SharedArrayBuffer(4 * filled))
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
  const sortedKeys = new Uint32Array(new SharedArrayBuffer(4 * count))
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
  const lines = parseIndexLines(path, faults)
  return { ...sortLines(lines, path, faults), isCut: lines.isCut }
}
