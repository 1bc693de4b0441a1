/** `arcc export … OUT.pt`: the weights as arcface_torch saves them. */

import { existsSync, realpathSync } from 'node:fs'
import { packErrors } from '../../../runtime/data/pack/messages.ts'
import { embedErrors } from '../../../runtime/embed/messages.ts'
import { writeTorchStateDict } from '../../../runtime/export/torch-state-dict.ts'
import { networkShapes } from '../../../runtime/network/open-network.ts'
import type { OpenedNetwork } from '../../host/network/with-network.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { writtenLines } from '../../render/exported.ts'
import { formatBytes, plural } from '../../render/format.ts'
import type { Output } from '../../render/output.ts'

export interface ExportTorchOptions {
  /** A `.pt` file. */
  readonly out: string
  readonly force: boolean
  readonly format: 'text' | 'json'
}

/** Throws ARC6411 if the file exists, ARC6827 if it is that of the weights, ARC6404 and ARC6770. */
export async function exportTorch(
  network: OpenedNetwork,
  { out, force, format }: ExportTorchOptions,
  output: Output,
): Promise<ExitCode> {
  if (existsSync(out)) {
    if (realpathSync(out) === realpathSync(network.weights.path)) throw embedErrors('ARC6827', { file: out })
    if (!force) throw packErrors('ARC6411', { file: out })
  }
  const shapes = networkShapes(network.plan)
  const bytes = await writeTorchStateDict(out, { shapes, weights: network.weights })
  const { backbone } = network.plan
  output.result(
    format === 'json'
      ? [JSON.stringify({ file: out, backbone, tensors: shapes.size, bytes }, undefined, 2)]
      : writtenLines(out, [backbone, plural(shapes.size, 'tensor'), formatBytes(bytes)], output.look),
  )
  return exitCode.ok
}
