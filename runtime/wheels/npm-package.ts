/**
 * The only way to download a package of npm at run time: npm's own client fetches it, so that its registry, proxies and credentials
 * apply; it is verified and unpacked as wheels are. Nothing of the package is executed: it has no install script here.
 */
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type DownloadWheel, unpackWheel } from '../plugins/fetch-wheel.ts'
import type { WheelEntry } from '../plugins/plugin-table.ts'
import { lastLines, type ProgramEnd, runProgram } from '../run-program.ts'
import { reasonOf } from '../system-errors.ts'
import { wheelErrors } from './errors.ts'
import { describeFolder, type InstalledWheel } from './manifest.ts'

/** The folder of a package in an installation: its files are in `package` below. */
export function packageFolder({ wheel }: Pick<WheelEntry, 'wheel'>): string {
  return join('packages', basename(wheel))
}

/** Throws ARC6930 without npm, ARC6931 if the download fails. */
export const npmDownload: DownloadWheel = async (entry, folder, onProgress) => {
  const requirement = `${entry.wheel}@${entry.version}`
  onProgress({ phase: 'download', bytes: 0, total: entry.bytes })
  const args = [
    'pack',
    '--loglevel=error',
    '--ignore-scripts',
    '--no-update-notifier',
    '--pack-destination',
    folder,
    requirement,
  ]
  let end: ProgramEnd
  try {
    // In the folder of the download, so that the packages of the current folder play no part.
    end = await runProgram('npm', args, { folder })
  } catch (error) {
    throw wheelErrors('ARC6930', { reason: reasonOf(error) }, error)
  }
  if (end.code !== 0) throw wheelErrors('ARC6931', { requirement, output: npmErrors(end.output) })
  onProgress({ phase: 'download', bytes: entry.bytes, total: entry.bytes })
  return join(folder, entry.file)
}

/** The first errors that npm prints; where its log file is does not matter. */
function npmErrors(output: string): string {
  const errors = output
    .split('\n')
    .flatMap((line) => /^npm (?:error|ERR!) (?!.*log of this run)(.+)/.exec(line)?.[1]?.trim() ?? [])
  return errors.slice(0, 3).join(' | ') || lastLines(output, 1)
}

/** Unpacks a verified package into an installation and returns its files. Throws the errors of `unpackWheel`. */
export async function unpackPackage(entry: WheelEntry, file: string, tree: string): Promise<InstalledWheel> {
  const folder = packageFolder(entry)
  await mkdir(join(tree, folder), { recursive: true })
  await unpackWheel(entry, file, join(tree, folder))
  const { wheel, version, sha256 } = entry
  return { wheel, version, sha256, files: await describeFolder(tree, folder) }
}
