/** Walks the folders of people: any depth, links followed, with a record of everything that is not a picture. */
import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { dataErrors, reasonOf } from '../messages.ts'
import { naturally } from '../natural-order.ts'
import { isPictureName } from '../picture-name.ts'
import type { LeftOutKind, Omissions } from './omissions.ts'

/** An entry of a folder with its links resolved. */
interface Entry {
  readonly name: string
  readonly path: string
  readonly kind: 'file' | 'folder'
  /** The folder that a link leads to, as device and inode. */
  readonly linked?: string
}

function idOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`
}

/** Folders that macOS, Synology, Windows and Jupyter put beside people, some with copies of pictures. */
const systemFolders: ReadonlySet<string> = new Set(['__MACOSX', '@eaDir', '#recycle', '$RECYCLE.BIN', 'lost+found'])

/** What is noted while folders are read. */
export interface FolderScan {
  readonly omissions: Omissions
  /** A folder is about to be read. */
  folder(path: string): void
  /** A link was followed, or could not be. */
  link(): void
}

/** What a link leads to; the kind of omission if it cannot be followed. */
function follow(path: string, above: readonly string[]): Stats | LeftOutKind {
  try {
    const stats = statSync(path)
    if (!stats.isDirectory()) return stats
    const target = idOf(stats)
    return above.some((folder) => idOf(statSync(folder)) === target) ? 'loop' : stats
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ELOOP' ? 'loop' : 'dead link'
  }
}

/**
 * The files and folders in the last folder of `above`, in natural order; hidden ones are ignored, others are noted. Throws ARC6201 if
 * it cannot be read.
 */
export function listEntries(above: readonly string[], scan: FolderScan): Entry[] {
  const { omissions } = scan
  const folder = above.at(-1) ?? '.'
  scan.folder(folder)
  let found: Dirent[]
  try {
    found = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    throw dataErrors('ARC6201', { folder, reason: reasonOf(error) }, error)
  }
  const entries: Entry[] = []
  for (const entry of found) {
    const { name } = entry
    if (name.startsWith('.')) continue
    const path = join(folder, name)
    if (name.includes('\ufffd')) omissions.add('name', path)
    else if (entry.isFile()) entries.push({ name, path, kind: 'file' })
    else if (systemFolders.has(name)) omissions.add('system', path)
    else if (entry.isDirectory()) entries.push({ name, path, kind: 'folder' })
    else if (entry.isSymbolicLink()) {
      scan.link()
      const target = follow(path, above)
      if (typeof target === 'string') omissions.add(target, path)
      else if (target.isFile()) entries.push({ name, path, kind: 'file' })
      else if (target.isDirectory()) entries.push({ name, path, kind: 'folder', linked: idOf(target) })
      else omissions.add('special', path)
    } else omissions.add('special', path)
  }
  return entries.sort((a, b) => naturally(a.name, b.name))
}

/** What one person's folder has. */
export interface PersonFound {
  /** Pictures in the folder itself. */
  readonly direct: number
  /** Folders in it that have pictures, at any depth. */
  readonly folders: number
  readonly pictures: number
}

/** Calls `onPicture` for each picture of a person, in natural order: those of a folder inside come at the place of its name. */
export function walkPerson(
  root: string,
  person: string,
  scan: FolderScan,
  onPicture: (path: string) => void,
): PersonFound {
  const { omissions } = scan
  // A folder that several links lead to is entered through the first only, so that links cannot multiply the pictures.
  const linked = new Set<string>()
  const walk = (above: readonly string[]): PersonFound => {
    let [direct, folders, pictures] = [0, 0, 0]
    for (const { name, path, kind, linked: target } of listEntries(above, scan)) {
      if (kind === 'file') {
        if (!isPictureName(name)) omissions.add('other file', path)
        else {
          direct++
          onPicture(path)
        }
        continue
      }
      if (target !== undefined && linked.has(target)) {
        omissions.add('repeated link', path)
        continue
      }
      if (target !== undefined) linked.add(target)
      const inside = walk([...above, path])
      if (inside.pictures > 0) folders++
      else if (isPictureName(name)) omissions.add('picture folder', path)
      pictures += inside.pictures
    }
    return { direct, folders, pictures: pictures + direct }
  }
  return walk([root, join(root, person)])
}

/** A path that was joined to the root, without it. */
export function below(root: string, path: string): string {
  return path.slice(root.endsWith('/') ? root.length : root.length + 1)
}
