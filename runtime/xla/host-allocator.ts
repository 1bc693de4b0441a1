/**
 * XLA's CPU client takes a step's temporaries, hundreds of megabytes, from malloc and gives them back after every run. glibc maps
 * blocks that large afresh each time, and the kernel clears every page again: up to a third of a step. These settings keep the
 * memory in the process instead (mallopt(3)).
 */
import koffi from 'koffi'

/** Parameters of glibc's mallopt, from malloc.h. */
const trimThreshold = -1
const topPad = -2
const mmapMax = -4

let kept = false

/** Keeps freed memory in the process. Does nothing where the C library isn't glibc. */
export function keepFreedMemory(): void {
  if (kept || process.platform !== 'linux') return
  kept = true
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  if (report.header?.glibcVersionRuntime === undefined) return
  const mallopt = koffi.load(null).func('int mallopt(int, int)')
  mallopt(mmapMax, 0)
  mallopt(trimThreshold, 2 ** 31 - 1)
  mallopt(topPad, 64 * 2 ** 20)
}
