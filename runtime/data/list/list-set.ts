/** A data set that a list file names: paths of pictures with their labels. */
import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Collection, ListedImages } from '../collection.ts'
import { keptOrRead } from '../kept/kept-labels.ts'
import { timesOf } from '../kept/kept-lists.ts'
import type { ScanWatcher } from '../scan-progress.ts'
import { sourceErrors } from '../sources/messages.ts'
import { separators } from './list-line.ts'
import { openPaths } from './listed-images.ts'
import { type ListedPictures, type ListSpec, readList } from './read-list.ts'

export interface ListSetSpec extends ListSpec {
  /** The folder of paths that are not absolute; default: that of the list. */
  readonly root: string | undefined
}

/** Pictures that are looked for before training, spread over the list. */
const CHECKED = 400
/** Shorter lists are read again as quickly. */
const LEAST_LINES = 100_000

/** All pictures of the list, in its order. Errors are those of `readList`, and ARC6299 if pictures are missing. */
export function openListSet(spec: ListSetSpec, watcher?: ScanWatcher): Collection {
  const file = resolve(spec.file)
  const root = resolve(spec.root ?? dirname(file))
  const origin = timesOf([file])
  const { labels, classes, people, ...found } = knownList(spec, root, watcher)
  const recipe: ListedImages = { kind: 'listed', files: [file], origin, root, ...found }
  checkFiles(spec.file, recipe)
  return {
    name: spec.file,
    images: labels.length,
    classes,
    label: (i) => labels[i] ?? 0,
    recipe,
    ...(people === undefined ? {} : { people }),
    leftOut: [],
  }
}

/** The lines as an earlier start has kept them, or else as the list has them. */
function knownList(spec: ListSetSpec, root: string, watcher: ScanWatcher | undefined): ListedPictures {
  const { image, label, labels } = spec
  const file = resolve(spec.file)
  return keptOrRead<ListedPictures>({
    key: { kind: 'list', path: file, settings: { root, image, label, labels } },
    files: [file],
    least: LEAST_LINES,
    read: () => readList(spec, (path) => existsSync(resolve(root, path)), watcher),
    rest: ({ lines, separator, path, turn, wraps }) => ({ arrays: { lines }, facts: { separator, path, turn, wraps } }),
    restore({ leftOut: _, ...classes }, { arrays: { lines }, facts: { path, turn, wraps, ...facts } }) {
      const separator = separators.find((name) => name === facts.separator)
      const isWhole = typeof path === 'number' && typeof turn === 'boolean' && Array.isArray(wraps)
      if (!isWhole || separator === undefined || !(lines instanceof Uint32Array)) return undefined
      return { ...classes, lines, separator, path, turn, wraps: wraps.map(Number) }
    },
  })
}

/** Looks for some of the files. Throws ARC6299 with those that are not there. */
function checkFiles(file: string, recipe: ListedImages): void {
  const images = recipe.lines.length
  const checked = Math.min(CHECKED, images)
  const missing: string[] = []
  const { root } = recipe
  const { pathOf, close } = openPaths(recipe)
  try {
    for (let k = 0; k < checked; k++) {
      const path = pathOf(Math.floor((k * images) / checked))
      if (!isFile(path)) missing.push(path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path)
    }
  } finally {
    close()
  }
  if (missing.length > 0) {
    const examples = [...missing.slice(0, 3), ...(missing.length > 3 ? ['…'] : [])]
    const fix = missingFix(root, missing)
    throw sourceErrors('ARC6299', { file, root, missing: missing.length, checked, examples, fix })
  }
}

/** What would help, if the missing paths tell; empty if not. */
function missingFix(root: string, missing: readonly string[]): string {
  const [first = ''] = missing
  if (/^[a-z][a-z0-9+.-]+:\//i.test(first))
    return 'these are URLs: write paths of files, and download the pictures first'
  const others: readonly (readonly [string, string])[] = [
    [decoded(first), 'the paths are written with % codes, as in URLs: decode them'],
    [first.normalize('NFC'), 'the paths spell accents in another Unicode form than the files: write them in NFC'],
    [first.normalize('NFD'), 'the paths spell accents in another Unicode form than the files: write them in NFD'],
  ]
  return others.find(([path]) => path !== first && isFile(resolve(root, path)))?.[1] ?? ''
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
