/**
 * What was found by reading a large data set (where its pictures lie, their labels), kept in `indexes` in arcc's cache for the next
 * start. All formats share this one room.
 *
 * An entry is the magic number, the length and the CRC-32 of a JSON header, the header, and arrays, each with its own CRC-32. The
 * header has the key (version, kind, path, settings) and a SHA-256 of what the content depends on: paths, sizes and times of the files
 * that were read. An entry that differs in any of these, has another length, or is damaged is removed and counts as missing; it is
 * never used. Entries hold only what can be read again, so that one that cannot be written is no error.
 *
 * The sealed entries of `runtime/cache/sealed.ts` are read, hashed and held as a whole. Arrays of tens of millions of numbers are
 * streamed here instead, from and into the shared memory in which they are used, block by block.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { cacheRoot } from '../../plugins/cache-root.ts'
import { asideOf } from '../../replace-file.ts'
import {
  type ArrayLayout,
  isLayout,
  layoutOf,
  type Numbers,
  readAll,
  readArray,
  storedBytes,
  writeAll,
  writeArray,
} from './array-file.ts'

/**
 * Raised when the form of an entry changes, and when a format lists other pictures, other labels or another order of the same files:
 * other endings of pictures, other rules for labels, columns, omitted files or the sorting of names.
 */
const VERSION = 4
const MAGIC = 0x4b435241
/** Magic number, bytes of the header, CRC-32 of the header. */
const PREFIX = 12
/** Larger headers are not ours. */
const MOST_HEADER = 2 ** 20
/** Beyond this number of bytes, the entries that were not used for longest are removed. */
const MOST_BYTES = 8 * 2 ** 30

/** Names an entry: what kind of list it is, of which data set, read with which settings. */
export interface ListKey {
  readonly kind: string
  /** The path of the data set. */
  readonly path: string
  readonly settings?: { readonly [name: string]: string | number | undefined }
}

/** Values of JSON. */
export type Fact = string | number | boolean | null | readonly Fact[] | { readonly [name: string]: Fact }

/** What is kept. */
export interface KeptList {
  readonly facts: { readonly [name: string]: Fact }
  readonly arrays: { readonly [name: string]: Numbers }
}

/** A file that changed a moment ago may change again within the resolution of its times; in milliseconds. */
const RECENT = 2000

/** Whether a file or folder changed so shortly before `now`, in milliseconds, that its times do not tell a later change. */
export function isRecent({ mtimeMs, ctimeMs }: Pick<Stats, 'mtimeMs' | 'ctimeMs'>, now: number): boolean {
  return Math.max(mtimeMs, ctimeMs) > now - RECENT
}

/** A SHA-256 of the paths, sizes and times of files; `undefined` if one is missing, or if `isUsable` refuses one. */
export function timesOf(
  paths: readonly string[],
  isUsable: (stats: Stats) => boolean = () => true,
): string | undefined {
  const hash = createHash('sha256')
  try {
    for (const path of paths) {
      // A changed file has another time of change, even if its size and its time of modification were set to the old ones.
      const found = statSync(path)
      if (!isUsable(found)) return undefined
      hash.update(JSON.stringify([path, found.size, found.mtimeMs, found.ctimeMs]))
    }
  } catch {
    return undefined
  }
  return hash.digest('hex')
}

/** What a list that is read now will depend on: `timesOf` its files, unless one of them is too young to tell later changes. */
export function originOf(paths: readonly string[]): string | undefined {
  const now = Date.now()
  return timesOf(paths, (stats) => !isRecent(stats, now))
}

interface Header {
  readonly key: string
  readonly origin: string
  readonly facts: KeptList['facts']
  readonly arrays: readonly (readonly [string, ArrayLayout])[]
}

const textOf = ({ kind, path, settings }: ListKey) => JSON.stringify([VERSION, kind, path, settings ?? {}])

function folder(): string {
  return join(cacheRoot(), 'indexes')
}

function entryPath(key: ListKey): string {
  return join(folder(), createHash('sha256').update(textOf(key)).digest('hex').slice(0, 32))
}

