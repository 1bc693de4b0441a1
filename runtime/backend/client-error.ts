/** Explains why a plugin refused to create a client. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import { PjrtError } from '../xla/pjrt/errors.ts'
import { placementErrors } from './messages.ts'

/** The user-facing error for a refused PJRT_Client_Create; other errors are returned unchanged. */
export function clientError(error: unknown, plugin: { readonly path: string; readonly kind: DeviceKind }): unknown {
  if (!(error instanceof PjrtError)) return error
  if (/no visible gpu devices/i.test(error.detail)) return placementErrors('ARC6057', { message: error.detail }, error)
  // A plugin only knows the options of its own devices.
  if (/unexpected option name/i.test(error.detail)) {
    return placementErrors('ARC6056', { ...plugin, message: error.detail }, error)
  }
  return error
}
