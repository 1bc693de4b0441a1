/**
 * Installs CUDA's wheels as one folder of the cache, with the layout of `pip install --target`: the plugin finds NVIDIA's
 * libraries relative to its own path. Wheels are downloaded and unpacked one by one into `NAME.part/tree`, and each finished one
 * is recorded, so an interrupted install resumes; a final rename completes it.
 */
import { chmod, mkdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fetching } from '../events.ts'
import { cacheFolder } from '../plugins/cache-folder.ts'
import { cacheRoot } from '../plugins/cache-root.ts'
import { type DownloadWheel, type FetchEvent, fetchWheel, unpackWheel } from '../plugins/fetch-wheel.ts'
import type { WheelEntry } from '../plugins/plugin-table.ts'
import { withLock } from '../process-lock.ts'
import type { CudaDriver } from './driver.ts'
import { cudaError } from './errors.ts'
import {
  findCut,
  findDamage,
  type InstalledWheel,
  type Manifest,
  manifestFile,
  readManifest,
  readRecord,
} from './manifest.ts'
import { leastCuda } from './required-driver.ts'
import type { CudaWheels } from './wheels.ts'

/** The current phase and wheel: `nvidia-cudnn-cu12 9.10.2.21`. `bytes` and `total` are those of this wheel. */
export interface InstallEvent extends Fetching {
  /** The position among all wheels to download, and the downloaded and total bytes. */
  readonly overall?: { readonly wheel: number; readonly wheels: number; readonly bytes: number; readonly total: number }
}

export interface InstallOptions {
  readonly wheels: CudaWheels
  /**
   * The driver of this computer. The libraries are installed even without a driver: an image may be built for another computer.
   */
  readonly driver: CudaDriver
  readonly onProgress?: (event: InstallEvent) => void
  /** Downloads wheels in place of pip. */
  readonly download?: DownloadWheel
  /** Free bytes in a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>
}

export interface InstallResult {
  /** The installation's folder. */
  readonly home: string
  /** Downloaded bytes; 0 if everything was present and verified. */
  readonly fetched: number
}

/** The path of arcc's own CUDA, whether or not it is installed. */
export function cudaHome({ name }: CudaWheels): string {
  return join(cacheRoot(), 'cuda', name)
}

/**
 * Installs what is missing; an existing installation is verified and repaired. Throws ARC6031 if the driver is too old, ARC6032
 * if the disk is too small, ARC6036 if the folder cannot be changed, and the errors of `fetchWheel` and `unpackWheel`.
 */
export async function installCuda(options: InstallOptions): Promise<InstallResult> {
  const { wheels, driver, onProgress = () => {} } = options
  if (driver.found && driver.cuda[0] < leastCuda) {
    throw cudaError('ARC6031', { version: driver.version ?? 'that is installed', cuda: driver.cuda.join('.') })
  }
  const folder = await cacheFolder('cuda')
  const waits = (pid: number) => onProgress({ phase: 'download', what: `CUDA, by another arcc (process ${pid})` })
  return changing(folder, () =>
    withLock(join(folder, `${wheels.name}.lock`), waits, () => install(options, onProgress)),
  )
}

async function install(options: InstallOptions, report: (event: InstallEvent) => void): Promise<InstallResult> {
  const { wheels, download, freeBytes = freeBytesOf } = options
  const home = cudaHome(wheels)
  const part = `${home}.part`
  const tree = join(part, 'tree')
  const notes = join(part, 'done')
  const there = readManifest(home)
  if (there !== undefined) {
    report({ phase: 'verify', what: 'CUDA' })
    const whole = await wholeWheels(home, there.wheels)
    if (wheels.wheels.every((entry) => whole.some((wheel) => isOf(entry, wheel)))) return { home, fetched: 0 }
    await takeApart(home, part, whole)
  }
  await mkdir(tree, { recursive: true })
  await mkdir(notes, { recursive: true })
  const done: InstalledWheel[] = []
  for (const entry of wheels.wheels) {
    const wheel = await readNote(notes, entry)
    if (wheel !== undefined && findCut(tree, wheel.files) === undefined) done.push(wheel)
  }
  const missing = wheels.wheels.filter((entry) => !done.some((wheel) => isOf(entry, wheel)))
  await checkDisk(part, missing, freeBytes)
  const total = missing.reduce((sum, entry) => sum + entry.bytes, 0)
  let fetched = 0
  for (const [i, entry] of missing.entries()) {
    const tell = (event: FetchEvent) => {
      const bytes = fetched + (event.phase === 'download' ? (event.bytes ?? 0) : entry.bytes)
      const overall = { wheel: i + 1, wheels: missing.length, bytes, total }
      report({ ...event, what: `${entry.wheel} ${entry.version}`, overall })
    }
    const wheel = await installWheel(entry, tree, tell, download)
    await writeFile(join(notes, noteName(entry)), JSON.stringify(wheel))
    done.push(wheel)
    fetched += entry.bytes
  }
  const { name, plugin, tools } = wheels
  const manifest: Manifest = { schema: 1, name, plugin, tools, wheels: done }
  await writeFile(join(tree, manifestFile), JSON.stringify(manifest))
  // A folder without a manifest was never completed.
  await rm(home, { recursive: true, force: true })
  await rename(tree, home)
  await rm(part, { recursive: true, force: true })
  report({ phase: 'ready', what: 'CUDA' })
  return { home, fetched }
}

async function installWheel(
  entry: WheelEntry,
  tree: string,
  tell: (event: FetchEvent) => void,
  download: DownloadWheel | undefined,
): Promise<InstalledWheel> {
  const work = join(tree, '..', 'fetch')
  await rm(work, { recursive: true, force: true })
  await mkdir(work)
  try {
    const wheel = await fetchWheel(entry, work, tell, download)
    tell({ phase: 'unpack' })
    await unpackWheel(entry, wheel, tree)
    const installed = await readRecord(entry, tree)
    const damage = await findDamage(tree, installed.files)
    if (damage !== undefined) throw cudaError('ARC6034', damage)
    // ptxas starts some of its sibling programs.
    for (const { path } of installed.files) if (path.includes('/bin/')) await chmod(join(tree, path), 0o755)
    return installed
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function isOf(entry: WheelEntry, wheel: InstalledWheel): boolean {
  return wheel.wheel === entry.wheel && wheel.sha256 === entry.sha256
}

const noteName = ({ wheel, version }: { readonly wheel: string; readonly version: string }) =>
  `${wheel}-${version}.json`

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
  folder: string,
  missing: readonly WheelEntry[],
  freeBytes: (folder: string) => Promise<number>,
): Promise<void> {
  const largest = Math.max(0, ...missing.map((entry) => entry.bytes))
  const needed = missing.reduce((sum, entry) => sum + entry.unpacked, 2 * largest)
  const free = await freeBytes(folder)
  if (free < needed) throw cudaError('ARC6032', { path: folder, free, needed })
}

/** Runs `body`; file system errors become ARC6036. */
export async function changing<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    const refused = error instanceof Error && 'syscall' in error
    throw refused ? cudaError('ARC6036', { path, reason: error.message }, error) : error
  }
}
