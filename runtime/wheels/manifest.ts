/** The files of an installation: written by the install, verified before the libraries are loaded. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileDigest } from '../plugins/file-digest.ts'
import { keeps, type WheelEntry } from '../plugins/plugin-table.ts'

export interface InstalledFile {
  /** Relative to the installation's folder. */
  readonly path: string
  readonly bytes: number
  /** SHA-256, hexadecimal. */
  readonly sha256: string
}

export interface InstalledWheel {
  readonly wheel: string
  readonly version: string
  /** SHA-256 of the wheel that contained the files. */
  readonly sha256: string
  readonly files: readonly InstalledFile[]
}

export interface Manifest {
  readonly schema: 1
  readonly name: string
  readonly wheels: readonly InstalledWheel[]
  /** What was built from them: from which inputs, and the files. */
  readonly built?: { readonly key: string; readonly files: readonly InstalledFile[] }
}

/** A file that differs from what was installed. */
export interface Damage {
  readonly path: string
  readonly reason: string
}

/** Whether an installed package is the pinned one. */
export function isOf(entry: WheelEntry, wheel: InstalledWheel): boolean {
  return wheel.wheel === entry.wheel && wheel.sha256 === entry.sha256
}

export const manifestFile = 'arcc-install.json'

/** The manifest of an installation; `undefined` if that folder has no completed one. */
export function readManifest(home: string): Manifest | undefined {
  const path = join(home, manifestFile)
  if (!existsSync(path)) return undefined
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
    return manifest.schema === 1 ? manifest : undefined
  } catch {
    return undefined
  }
}

/** The first file with a wrong size; takes a few milliseconds. */
export function findCut(home: string, files: readonly InstalledFile[]): Damage | undefined {
  for (const { path, bytes } of files) {
    const file = join(home, path)
    const found = statSync(file, { throwIfNoEntry: false })?.size
    if (found === undefined) return { path: file, reason: 'it is not there' }
    if (found !== bytes) return { path: file, reason: `it has ${found} of ${bytes} bytes` }
  }
  return undefined
}

/** The first file with a wrong size or wrong contents; reads all of them. */
export async function findDamage(home: string, files: readonly InstalledFile[]): Promise<Damage | undefined> {
  const cut = findCut(home, files)
  if (cut !== undefined) return cut
  for (const { path, sha256 } of files) {
    const file = join(home, path)
    const found = await fileDigest(file)
    if (found !== sha256) return { path: file, reason: `its SHA-256 is ${found}, expected ${sha256}` }
  }
  return undefined
}

/**
 * The wheel's own list of files: `dist-info/RECORD`, after unpacking into a folder. It is trusted because the wheel's SHA-256 was
 * verified.
 */
export async function readRecord(entry: WheelEntry, folder: string): Promise<InstalledWheel> {
  const [project, version] = entry.file.split('-')
  const text = await readFile(join(folder, `${project}-${version}.dist-info`, 'RECORD'), 'utf8')
  const files = text.split('\n').flatMap((line): InstalledFile[] => {
    const [, path, digest, bytes] = /^"?(.*?)"?,sha256=([^,]+),(\d+)\s*$/.exec(line) ?? []
    // RECORD itself and blank lines have no digest.
    if (path === undefined || digest === undefined || !keeps(entry, path)) return []
    return [{ path, bytes: Number(bytes), sha256: Buffer.from(digest, 'base64url').toString('hex') }]
  })
  return { wheel: entry.wheel, version: entry.version, sha256: entry.sha256, files }
}

/** What a file is now, by its path in an installation. */
export async function describeFile(home: string, path: string): Promise<InstalledFile> {
  const file = join(home, path)
  return { path, bytes: (await stat(file)).size, sha256: await fileDigest(file) }
}

/** All files below a folder of an installation. */
export async function describeFolder(home: string, folder: string): Promise<readonly InstalledFile[]> {
  const entries = await readdir(join(home, folder), { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)))
  return Promise.all(paths.sort().map((path) => describeFile(home, path)))
}
