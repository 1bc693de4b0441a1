/** `arcc checkpoint verify`: whether checkpoints are intact. */
import { locateCheckpoints } from '../../../runtime/checkpoint/locate-checkpoints.ts'
import { verifyCheckpoint } from '../../../runtime/checkpoint/verify-checkpoint.ts'
import { renderVerification } from '../../render/checkpoint.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { processOutput } from '../../render/output.ts'
import type { CheckpointVerifyOptions } from '../options.ts'

/** Returns exit code 1 if one is damaged. Throws ARC6701 if there is none. */
export async function verify({ path, format, color }: CheckpointVerifyOptions): Promise<ExitCode> {
  const output = processOutput(color)
  const results = []
  for (const place of await locateCheckpoints(path)) {
    const result = await verifyCheckpoint(place.path)
    results.push(result)
    if (format === 'text') output.result(renderVerification(result, output.look))
  }
  if (format === 'json') {
    const checkpoints = results.map(({ path: of, manifest, tensors, faults }) => {
      return { path: of, ...(manifest === undefined ? {} : { step: manifest.step }), tensors, faults }
    })
    output.result([JSON.stringify({ checkpoints }, undefined, 2)])
  }
  return results.some(({ faults }) => faults.length > 0) ? exitCode.user : exitCode.ok
}
