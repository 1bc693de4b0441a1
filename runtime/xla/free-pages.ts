/** Gives memory that the process has freed back to the system, so that the steps of a run may take it. */
import { processLibrary } from '../native-library.ts'

type Trim = (keep: number) => number

let trim: Trim | undefined

/**
 * Compiling or loading a program, and the first values of a run, leave 100 MB and more in the heaps of the C library, which keeps
 * freed memory for its own threads: a tenth of a step's peak. Does nothing where the C library is not glibc. Takes milliseconds.
 */
export function giveBackFreePages(): void {
  trim ??= findTrim()
  trim(0)
}

function findTrim(): Trim {
  const nothing = () => 0
  if (process.platform !== 'linux') return nothing
  try {
    return processLibrary().func('int malloc_trim(size_t keep)') as Trim
  } catch {
    return nothing
  }
}
