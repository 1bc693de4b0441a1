/** Reads text files line by line without making a string of each line: lists of pairs have 16 million lines. */
import { closeSync, readSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { openRegular } from '../../data/open-regular.ts'

const CHUNK = 2 ** 20

const LINE_FEED = 10
const SPACE = 32
const ZERO = 48
const LARGEST = 2 ** 31 - 1

/** `bytes[start … end]` is the line, from 1, without its end; valid during the call. */
export type OnLine = (bytes: Buffer, start: number, end: number, line: number) => void

/** Lines of more than a megabyte are handed over in pieces with the same number. Throws ARC6206. */
export async function readLines(file: string, onLine: OnLine): Promise<void> {
  const { handle } = openRegular(file)
  try {
    const bytes = Buffer.alloc(2 * CHUNK)
    let kept = 0
    let line = 1
    for (;;) {
      const read = readSync(handle, bytes, kept, CHUNK, null)
      const end = kept + read
      let start = 0
      for (let at = kept; at < end; at++) {
        if (bytes[at] !== LINE_FEED) continue
        onLine(bytes, start, at, line++)
        start = at + 1
      }
      if (read === 0 || end - start >= CHUNK) {
        if (start < end) onLine(bytes, start, end, line)
        start = end
      }
      if (read === 0) return
      bytes.copyWithin(0, start, end)
      kept = end - start
      await nextTurn()
    }
  } finally {
    closeSync(handle)
  }
}

/** Whether a line has nothing but spaces. */
export function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > SPACE) return false
  return true
}

/** The number of the first byte at or after `at` that is no space; `end` if there is none. */
export function wordStart(bytes: Buffer, at: number, end: number): number {
  let next = at
  while (next < end && (bytes[next] ?? 0) <= SPACE) next++
  return next
}

/** The end of the word that begins at `at`. */
export function wordEnd(bytes: Buffer, at: number, end: number): number {
  let next = at
  while (next < end && (bytes[next] ?? 0) > SPACE) next++
  return next
}

/** The whole numbers 0 … 2^31 - 1 that a line consists of, to `out`; false if it is anything else. */
export function readNumbers(bytes: Buffer, start: number, end: number, out: Int32Array): boolean {
  let at = start
  for (let field = 0; field < out.length; field++) {
    at = wordStart(bytes, at, end)
    let value = 0
    const first = at
    for (; at < end; at++) {
      const digit = (bytes[at] ?? 0) - ZERO
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      if (value > LARGEST) return false
    }
    if (at === first || (at < end && (bytes[at] ?? 0) > SPACE)) return false
    out[field] = value
  }
  return wordStart(bytes, at, end) === end
}
