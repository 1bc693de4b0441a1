/** Keeps TensorFlow's messages about itself away from users of arcc; with `ARCC_DEBUG=1` they are printed. */
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { openLibrary, processLibrary } from '../../native-library.ts'
import type { NativeInstallation } from './find-native.ts'

/**
 * Symbols in the pinned version of TensorFlow: what `absl::InitializeLog()` calls, without which all messages are printed, and
 * `absl::SetStderrThreshold(absl::LogSeverityAtLeast)`.
 */
const setInitialized = '_ZN4absl12lts_2025081412log_internal14SetInitializedEv'
const setStderrThreshold = '_ZN4absl12lts_2025081418SetStderrThresholdENS0_18LogSeverityAtLeastE'
/** Only the message of a crash. */
const fatal = 3
const stderr = 2

/** Opens TensorFlow's base library, which prints while it is opened, and sets the level of each of its two ways to write messages. */
export function silenceTensorflow({ home }: NativeInstallation): void {
  if (process.env.ARCC_DEBUG === '1') return
  process.env.TF_CPP_MIN_LOG_LEVEL ??= `${fatal}`
  const library = withoutStderr(() => openLibrary(join(home, 'tensorflow/libtensorflow_framework.so.2')))
  library.func(`void ${setInitialized}()`)()
  library.func(`void ${setStderrThreshold}(int)`)(fatal)
}

/** Runs `body` while this process's standard error leads nowhere. */
function withoutStderr<T>(body: () => T): T {
  const system = processLibrary()
  const dup2 = system.func('int dup2(int, int)')
  const kept = system.func('int dup(int)')(stderr)
  const nowhere = openSync('/dev/null', 'w')
  try {
    dup2(nowhere, stderr)
    return body()
  } finally {
    dup2(kept, stderr)
    closeSync(nowhere)
    system.func('int close(int)')(kept)
  }
}
