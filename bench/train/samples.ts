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

/** The last line of a measuring process. */
export interface Report {
  readonly samples: readonly Sample[]
  /** The most memory the process has had, in bytes. */
  readonly peak: number
  readonly losses: readonly number[]
  /** Until the step could run, compiled or loaded from the cache; 0 where nothing is compiled. */
  readonly loadSeconds: number
  /** Names and versions of what ran the steps. */
  readonly with: string
}

/** How long to measure. `torch_train.py` gets the same. */
export interface Effort {
  /** Steps at the beginning that do not count. */
  readonly warmUp: number
  /** Measure until there are this many quiet samples, and for at least this many seconds. */
  readonly quiet: number
  readonly seconds: number
  /** Measure for no more than this many seconds, however few are quiet. */
  readonly most: number
  /** A sample is quiet if other processes used at most this many cores during it. */
  readonly others: number
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

/** The cores that other processes used, on average over the sample; the counters' ticks can make it slightly negative. */
export function othersCores({ seconds, own, busy }: Sample): number {
  return (busy - own) / seconds
}

/** Whether these samples, which took so many seconds, are enough. */
export function isEnough(samples: readonly Sample[], taken: number, { quiet, seconds, most, others }: Effort): boolean {
  if (taken >= most) return true
  return taken >= seconds && samples.filter((sample) => othersCores(sample) <= others).length >= quiet
}

export interface Sampler {
  /** Call it at the end of each step. It returns whether another step is wanted. */
  readonly stepEnds: () => boolean
  readonly samples: readonly Sample[]
}

export function createSampler(effort: Effort): Sampler {
  const samples: Sample[] = []
  let warm = effort.warmUp
  let first = readClock()
  let last = first
  let steps = 0
  return {
    samples,
    stepEnds() {
      if (warm > 0) {
        warm--
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
      return !isEnough(samples, now.at - first.at, effort)
    },
  }
}

/** The most memory that this process has had, in bytes. */
export function peakMemory(): number {
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return Number(need(kilobytes, 'VmHWM in /proc/self/status')) * 1024
}
