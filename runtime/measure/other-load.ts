/** How busy other programs keep this computer meanwhile: what is measured beside them is not the computer's own speed. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'

/** Seconds of processor time since the start of the system: all programs together, and this process. */
interface Spent {
  readonly all: number
  readonly own: number
  /** Seconds of this process's clock. */
  readonly at: number
}

/** Ticks of `/proc/stat` per second, on every Linux of today. */
const ticksPerSecond = 100
/** Columns of its line `cpu` in which no program ran: idle and waiting for disks. */
const idleColumns: ReadonlySet<number> = new Set([3, 4])
/** The columns after these, of guests, are also in the first two. */
const columns = 8

/** Processor seconds of all programs by the text of `/proc/stat`; `undefined` if it is another text. */
export function busySeconds(stat: string): number | undefined {
  const fields = /^cpu +([\d ]+)$/m.exec(stat)?.[1]?.trim().split(' ').map(Number)
  if (fields === undefined || fields.length < columns) return undefined
  const busy = fields.slice(0, columns).reduce((sum, ticks, i) => (idleColumns.has(i) ? sum : sum + ticks), 0)
  return busy / ticksPerSecond
}

function spent(): Spent | undefined {
  let stat: string
  try {
    stat = readFileSync('/proc/stat', 'utf8')
  } catch {
    return undefined
  }
  const all = busySeconds(stat)
  const { user, system } = process.cpuUsage()
  return all === undefined ? undefined : { all, own: (user + system) / 1e6, at: performance.now() / 1000 }
}

/**
 * Starts counting. The returned function says how many of this process's cores other programs took on average since, at least 0: programs
 * on cores that this process may not use do not count. 0 where the system does not say.
 */
export function countOthers(): () => number {
  const before = spent()
  return () => {
    const now = spent()
    if (before === undefined || now === undefined || now.at <= before.at) return 0
    const others = (now.all - before.all - (now.own - before.own)) / (now.at - before.at)
    return Math.max(0, others - (cpus().length - availableParallelism()))
  }
}
