/** How much memory this process has used. */
import { readFileSync } from 'node:fs'

/** `VmHWM:     123456 kB`, of proc_pid_status(5). */
const highWater = /^VmHWM:\s+(\d+) kB$/m

/**
 * The most bytes of memory that this process has had at once: its resident set, with shared libraries. On Linux it is counted from the
 * last exec(2); getrusage(2), which elsewhere has to do, also counts what was there before.
 */
export function peakProcessBytes(readStatus: () => string = () => readFileSync('/proc/self/status', 'utf8')): number {
  try {
    const [, kibibytes] = highWater.exec(readStatus()) ?? []
    if (kibibytes !== undefined) return Number(kibibytes) * 1024
  } catch {
    // Only Linux has this file.
  }
  return process.resourceUsage().maxRSS * 1024
}
