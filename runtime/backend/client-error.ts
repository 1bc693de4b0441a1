/** What the plugin's refusal of a client means. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import { PjrtError } from '../xla/pjrt/errors.ts'
import { placementErrors } from './messages.ts'

/** What a refused PJRT_Client_Create is for people; other errors stay as they are. */
export function clientError(error: unknown, plugin: { readonly path: string; readonly kind: DeviceKind }): unknown {
  if (!(error instanceof PjrtError)) return error
  if (/no visible gpu devices/i.test(error.detail)) return placementErrors('ARC6057', { message: error.detail }, error)
  // A plugin knows only the options of its own devices.
  if (/unexpected option name/i.test(error.detail)) {
    return placementErrors('ARC6056', { ...plugin, message: error.detail }, error)
  }
  return error
}
