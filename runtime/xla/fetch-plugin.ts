/**
 * Fetches the XLA plugin on first use: pip downloads the pinned wheel, its SHA-256 is checked, the library is unpacked into the
 * cache, and one rename puts it in place. Processes that do this at once each fetch their own copy; the first rename wins.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, chmod, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder, cacheRoot } from './cache-folder.ts'
import { xlaError } from './errors.ts'
import { findPlugin, hostPlatform, pluginTable, type WheelEntry } from './plugin-table.ts'

/** How far the fetch is. `bytes` and `total` come with `download`. */
export interface FetchEvent {
  readonly phase: 'download' | 'verify' | 'unpack' | 'ready'
  readonly bytes?: number
  readonly total?: number
}

export type FetchProgress = (event: FetchEvent) => void

/** How often the growing file is looked at, in milliseconds. */
const pollInterval = 200

interface Finished {
  readonly code: number
  readonly output: string
}

function runPython(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  const command = 'python3'
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const output: string[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(String(chunk)))
    child.stderr.on('data', (chunk: Buffer) => output.push(String(chunk)))
    child.on('error', (error) => {
      reject(xlaError('ARC6002', { command: `${command} ${args.slice(0, 2).join(' ')}`, reason: error.message }, error))
    })
    child.on('close', (code) => resolve({ code: code ?? 1, output: output.join('') }))
  })
}

/** The size of the largest `.whl` below a folder; pip downloads into a folder of its own inside TMPDIR. */
async function wheelBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = names
    .filter((name) => name.endsWith('.whl'))
    .map((name) =>
      stat(join(folder, name)).then(
        (s) => s.size,
        () => 0,
      ),
    )
  return Math.max(0, ...(await Promise.all(sizes)))
}

async function download(entry: WheelEntry, folder: string, onProgress: FetchProgress): Promise<string> {
  const requirement = `${entry.wheel}==${entry.version}`
  const report = (bytes: number) => onProgress({ phase: 'download', bytes, total: entry.bytes })
  report(0)
  const timer = setInterval(
    () => void wheelBytes(folder).then((bytes) => report(Math.min(bytes, entry.bytes))),
    pollInterval,
  )
  try {
    const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--quiet', '--dest', folder, requirement]
    const { code, output } = await runPython(args, {
      ...process.env,
      TMPDIR: folder,
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
    })
    if (code !== 0) {
      if (output.includes('No module named pip')) {
        throw xlaError('ARC6002', { command: 'python3 -m pip', reason: 'this Python has no pip' })
      }
      throw xlaError('ARC6003', { requirement, output: output.trim().split('\n').slice(-3).join(' | ') })
    }
  } finally {
    clearInterval(timer)
  }
  report(entry.bytes)
  return join(folder, entry.file)
}

/** SHA-256 of a file, hexadecimal. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Where the cache keeps a wheel: unpacked, and the library in it. They need not be there yet. */
export function placeOf(entry: WheelEntry): { readonly home: string; readonly library: string } {
  const home = join(cacheRoot(), 'plugins', `${entry.wheel}-${entry.version}-${entry.platform}`)
  return { home, library: join(home, entry.library) }
}

/** A plugin's library in the cache; `undefined` where it has not been fetched. */
export async function cachedPlugin(entry: WheelEntry): Promise<string | undefined> {
  const { library } = placeOf(entry)
  return (await exists(library)) ? library : undefined
}

/**
 * The path of a plugin's library in the cache, fetched first where it is missing.
 *
 * Throws ARC6002 without Python or pip, ARC6003 where the download fails, ARC6004 on a wheel with another SHA-256, ARC6008 where
 * the cache cannot be written.
 */
export async function fetchPlugin(entry: WheelEntry, onProgress: FetchProgress = () => {}): Promise<string> {
  const root = await cacheFolder('plugins')
  const { home, library } = placeOf(entry)
  if (await exists(library)) return library
  const work = await mkdtemp(join(root, 'fetch-'))
  try {
    const wheel = await download(entry, work, onProgress)
    onProgress({ phase: 'verify' })
    const found = await fileDigest(wheel)
    if (found !== entry.sha256) throw xlaError('ARC6004', { file: entry.file, expected: entry.sha256, found })
    onProgress({ phase: 'unpack' })
    const unpacked = join(work, 'unpacked')
    const { code, output } = await runPython(['-m', 'zipfile', '-e', wheel, unpacked], process.env)
    if (code !== 0) throw xlaError('ARC6008', { path: unpacked, reason: output.trim() })
    // Unpacking with Python leaves all files without the right to run.
    if (entry.executable) await chmod(join(unpacked, entry.library), 0o755)
    await rename(unpacked, home).catch(async (error) => {
      if (!(await exists(library))) throw xlaError('ARC6008', { path: home, reason: String(error) }, error)
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  onProgress({ phase: 'ready' })
  return library
}

/**
 * The plugin library to load: the one named by `explicit` or `$ARCC_XLA_PLUGIN`, else the pinned one of this platform.
 * Throws ARC6001 where there is none.
 */
export async function locatePlugin(explicit?: string, onProgress?: FetchProgress): Promise<string> {
  const named = explicit ?? process.env.ARCC_XLA_PLUGIN
  if (named) return named
  const platform = hostPlatform()
  const entry = findPlugin(platform)
  if (entry === undefined) {
    throw xlaError('ARC6001', { platform, known: pluginTable.map((e) => e.platform).join(' and ') })
  }
  return fetchPlugin(entry, onProgress)
}
