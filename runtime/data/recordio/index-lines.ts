/**
 * Parses the lines `key<TAB>offset` of an index of RecordIO. Bytes are read in blocks and parsed without a string for each line, because
 * an index can have tens of millions of them.
 */
import { closeSync, readSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { ArccError } from '../../errors.ts'
import type { Faults } from '../faults.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { openRegular } from '../open-regular.ts'

const BLOCK = 2 ** 22
const NEWLINE = 10
const TAB = 9
/** Bytes that hold any line, and those of the shortest one. */
const LINE_BYTES = 64
const SHORTEST_LINE = 4
/** Keys with more digits could exceed u32. */
const FAST_DIGITS = 9
/** Numbers with more digits are not exact. */
const MOST_DIGITS = 15
const MOST_KEY = 2 ** 32 - 1
/** How many wrong lines a message shows, and how much of each. */
const SHOWN_LINES = 3
const SHOWN_BYTES = 40

/** The file in blocks; the last one is empty. Each is valid until the next one. */
function* blocksOf(path: string): Generator<Uint8Array> {
  const { handle: file, size } = openRegular(path)
  try {
    const block = Buffer.alloc(Math.min(BLOCK, size + 1))
    for (;;) {
      const got = readSync(file, block, 0, block.length, null)
      yield block.subarray(0, got)
      if (got === 0) return
    }
  } catch (error) {
    throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
  } finally {
    closeSync(file)
  }
}

/** The bytes of a file from `from` to `to`, as text. */
function textBetween(path: string, from: number, to: number): string {
  const { handle: file } = openRegular(path)
  try {
    const bytes = Buffer.alloc(Math.max(0, to - from))
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from)).toString('latin1')
  } finally {
    closeSync(file)
  }
}

/** The number of lines, if the keys are consecutive: by those of the first and the last line. Otherwise a guess, at least 1. */
function guessLines(path: string): number {
  try {
    const { size } = statSync(path)
    const first = /^\d{1,15}/.exec(textBetween(path, 0, LINE_BYTES))
    const last = /\n(\d{1,15})\t\d+\s*$/.exec(textBetween(path, Math.max(0, size - LINE_BYTES), size))
    const guess = last === null || first === null ? 1 : Number(last[1]) - Number(first[0]) + 1
    return Math.max(1, Math.min(guess, Math.ceil(size / SHORTEST_LINE)))
  } catch (error) {
    if (error instanceof ArccError) throw error
    throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
  }
}

function enlarge(offsets: Float64Array<SharedArrayBuffer>): Float64Array<SharedArrayBuffer> {
  const larger = new Float64Array(new SharedArrayBuffer(16 * offsets.length + 8))
  larger.set(offsets)
  return larger
}

/** Lines in the order of the file. */
export interface IndexLines {
  readonly count: number
  readonly offsets: Float64Array<SharedArrayBuffer>
  readonly firstKey: number
  readonly keys: Uint32Array<SharedArrayBuffer> | undefined
  /** Whether the file ends within a line. */
  readonly isCut: boolean
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
/** The lines of an index file. Those that are wrong are faults; throws ARC6206 if the file cannot be read. */
export function parseIndexLines(path: string, faults: Faults): IndexLines {
  let offsets = new Float64Array(new SharedArrayBuffer(8 * guessLines(path)))
  const wrong: WrongLine[] = []
  let wrongCount = 0
  let keys: Uint32Array<SharedArrayBuffer> | undefined
  let firstKey = 0
  let count = 0
  let line = 1
  let lineAt = 0
  let blockAt = 0
  let part = KEY
  let digits = 0
  let key = 0
  let value = 0
  let isCut = false
  for (const block of blocksOf(path)) {
    const { length } = block
    // The end of the file ends its last line.
    const end = length === 0 ? 1 : length
    if (length === 0) isCut = part !== KEY || digits > 0
    for (let i = 0; i < end; i++) {
      // Most lines lie in one block and have the next key. The first byte of any other line goes on below.
      while (part === KEY && digits === 0 && keys === undefined && count < offsets.length) {
        let at = i
        let number = 0
        let digit = (block[at] ?? 0) - 48
        for (; digit >= 0 && digit <= 9; digit = (block[++at] ?? 0) - 48) number = number * 10 + digit
        if (at === i || at - i > FAST_DIGITS || digit !== TAB - 48) break
        if (count === 0) firstKey = number
        else if (number !== firstKey + count) break
        const start = ++at
        let offset = 0
        digit = (block[at] ?? 0) - 48
        for (; digit >= 0 && digit <= 9; digit = (block[++at] ?? 0) - 48) offset = offset * 10 + digit
        if (at === start || at - start > MOST_DIGITS || digit !== NEWLINE - 48) break
        offsets[count++] = offset
        line++
        i = at + 1
        lineAt = blockAt + i
      }
      if (i >= end) break
      const byte = length === 0 ? NEWLINE : (block[i] ?? 0)
      if (byte >= 48 && byte <= 57 && part <= OFFSET && digits < MOST_DIGITS) {
        value = value * 10 + (byte - 48)
        digits++
      } else if (byte === NEWLINE) {
        if (part === END || (part === OFFSET && digits > 0)) {
          if (count === 0) firstKey = key
          else if (keys === undefined && key !== firstKey + count) {
            keys = new Uint32Array(new SharedArrayBuffer(4 * offsets.length))
            for (let k = 0; k < count; k++) keys[k] = firstKey + k
          }
          if (count === offsets.length) {
            offsets = enlarge(offsets)
            if (keys !== undefined) {
              const larger = new Uint32Array(new SharedArrayBuffer(4 * offsets.length))
              larger.set(keys)
              keys = larger
            }
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
      } else if (part === KEY && byte === TAB && digits > 0 && value <= MOST_KEY) {
        key = value
        value = 0
        digits = 0
        part = OFFSET
      } else if (byte === 32 || byte === TAB || byte === 13) {
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
  return { count, offsets, firstKey, keys, isCut }
}

/** The beginning of the line at a byte offset. */
function lineText(path: string, at: number): string {
  return textBetween(path, at, at + SHOWN_BYTES).split('\n')[0] ?? ''
}
