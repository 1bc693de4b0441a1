/** Pickles of verification sets: plain data, and NumPy's arrays and scalars. */
import type { PickleValue } from '../../pickle/pickle-values.ts'
import { unpickle } from '../../pickle/unpickle.ts'
import { dataErrors } from '../messages.ts'
import { build, callResult, knownGlobal } from './numpy-pickle.ts'

/** The value of a pickle; `file` is for errors: ARC6230 if it is damaged, ARC6231 if it tries to run something. */
export function readPickle(bytes: Uint8Array, file: string): PickleValue {
  return unpickle(bytes, {
    knownGlobal,
    call: callResult,
    build,
    damaged: (reason, at) => dataErrors('ARC6230', { file, at, reason }),
    refused: (global) => dataErrors('ARC6231', { file, global }),
  }).value
}