/** Keeps a list that was read while `origin`, taken before, described the files. */
export function keepList(key: ListKey, origin: string | undefined, { facts, arrays }: KeptList): void {
  if (origin === undefined) return
  const path = entryPath(key)
  const partial = asideOf(path)
  try {
    mkdirSync(folder(), { recursive: true })
    const layouts = Object.entries(arrays).map(([name, array]) => [name, layoutOf(array), array] as const)
    const listed = layouts.map(([name, layout]) => [name, layout] as const)
    const header: Header = { key: textOf(key), origin, facts, arrays: listed }
    const text = Buffer.from(JSON.stringify(header))
    if (text.length > MOST_HEADER) return
    const file = openSync(partial, 'w')
    try {
      writeSync(file, new Uint8Array(Uint32Array.of(MAGIC, text.length, crc32(text)).buffer))
      writeAll(file, text)
      for (const [, layout, array] of layouts) writeArray(file, array, layout)
    } finally {
      closeSync(file)
    }
    renameSync(partial, path)
    prune()
  } catch {
    removeIfThere(partial)
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // What could not be written cannot be removed either.
  }
}

/** Removes the entries that were not used for longest, the last one excepted, until the others fit. */
function prune(): void {
  const entries = readdirSync(folder()).flatMap((name) => {
    const path = join(folder(), name)
    const found = statSync(path, { throwIfNoEntry: false })
    return found === undefined ? [] : [{ path, bytes: found.size, used: found.mtimeMs }]
  })
  let total = 0
  for (const [i, { path, bytes }] of entries.sort((a, b) => b.used - a.used).entries()) {
    total += bytes
    if (i > 0 && total > MOST_BYTES) rmSync(path, { force: true })
  }
}

function isHeader(value: unknown, size: number): value is Header {
  if (typeof value !== 'object' || value === null) return false
  if (!('facts' in value && 'arrays' in value && typeof value.facts === 'object' && value.facts !== null)) return false
  const { arrays } = value
  return Array.isArray(arrays) && arrays.every((pair) => Array.isArray(pair) && isLayout(pair[1], size))
}

/** A SHA-256 of what the content depends on; for lists that say themselves what that is, a function of them. */
type OriginNow = string | ((list: KeptList) => string | undefined) | undefined

function readEntry(file: number, key: ListKey, origin: OriginNow): KeptList | undefined {
  const { size } = fstatSync(file)
  const prefix = new Uint32Array(PREFIX / 4)
  if (!readAll(file, new Uint8Array(prefix.buffer))) return undefined
  const [magic = 0, length = 0, sum = 0] = prefix
  if (magic !== MAGIC || length > MOST_HEADER || length > size) return undefined
  const text = Buffer.alloc(length)
  if (!readAll(file, text) || crc32(text) !== sum) return undefined
  const header: unknown = JSON.parse(text.toString())
  if (!isHeader(header, size) || header.key !== textOf(key)) return undefined
  if (typeof origin === 'string' && header.origin !== origin) return undefined
  const expected = header.arrays.reduce((bytes, [, layout]) => bytes + storedBytes(layout), PREFIX + length)
  if (expected !== size) return undefined
  const arrays: Record<string, Numbers> = {}
  for (const [name, layout] of header.arrays) {
    const array = readArray(file, layout)
    if (array === undefined) return undefined
    arrays[name] = array
  }
  const list = { facts: header.facts, arrays }
  return typeof origin !== 'function' || origin(list) === header.origin ? list : undefined
}

/** The kept list of files that are as `origin` describes them; `undefined` if there is none. */
export function keptList(key: ListKey, origin: OriginNow): KeptList | undefined {
  if (origin === undefined) return undefined
  const path = entryPath(key)
  try {
    const file = openSync(path, 'r')
    try {
      const found = readEntry(file, key, origin)
      if (found === undefined) rmSync(path, { force: true })
      else {
        const now = new Date()
        utimesSync(path, now, now)
      }
      return found
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}
