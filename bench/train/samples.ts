/**
 * Times steps in the process that runs them, and the processor's time meanwhile. `torch_train.py` does the same. Only Linux has
 * these figures.
 */
import { readFileSync } from 'node:fs'
import { need } from '../../grammar/diagnostic.ts'

/** Consecutive steps, so many that the processor's counters, of 10 ms each, are precise enough. Times in seconds. */
export interface Sample {
  readonly steps: number
  /** Wall time of all of them. */
  readonly seconds: number
  /** Processor time of this process, summed over its threads. */
  readonly own: number
  /** Time in which the processor was busy, summed over the cores; also for other guests of its hypervisor. */
  readonly busy: number
}

/** How long to measure. `torch_train.py` gets the same. */
export interface Effort {
  /** Steps at the beginning that do not count. */
  readonly warmUp: number
  /** Measure at least this many samples. */
  readonly samples: number
  /** Measure for at least this many seconds. */
  readonly seconds: number
}

/** A sample lasts at least this many seconds. */
const shortest = 0.5

/** `USER_HZ` of proc(5), which is 100 on every Linux. */
const ticksPerSecond = 100

interface Clock {
  readonly at: number
  readonly own: number
  readonly busy: number
}

/** Seconds in which cores were busy since the start of the computer, by the first line of /proc/stat. */
export function busySeconds(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = need(stat.split('\n')[0], 'a line')
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond
}

function readClock(): Clock {
  const { user, system } = process.cpuUsage()
  return {
    at: performance.now() / 1000,
    own: (user + system) / 1e6,
    busy: busySeconds(readFileSync('/proc/stat', 'utf8')),
  }
}

/** Collects samples; `step` is called at the end of each step and returns false when there are enough. */
export function sampler({ warmUp, samples: fewest, seconds }: Effort): {
  readonly step: () => boolean
  readonly samples: readonly Sample[]
} {
  const samples: Sample[] = []
  let done = 0
  let first = readClock()
  let last = first
  let steps = 0
  return {
    samples,
    step() {
      done++
      if (done < warmUp) return true
      if (done === warmUp) {
        first = readClock()
        last = first
        return true
      }
      steps++
      const now = readClock()
      if (now.at - last.at < shortest) return true
      samples.push({ steps, seconds: now.at - last.at, own: now.own - last.own, busy: now.busy - last.busy })
      last = now
      steps = 0
      return samples.length < fewest || now.at - first.at < seconds
    },
  }
}

/** The most memory that this process has had, in bytes. */
export function peakMemory(): number {
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return Number(need(kilobytes, 'VmHWM in /proc/self/status')) * 1024
}
