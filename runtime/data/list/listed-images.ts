/** Opens the pictures of a list; the path of each is read from the list when it is needed. */
import { closeSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import { bug } from '../../../grammar/diagnostic.ts'
import type { EncodedImages, ListedImages } from '../collection.ts'
import { readPicture } from '../folder/file-images.ts'
import { timesOf } from '../kept/kept-lists.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { openRegular } from '../open-regular.ts'
import { sourceErrors } from '../sources/messages.ts'
import { fieldText, lineEnd, lineFields, splitLine } from './list-line.ts'

const NEWLINE = 0x0a
/** Bytes read at once: several lines, since neighbors are often asked for in turn. */
const FIRST_READ = 2 ** 12
const LINES = 2 ** 32

/** Byte offset of the line of picture `i`. */
export function lineOffset({ lines, wraps }: Pick<ListedImages, 'lines' | 'wraps'>, i: number): number {
  let high = 0
  while (high < wraps.length && i >= (wraps[high] ?? 0)) high++
  return high * LINES + (lines[i] ?? 0)
}

export interface PathReader {
  /** The path of picture `i`, absolute. Throws ARC6206 if the list cannot be read, ARC6419 if it has changed. */
  pathOf(i: number): string
  close(): void
}

/** The list is opened when the first path is asked for. */
export function openPaths(recipe: ListedImages): PathReader {
  const { root, separator, path, turn, origin } = recipe
  const [list] = recipe.files
  const fields = lineFields()
  let handle: number | undefined
  let window = Buffer.alloc(FIRST_READ)
  let [windowAt, windowSize] = [0, 0]
  let isClosed = false
  const changed = () => sourceErrors('ARC6419', { file: list })
  const open = (): number => {
    if (isClosed) bug('a list was read after it was closed')
    if (origin !== undefined && timesOf([list]) !== origin) throw changed()
    return openRegular(list).handle
  }
  const fill = (at: number): void => {
    try {
      handle ??= open()
      windowAt = at
      windowSize = 0
      for (let got = -1; got !== 0 && windowSize < window.length; windowSize += got) {
        got = readSync(handle, window, windowSize, window.length - windowSize, at + windowSize)
      }
    } catch (error) {
      throw error instanceof Error && 'errno' in error
        ? dataErrors('ARC6206', { file: list, reason: reasonOf(error) }, error)
        : error
    }
  }
  /** The bytes of the line at an offset, as places in the window. */
  const lineAt = (at: number): { readonly start: number; readonly end: number } => {
    for (;;) {
      const start = at - windowAt
      if (start >= 0 && start < windowSize) {
        const found = window.indexOf(NEWLINE, start)
        if (found >= 0 && found < windowSize) return { start, end: lineEnd(window, start, found) }
        // The last line has no end.
        if (windowAt === at && windowSize < window.length) return { start, end: lineEnd(window, start, windowSize) }
        if (windowAt === at) window = Buffer.alloc(2 * window.length)
      }
      fill(at)
      if (windowSize === 0) throw changed()
    }
  }
  const pathOf = (i: number): string => {
    const { start, end } = lineAt(lineOffset(recipe, i))
    if (splitLine(window, start, end, separator, fields) !== undefined) throw changed()
    const field = path < 0 ? fields.count - 1 : path
    if (field >= fields.count) throw changed()
    const text = fieldText(fields, field)
    return resolve(root, turn ? text.replaceAll('\\', '/') : text)
  }
  return {
    pathOf,
    close() {
      isClosed = true
      if (handle !== undefined) closeSync(handle)
      handle = undefined
    },
  }
}

/** `read` throws what `pathOf` throws, and ARC6206 for a picture that cannot be read. */
export function openListedImages(recipe: ListedImages): EncodedImages {
  const { pathOf, close } = openPaths(recipe)
  return {
    read: (i) => readPicture(pathOf(i)),
    nameOf(i) {
      try {
        return pathOf(i)
      } catch {
        // The error that is to be described may be that of the list.
        return `${recipe.files[0]} at byte ${lineOffset(recipe, i)}`
      }
    },
    pathOf,
    close,
  }
}
