/**
 * Keeps the listing of a large folder. A folder's time changes when something in it is added, removed or renamed, so that a listing
 * is as good as new if no folder in it has another time. Folders with links are read anew: what a link leads to may change without
 * any folder that was read.
 */
import { createHash } from 'node:crypto'
import { type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { LeftOut, TextTable } from '../collection.ts'
import { keptLeftOut, leftOutToKeep } from '../kept/kept-labels.ts'
import { isRecent, keepList, keptList, type ListKey } from '../kept/kept-lists.ts'
import { keptTable, tableOf, textsOf } from '../kept/text-arrays.ts'
import { buildTextTable, textAt, textCount } from '../text-table.ts'
import { below } from './walk-folder.ts'

/** The pictures of a folder; those of person `p` are `firsts[p]` … `firsts[p + 1] - 1`. */
export interface FolderListing {
  /** Paths from the root. */
  readonly paths: TextTable
  readonly people: readonly string[]
  readonly firsts: Uint32Array<SharedArrayBuffer>
  readonly leftOut: readonly LeftOut[]
}

/** Smaller folders are listed again as quickly. */
const LEAST_PICTURES = 20_000

const keyOf = (root: string): ListKey => ({ kind: 'folder', path: root })

/** Collects the folders of a listing and their times, each from before it was read. */
export interface FolderTimes {
  folder(path: string): void
  /** The listing must not be kept. */
  never(): void
  /** Keeps the listing, unless a folder could have changed while it was read. */
  keep(listing: FolderListing): void
}

const stampOf = ({ dev, ino, mtimeMs, ctimeMs }: Stats) => JSON.stringify([dev, ino, mtimeMs, ctimeMs])

export function folderTimes(root: string): FolderTimes {
  const folders = buildTextTable()
  const stamps = createHash('sha256')
  const began = Date.now()
  let isSure = true
  return {
    folder(path) {
      const found = statSync(path, { throwIfNoEntry: false })
      if (found === undefined || isRecent(found, began)) isSure = false
      else {
        folders.add(below(root, path))
        stamps.update(stampOf(found))
      }
    },
    never() {
      isSure = false
    },
    keep({ paths, people, firsts, leftOut }) {
      if (!isSure || textCount(paths) < LEAST_PICTURES) return
      const [names, read] = [tableOf(people), folders.build()]
      keepList(keyOf(root), stamps.digest('hex'), {
        facts: { leftOut: leftOutToKeep(leftOut) },
        arrays: {
          ...{ bytes: paths.bytes, starts: paths.starts, firsts },
          ...{ names: names.bytes, nameStarts: names.starts, folders: read.bytes, folderStarts: read.starts },
        },
      })
    },
  }
}

/** The kept listing of a folder, if all of its folders are as they were. */
export function keptListing(root: string): FolderListing | undefined {
  const kept = keptList(keyOf(root), ({ arrays }) => {
    const folders = keptTable(arrays.folders, arrays.folderStarts)
    if (folders === undefined) return undefined
    const stamps = createHash('sha256')
    for (let i = 0; i < textCount(folders); i++) {
      const found = statSync(resolve(root, textAt(folders, i)), { throwIfNoEntry: false })
      if (found === undefined) return undefined
      stamps.update(stampOf(found))
    }
    return stamps.digest('hex')
  })
  if (kept === undefined) return undefined
  const { bytes, starts, firsts, names, nameStarts } = kept.arrays
  const [paths, people] = [keptTable(bytes, starts), keptTable(names, nameStarts)]
  const leftOut = keptLeftOut(kept.facts.leftOut)
  if (paths === undefined || people === undefined || leftOut === undefined) return undefined
  return firsts instanceof Uint32Array ? { paths, people: textsOf(people), firsts, leftOut } : undefined
}
