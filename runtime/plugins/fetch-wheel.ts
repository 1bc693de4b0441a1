/**
 * The only way to download a wheel: pip downloads it, its SHA-256 is verified, Python unpacks it. arcc itself contacts no
 * registry, so pip's mirrors, proxies and credentials apply.
 */
import { chmod, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fetching } from '../events.ts'
import { lastLines, type ProgramEnd, runProgram } from '../run-program.ts'
import { reasonOf } from '../system-errors.ts'
import { xlaError } from '../xla/pjrt/errors.ts'
import { fileDigest } from './file-digest.ts'
import type { WheelEntry } from './plugin-table.ts'

/** The progress of a download. `bytes` and `total` are set in phase `download`. */
export type FetchEvent = Omit<Fetching, 'what'>

export type FetchProgress = (event: FetchEvent) => void

/** How often the growing file is polled, in milliseconds. */
const pollInterval = 200

/** Runs `python3`. Throws ARC6002 if there is none. */
async function runPython(args: readonly string[], env: NodeJS.ProcessEnv): Promise<ProgramEnd> {
  const command = 'python3'
  try {
    return await runProgram(command, args, { env })
  } catch (error) {
    throw xlaError('ARC6002', { command: `${command} ${args.slice(0, 2).join(' ')}`, reason: reasonOf(error) }, error)
  }
}

/** The size of the largest `.whl` under a folder; pip downloads into its own folder inside TMPDIR. */
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

/** Puts a wheel into a folder and returns its path; the caller verifies it. */
export type DownloadWheel = (entry: WheelEntry, folder: string, onProgress: FetchProgress) => Promise<string>

const pipDownload: DownloadWheel = async (entry, folder, onProgress) => {
  const requirement = `${entry.wheel}==${entry.version}`
  const report = (bytes: number) => onProgress({ phase: 'download', bytes, total: entry.bytes })
  report(0)
  let isRunning = true
  const poll = async () => {
    const bytes = await wheelBytes(folder)
    // What a poll finds after the end of the download is no news.
    if (isRunning) report(Math.min(bytes, entry.bytes))
  }
  const timer = setInterval(() => void poll(), pollInterval)
  try {
    // Without pip's own cache, which would keep a second copy.
    const how = ['--no-deps', '--only-binary=:all:', '--no-cache-dir', '--quiet']
    if (entry.python !== undefined) how.push('--python-version', entry.python, '--implementation', 'cp')
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
      throw xlaError('ARC6003', { requirement, output: lastLines(output, 3) })
    }
  } finally {
    isRunning = false
    clearInterval(timer)
  }
  report(entry.bytes)
  return join(folder, entry.file)
}

/**
 * A wheel in `folder` that matches the pinned one. Throws ARC6002 without Python or pip, ARC6003 if the download fails, ARC6004
 * for a wheel with a different name or SHA-256.
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

/** Unpacks the files of a zip or tar archive whose paths begin as one of the arguments after the folder. */
const unpackScript = `
import sys, tarfile, zipfile
source, folder, *keep = sys.argv[1:]
archive = zipfile.ZipFile(source) if zipfile.is_zipfile(source) else tarfile.open(source)
members = archive.infolist() if isinstance(archive, zipfile.ZipFile) else archive.getmembers()
name = lambda member: getattr(member, "filename", None) or member.name
archive.extractall(folder, [member for member in members if name(member).startswith(tuple(keep))])
`

/**
 * Unpacks a wheel or a package of npm, or the files of it that are kept, and makes its program executable if it has one. The archive's
 * SHA-256 was verified. Throws ARC6002 without Python, ARC6008 if the folder is not writable.
 */
export async function unpackWheel(entry: WheelEntry, wheel: string, folder: string): Promise<void> {
  const args =
    entry.keep === undefined
      ? ['-m', 'zipfile', '-e', wheel, folder]
      : ['-c', unpackScript, wheel, folder, ...entry.keep, `${entry.file.split('-', 2).join('-')}.dist-info/`]
  const { code, output } = await runPython(args, process.env)
  if (code !== 0) throw xlaError('ARC6008', { path: folder, reason: output.trim().split('\n').at(-1) ?? '' })
  for (const copy of entry.copies ?? []) await rm(join(folder, copy), { force: true })
  // Python unpacks all files without execute permission.
  if (entry.executable) await chmod(join(folder, entry.library), 0o755)
}
