/** What exports to files of other programs have in common. */
import { existsSync, realpathSync } from 'node:fs'
import { sep } from 'node:path'
import { need } from '../../../grammar/diagnostic.ts'
import type { ExportedWeights } from '../../../runtime/export/exported-weights.ts'
import { exportErrors } from '../../../runtime/export/messages.ts'
import { networkShapes } from '../../../runtime/network/open-network.ts'
import { fileHost } from '../../host/host.ts'
import type { NetworkSource } from '../../host/network/find-backbone.ts'
import { type OpenedNetwork, openNamedNetwork } from '../../host/network/with-network.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import type { Output } from '../../render/output.ts'
import type { OutputFormat } from '../options.ts'

/** Which network, and where to. */
export interface ExportTarget extends NetworkSource {
  readonly out: string
  readonly force: boolean
  readonly format: OutputFormat
}

/** The weights in the order in which the backbone declares them. */
export function weightsOf({ plan, backbone, weights }: OpenedNetwork): ExportedWeights {
  const shapes = networkShapes(plan)
  return { shapes: new Map(backbone.parameters.map(({ path }) => [path, need(shapes.get(path), path)])), weights }
}

/** Opens the network without devices, and closes it after `body`. Throws ARC6833 if the output is what is read. */
export async function withOpened(
  { path, backbone, experiment, out }: ExportTarget,
  output: Output,
  body: (network: OpenedNetwork) => Promise<void>,
): Promise<ExitCode> {
  const request = { path, backbone, experiment, batch: 1, precision: 'f32' } as const
  const where = { mirrored: false, device: 'cpu', replicas: 1 } as const
  const network = await openNamedNetwork(request, where, fileHost(), output)
  if (network === undefined) return exitCode.user
  try {
    if (existsSync(out)) {
      const [read, written] = [realpathSync(network.weights.path), realpathSync(out)]
      if (read === written || read.startsWith(written + sep)) throw exportErrors('ARC6833', { path: out })
    }
    await body(network)
    return exitCode.ok
  } finally {
    await network.weights.close()
  }
}
