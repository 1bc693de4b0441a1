/** `arcc checkpoint inspect`: what a checkpoint contains. Hashes are not compared; `verify` does that. */
import { locateCheckpoints } from '../../../runtime/checkpoint/locate-checkpoints.ts'
import { openCheckpoint } from '../../../runtime/checkpoint/open-checkpoint.ts'
import { checkpointToJson, renderCheckpoint } from '../../render/checkpoint.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { processOutput } from '../../render/output.ts'
import type { CheckpointInspectOptions } from '../options.ts'

/** Throws ARC6701, ARC6702 and ARC6705. */
export async function inspect({ path, format, color }: CheckpointInspectOptions): Promise<ExitCode> {
  const output = processOutput(color)
  const [newest, ...older] = await locateCheckpoints(path)
  const checkpoint = await openCheckpoint(newest.path, { trusted: true })
  const others = older.map(({ step }) => step)
  output.result(
    format === 'json'
      ? [JSON.stringify(checkpointToJson(checkpoint, others), undefined, 2)]
      : renderCheckpoint(checkpoint, others, output.look),
  )
  await checkpoint.close()
  return exitCode.ok
}
