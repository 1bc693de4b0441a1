/** The plugin library in `$ARCC_XLA_PLUGIN`. */
import { basename, dirname, join, resolve } from 'node:path'
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Environment } from '../environment.ts'

/** A CUDA plugin is recognized by its name, or its folder's. */
const ofCuda = /cuda|gpu/i

/** Its path if it is for devices of this kind; otherwise arcc finds the plugin for each kind of device itself. */
export function namedPlugin(kind: DeviceKind, env: Environment = process.env): string | undefined {
  const named = env.ARCC_XLA_PLUGIN
  if (!named) return undefined
  const isCuda = ofCuda.test(join(basename(dirname(resolve(named))), basename(named)))
  return isCuda === (kind === 'cuda') ? named : undefined
}
