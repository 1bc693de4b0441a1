/**
 * What becomes of a command whose output nobody reads any more. A short command ends in silence, as is usual in a pipe
 * (`arcc plan FILE | head`). A run goes on: its output is dropped, and its log has everything.
 */
import { exitCode } from '../render/exit.ts'

/** A reader that has gone: a closed pipe, a closed terminal, a descriptor that was never open. */
const gone: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'EBADF', 'ENXIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

let outlasts = false

/** Handles errors of stdout and stderr from now on. An error that is not of a reader that has gone is thrown. */
export function watchStandardStreams(): void {
  process.stdout.on('error', (error) => {
    if (outlasts) return
    if (gone.has(codeOf(error))) process.exit(exitCode.ok)
    throw error
  })
  // There is nowhere to say that nothing can be said.
  process.stderr.on('error', () => undefined)
}

/** From now on, output that cannot be written is dropped, and the command goes on. */
export function outlastOutput(): void {
  if (outlasts) return
  outlasts = true
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    // Streams of files throw where others emit an error.
    const writeIfPossible = (...given: Parameters<typeof stream.write>): boolean => {
      try {
        return write(...given)
      } catch (error) {
        if (error instanceof Error && 'syscall' in error) return false
        throw error
      }
    }
    Object.assign(stream, { write: writeIfPossible })
  }
}
