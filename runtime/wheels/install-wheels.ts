/**
 * Installs several packages as one folder of the cache, with the layout of `pip install --target`: libraries find each other
 * relative to their own paths. Packages are downloaded and unpacked one by one into `NAME.part/tree`, and each finished one is
 * recorded, so an interrupted install resumes; a final rename completes it.
 */
import { chmod, mkdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fetching } from '../events.ts'
import { cacheFolder } from '../plugins/cache-folder.ts'
import { cacheRoot } from '../plugins/cache-root.ts'
import { type DownloadWheel, type FetchEvent, fetchWheel, unpackWheel } from '../plugins/fetch-wheel.ts'
import type { WheelEntry } from '../plugins/plugin-table.ts'
import { withLock } from '../process-lock.ts'
import { wheelErrors } from './errors.ts'
import {
  describeFile,
  findCut,
  findDamage,
  type InstalledWheel,
  isOf,
  type Manifest,
  manifestFile,
  readManifest,
  readRecord,
} from './manifest.ts'
import { npmDownload, unpackPackage } from './npm-package.ts'
import { reuseWheel } from './reuse-wheel.ts'
import type { WheelFolder } from './wheel-folders.ts'

/** What is installed together, as one folder. */
export interface WheelSet {
  /** Its argument of `arcc install`, and the name for people: `CUDA`. */
  readonly install: string
  readonly title: string
  /** The folder in the cache, and its own folder there: `cuda12-0.12.0.1-linux-x64`. */
  readonly folder: WheelFolder
  readonly name: string
  /** Smallest first, so that problems show early. */
  readonly wheels: readonly WheelEntry[]
}

/** What is built from the unpacked packages, as the last step. */
export interface Build {
  /** Identifies the inputs: what was built from others is built again. */
  readonly key: string
  /** Writes files into the folder of the installation and returns their paths, relative to it. */
  run(tree: string): Promise<readonly string[]>
}

/** The current phase and wheel: `nvidia-cudnn-cu12 9.10.2.21`. `bytes` and `total` are those of this wheel. */
export interface InstallEvent extends Fetching {
  /** The position among all wheels to download, and the downloaded and total bytes. */
  readonly overall?: { readonly wheel: number; readonly wheels: number; readonly bytes: number; readonly total: number }
}

export interface WheelInstall {
  readonly set: WheelSet
  readonly build?: Build
  readonly onProgress?: (event: InstallEvent) => void
  /** Downloads packages in place of pip and npm. */
  readonly download?: DownloadWheel | undefined
  /** Free bytes in a folder. */
  readonly freeBytes?: ((folder: string) => Promise<number>) | undefined
}

export interface InstallResult {
  /** The installation's folder. */
  readonly home: string
  /** Downloaded bytes; 0 if everything was present and verified. */
  readonly fetched: number
}

/** The path of an installation, whether or not it exists. */
export function homeOf({ folder, name }: Pick<WheelSet, 'folder' | 'name'>): string {
  return join(cacheRoot(), folder, name)
}

/**
 * Installs what is missing; an existing installation is verified and repaired. Throws ARC6032 if the disk is too small, ARC6036 if
 * the folder cannot be changed, the errors of `fetchWheel` and `unpackWheel`, of `npmDownload`, and those of the build.
 */
export async function installWheels(options: WheelInstall): Promise<InstallResult> {
  const { set, onProgress = () => {} } = options
  const folder = await cacheFolder(set.folder)
  const waits = (pid: number) =>
    onProgress({ phase: 'download', what: `${set.title}, by another arcc (process ${pid})` })
  return changing(set.title, folder, () =>
    withLock(join(folder, `${set.name}.lock`), waits, () => install(options, onProgress)),
  )
}

async function install(options: WheelInstall, report: (event: InstallEvent) => void): Promise<InstallResult> {
  const { set, build } = options
  const home = homeOf(set)
  const part = `${home}.part`
  const tree = join(part, 'tree')
  const there = readManifest(home)
  if (there !== undefined) {
    report({ phase: 'verify', what: set.title })
    const whole = await wholeWheels(home, there.wheels)
    const isBuilt = await isWhole(home, there, build)
    if (isBuilt && set.wheels.every((entry) => whole.some((wheel) => isOf(entry, wheel)))) return { home, fetched: 0 }
    await takeApart(home, part, whole)
  }
  const done: InstalledWheel[] = []
  const fetched = await fetchMissing(options, part, done, report).catch(async (error) => {
    // Without a finished wheel there is nothing to resume.
    if (done.length === 0) await rm(part, { recursive: true, force: true }).catch(() => undefined)
    throw error
  })
  const built = build && { key: build.key, files: await filesOf(tree, await build.run(tree)) }
  const manifest: Manifest = { schema: 1, name: set.name, wheels: done, ...(built === undefined ? {} : { built }) }
  await writeFile(join(tree, manifestFile), JSON.stringify(manifest))
  // A folder without a manifest was never completed.
  await rm(home, { recursive: true, force: true })
  await rename(tree, home)
  await rm(part, { recursive: true, force: true })
  report({ phase: 'ready', what: set.title })
  return { home, fetched }
}

