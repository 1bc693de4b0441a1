/** `arcc export … OUT.pt`: the weights as arcface_torch saves them. */
import { existsSync } from 'node:fs'
import { exportErrors } from '../../../runtime/export/messages.ts'
import { writeTorchStateDict } from '../../../runtime/export/torch-state-dict.ts'
import type { ExitCode } from '../../render/exit.ts'
import { writtenLines } from '../../render/exported-network.ts'
import { formatBytes, plural } from '../../render/format.ts'
import type { Output } from '../../render/output.ts'
import { type ExportTarget, weightsOf, withOpened } from './opened.ts'

/** Throws ARC6830 if the file exists, ARC6833, ARC6404, ARC6770, and errors of the weights. */
export function exportTorch(target: ExportTarget, output: Output): Promise<ExitCode> {
  const { out, force, format } = target
  return withOpened(target, output, async (network) => {
    if (existsSync(out) && !force) throw exportErrors('ARC6830', { path: out })
    const weights = weightsOf(network)
    const bytes = await writeTorchStateDict(out, weights)
    const { backbone } = network.plan
    const tensors = weights.shapes.size
    output.result(
      format === 'json'
        ? [JSON.stringify({ file: out, backbone, tensors, bytes }, undefined, 2)]
        : writtenLines(out, [backbone, plural(tensors, 'tensor'), formatBytes(bytes)], output.look),
    )
  })
}
