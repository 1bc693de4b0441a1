/** The plugin library that `$ARCC_XLA_PLUGIN` names. */
import { basename, dirname, join, resolve } from 'node:path'
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A plugin of CUDA says so in its name, or in its folder's. */
const ofCuda = /cuda|gpu/i

/** Its path, where it is one for devices of this kind; else each kind of device has the plugin that arcc finds. */
export function namedPlugin(kind: DeviceKind, env: Environment = process.env): string | undefined {
  const named = env.ARCC_XLA_PLUGIN
  if (!named) return undefined
  const isCuda = ofCuda.test(join(basename(dirname(resolve(named))), basename(named)))
  return isCuda === (kind === 'cuda') ? named : undefined
}