/** Completes the unfinished installation in `part`: adds every package to `done`, and returns the downloaded bytes. */
async function fetchMissing(
  { set, download, freeBytes = freeBytesOf }: WheelInstall,
  part: string,
  done: InstalledWheel[],
  report: (event: InstallEvent) => void,
): Promise<number> {
  const tree = join(part, 'tree')
  const notes = join(part, 'done')
  await mkdir(tree, { recursive: true })
  await mkdir(notes, { recursive: true })
  for (const entry of set.wheels) {
    const wheel = await readNote(notes, entry)
    if (wheel !== undefined && findCut(tree, wheel.files) === undefined) done.push(wheel)
  }
  const note = async (wheel: InstalledWheel) => {
    await writeFile(join(notes, noteName(wheel)), JSON.stringify(wheel))
    done.push(wheel)
  }
  const isMissing = (entry: WheelEntry) => !done.some((wheel) => isOf(entry, wheel))
  for (const entry of set.wheels.filter(isMissing)) {
    const wheel = await reuseWheel(entry, tree)
    if (wheel !== undefined) await note(wheel)
  }
  const missing = set.wheels.filter(isMissing)
  await checkDisk(set, part, missing, freeBytes)
  const total = missing.reduce((sum, entry) => sum + entry.bytes, 0)
  let fetched = 0
  for (const [i, entry] of missing.entries()) {
    const tell = (event: FetchEvent) => {
      const bytes = fetched + (event.phase === 'download' ? (event.bytes ?? 0) : entry.bytes)
      const overall = { wheel: i + 1, wheels: missing.length, bytes, total }
      report({ ...event, what: `${entry.wheel} ${entry.version}`, overall })
    }
    await note(await installWheel(set, entry, tree, tell, download))
    fetched += entry.bytes
  }
  return fetched
}

async function installWheel(
  set: WheelSet,
  entry: WheelEntry,
  tree: string,
  tell: (event: FetchEvent) => void,
  download: DownloadWheel | undefined,
): Promise<InstalledWheel> {
  const work = join(tree, '..', 'fetch')
  await rm(work, { recursive: true, force: true })
  await mkdir(work)
  try {
    const isPackage = entry.registry === 'npm'
    const file = await fetchWheel(entry, work, tell, download ?? (isPackage ? npmDownload : undefined))
    tell({ phase: 'unpack' })
    if (isPackage) return await unpackPackage(entry, file, tree)
    await unpackWheel(entry, file, tree)
    const installed = await readRecord(entry, tree)
    const damage = await findDamage(tree, installed.files)
    if (damage !== undefined) throw wheelErrors('ARC6034', { ...damage, install: set.install })
    // ptxas starts some of its sibling programs.
    for (const { path } of installed.files) if (path.includes('/bin/')) await chmod(join(tree, path), 0o755)
    return installed
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Whether what is built from the packages was built from these, and is unchanged. */
async function isWhole(home: string, { built }: Manifest, build: Build | undefined): Promise<boolean> {
  if (build === undefined) return true
  return built?.key === build.key && (await findDamage(home, built.files)) === undefined
}

const filesOf = (tree: string, paths: readonly string[]) => Promise.all(paths.map((path) => describeFile(tree, path)))

/** A package of npm may have a scope: `@tensorflow/tfjs-node`. */
const noteName = ({ wheel, version }: { readonly wheel: string; readonly version: string }) =>
  `${wheel.replace('/', '+')}-${version}.json`

async function readNote(notes: string, entry: WheelEntry): Promise<InstalledWheel | undefined> {
  try {
    const wheel = JSON.parse(await readFile(join(notes, noteName(entry)), 'utf8')) as InstalledWheel
    return isOf(entry, wheel) ? wheel : undefined
  } catch {
    return undefined
  }
}

async function wholeWheels(home: string, wheels: readonly InstalledWheel[]): Promise<InstalledWheel[]> {
  const whole: InstalledWheel[] = []
  for (const wheel of wheels) if ((await findDamage(home, wheel.files)) === undefined) whole.push(wheel)
  return whole
}

/** Turns an installation back into an unfinished one, keeping its intact wheels. */
async function takeApart(home: string, part: string, whole: readonly InstalledWheel[]): Promise<void> {
  await rm(part, { recursive: true, force: true })
  await mkdir(join(part, 'done'), { recursive: true })
  for (const wheel of whole) await writeFile(join(part, 'done', noteName(wheel)), JSON.stringify(wheel))
  await rename(home, join(part, 'tree'))
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** During a download, pip stores the wheel twice. */
async function checkDisk(
  { title }: WheelSet,
  folder: string,
  missing: readonly WheelEntry[],
  freeBytes: (folder: string) => Promise<number>,
): Promise<void> {
  const largest = Math.max(0, ...missing.map((entry) => entry.bytes))
  const needed = missing.reduce((sum, entry) => sum + entry.unpacked, 2 * largest)
  const free = await freeBytes(folder)
  if (free < needed) throw wheelErrors('ARC6032', { what: title, path: folder, free, needed })
}

/** Runs `body`; file system errors become ARC6036. */
export async function changing<T>(what: string, path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    const refused = error instanceof Error && 'syscall' in error
    throw refused ? wheelErrors('ARC6036', { what, path, reason: error.message }, error) : error
  }
}
