/** Ends the process at once, whatever its threads do. */
import { processLibrary } from './native-library.ts'

/**
 * Ends the process with `_exit(2)`. `process.exit` first waits for every thread of libuv's pool, so that a compilation or a hanging
 * step would delay it without limit, and then runs the destructors of native libraries whose own threads may still be using them,
 * which can end in a segmentation fault. Buffered output of Node's standard streams is written before: on Linux all of its writes to
 * files, pipes and terminals are synchronous. Handlers of the event `exit` run before: they remove files and child processes.
 */
export function endProcess(code: number): never {
  process.emit('exit', code)
  try {
    processLibrary().func('void _exit(int code)')(code)
  } catch {
    // Without the native interface there are no native threads to wait for.
  }
  process.exit(code)
}
