/** `arcc checkpoint merge` and `convert`: write a checkpoint anew. */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { locateCheckpoints } from '../../../runtime/checkpoint/locate-checkpoints.ts'
import { manifestName } from '../../../runtime/checkpoint/manifest.ts'
import { convertCheckpoint, mergeCheckpoint } from '../../../runtime/checkpoint/merge-checkpoint.ts'
import { checkpointErrors } from '../../../runtime/checkpoint/messages.ts'
import { usageErrors } from '../../host/messages.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { factLines } from '../../render/fit.ts'
import { formatBytes, plural } from '../../render/format.ts'
import { type Output, processOutput } from '../../render/output.ts'
import type { CheckpointConvertOptions, CheckpointMergeOptions } from '../options.ts'

const ending = '.safetensors'

/** Throws ARC6709 if the result exists, ARC6701 to ARC6705 if the checkpoint cannot be used, ARC6404 and ARC6707 of the disk. */
export async function merge({ path, files, force, color, ...given }: CheckpointMergeOptions): Promise<ExitCode> {
  const output = processOutput(color)
  // Shells complete names of folders with a slash.
  const out = join(dirname(given.out), basename(given.out))
  const [newest] = await locateCheckpoints(path)
  // Only a checkpoint is replaced: any other folder may be somebody's work.
  if (existsSync(out) && !(force && existsSync(join(out, manifestName))))
    throw checkpointErrors('ARC6709', { path: out })
  const manifest = await mergeCheckpoint(newest.path, out, files)
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
  written(output, [newest.path, out, plural(manifest.files.length, 'file'), formatBytes(bytes)])
  return exitCode.ok
}

/** Throws ARC6607 for another ending, and like `merge`. */
export async function convert({ path, out, centers, force, color }: CheckpointConvertOptions): Promise<ExitCode> {
  const output = processOutput(color)
  if (!out.endsWith(ending)) throw usageErrors('ARC6607', { file: out, endings: [ending] })
  const [newest] = await locateCheckpoints(path)
  if (existsSync(out) && !force) throw checkpointErrors('ARC6709', { path: out })
  const { bytes } = await convertCheckpoint(newest.path, out, centers)
  written(output, [newest.path, out, formatBytes(bytes)])
  return exitCode.ok
}

function written(output: Output, [from = '', to = '', ...facts]: readonly string[]): void {
  const arrow = output.look.unicode ? '→' : '->'
  output.result(factLines([`${from} ${arrow} ${to}`, ...facts], output.look, { indent: 2 }))
}
