/** A data set that a list file names: paths of pictures with their labels. */
import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Collection, TextTable } from '../collection.ts'
import { sourceErrors } from '../sources/messages.ts'
import { textAt } from '../text-table.ts'
import { type ListSpec, readList } from './read-list.ts'

export interface ListSetSpec extends ListSpec {
  /** The folder of paths that are not absolute; default: that of the list. */
  readonly root: string | undefined
}

/** Pictures that are looked for before training, spread over the list. */
const CHECKED = 400

/** All pictures of the list, in its order. Errors are those of `readList`, and ARC6299 if pictures are missing. */
export function openListSet(spec: ListSetSpec): Collection {
  const file = resolve(spec.file)
  const root = resolve(spec.root ?? dirname(file))
  const { paths, labels, classes, people } = readList(spec, (path) => existsSync(resolve(root, path)))
  checkFiles(spec.file, root, paths, labels.length)
  return {
    name: spec.file,
    images: labels.length,
    classes,
    label: (i) => labels[i] ?? 0,
    recipe: { kind: 'files', paths, root },
    ...(people === undefined ? {} : { people }),
    leftOut: [],
  }
}

/** Looks for some of the files. Throws ARC6299 with those that are not there. */
function checkFiles(file: string, root: string, paths: TextTable, images: number): void {
  const checked = Math.min(CHECKED, images)
  const missing: string[] = []
  for (let k = 0; k < checked; k++) {
    const path = textAt(paths, Math.floor((k * images) / checked))
    if (!isFile(resolve(root, path))) missing.push(path)
  }
  if (missing.length > 0) {
    const examples = [...missing.slice(0, 3), ...(missing.length > 3 ? ['…'] : [])]
    throw sourceErrors('ARC6299', { file, root, missing: missing.length, checked, examples })
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
