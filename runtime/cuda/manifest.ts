/** The files of a CUDA installation: written by the install, verified before the libraries are loaded. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileDigest } from '../plugins/file-digest.ts'
import type { WheelEntry } from '../plugins/plugin-table.ts'

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
  /** The plugin library, and the folder of `bin/ptxas` and `nvvm/libdevice`. */
  readonly plugin: string
  readonly tools: string
  readonly wheels: readonly InstalledWheel[]
}

/** A file that differs from what was installed. */
export interface Damage {
  readonly path: string
  readonly reason: string
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
    if (path === undefined || digest === undefined) return []
    return [{ path, bytes: Number(bytes), sha256: Buffer.from(digest, 'base64url').toString('hex') }]
  })
  return { wheel: entry.wheel, version: entry.version, sha256: entry.sha256, files }
}
