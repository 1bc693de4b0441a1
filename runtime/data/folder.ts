/** An image folder: one sub-folder per person, with any number of images. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedPictures, type Dataset, type Pictures } from './dataset.ts'
import { decodeImage } from './decode-image.ts'
import { toFaceSize } from './image.ts'
import { dataErrors, reasonOf } from './messages.ts'
import { isPictureName } from './picture-name.ts'

/** One person: the sub-folder's name and the paths of the image files in it. */
export interface FolderIdentity {
  readonly name: string
  readonly files: readonly string[]
}

export interface FolderIndex {
  readonly root: string
  readonly identities: readonly FolderIdentity[]
  /** Paths whose names are not those of images, and sub-folders without any image. */
  readonly skipped: readonly string[]
}

const natural = new Intl.Collator('en', { numeric: true })

/** s1, s2, … s10; names that the collator considers equal are ordered by their code units. */
function naturally(a: string, b: string): number {
  return natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)
}

/**
 * Lists people and images in natural order. Nothing is decoded. Throws ARC6201 if the folder can't be read and ARC6202 if it
 * contains no images.
 */
export async function scanFolder(root: string): Promise<FolderIndex> {
  const list = async (folder: string) => {
    try {
      return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort(naturally)
    } catch (error) {
      throw dataErrors('ARC6201', { folder, reason: reasonOf(error) }, error)
    }
  }
  const identities: FolderIdentity[] = []
  const skipped: string[] = []
  for (const name of await list(root)) {
    const folder = join(root, name)
    if (!(await stat(folder)).isDirectory()) {
      skipped.push(folder)
      continue
    }
    const files: string[] = []
    for (const file of await list(folder)) {
      const path = join(folder, file)
      if (isPictureName(file)) files.push(path)
      else skipped.push(path)
    }
    if (files.length > 0) identities.push({ name, files })
    else skipped.push(folder)
  }
  if (identities.length === 0) throw dataErrors('ARC6202', { folder: root, skipped: skipped.length })
  return { root, identities, skipped }
}

/** People for training and held-out people. */
export interface PeopleSplit {
  readonly train: FolderIndex
  readonly heldOut: FolderIndex
}

/** Holds the last `holdout` people out for verification. Throws ARC6203 if no one would remain. */
export function splitPeople(index: FolderIndex, holdout: number): PeopleSplit {
  const people = index.identities.length
  if (holdout >= people) throw dataErrors('ARC6203', { folder: index.root, people, holdout })
  return {
    train: { ...index, identities: index.identities.slice(0, people - holdout) },
    heldOut: { ...index, identities: index.identities.slice(people - holdout) },
  }
}

/** Image files decoded to 112 × 112 on first read, kept in memory while they fit in `cacheBytes`. */
export function filePictures(files: readonly string[], cacheBytes?: number): Pictures {
  const make = async (i: number) => {
    const file = files[i] ?? ''
    let bytes: Uint8Array
    try {
      bytes = await readFile(file)
    } catch (error) {
      throw dataErrors('ARC6206', { file, reason: reasonOf(error) }, error)
    }
    return toFaceSize(await decodeImage(bytes, file))
  }
  return cachedPictures(files.length, make, cacheBytes)
}

/** The images of a folder, labeled by the order of its people. */
export function createFolderDataset(index: FolderIndex, cacheBytes?: number): Dataset {
  const files = index.identities.flatMap((person) => person.files)
  const labels = Int32Array.from(index.identities.flatMap((person, label) => person.files.map(() => label)))
  return {
    ...filePictures(files, cacheBytes),
    name: index.root,
    classes: index.identities.length,
    label: (i) => labels[i] ?? 0,
  }
}
