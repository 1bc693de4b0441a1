/** What tells processes apart for ever: a process number is reused after its process has ended, and after a restart. */
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A computer since its last start, or a container on one. */
export interface Computer {
  readonly host: string
  /** Identifies the installed system, because hosts may have the same name; empty where the system has none. */
  readonly machine: string
  /** Of this start of the system; empty where the system has none. */
  readonly boot: string
  /** The namespace of process numbers, in containers; empty where the system has none. */
  readonly namespace: string
}

/** When a process started, in clock ticks since the system did, proc(5); `undefined` where the system does not tell. */
export function startOf(pid: number): string | undefined {
  const text = textOf(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The second field is the command in parentheses, which may contain anything; the start is the 22nd.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
}

function textOf(read: () => string): string {
  try {
    return read().trim()
  } catch {
    return ''
  }
}

let computer: Computer | undefined

export function thisComputer(): Computer {
  computer ??= {
    host: hostname(),
    machine: textOf(() => readFileSync('/etc/machine-id', 'latin1')),
    boot: textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
    namespace: textOf(() => readlinkSync('/proc/self/ns/pid')),
  }
  return computer
}

/** This computer since its last restart; in a container, that container. From digits and letters. */
export function computerName(): string {
  const { host, machine, boot, namespace } = thisComputer()
  return createHash('sha256').update([host, machine, boot, namespace].join('\n')).digest('hex').slice(0, 12)
}

/** The name of this process, from letters, digits and dots. */
export function processName(): string {
  return `${process.pid}.${startOf(process.pid) ?? '0'}.${computerName()}`
}

/** Whether a number is that of a process, of any user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Whether a process of this computer is still there: its number may be that of another one by now. */
export function isStill(pid: number, start: string | undefined): boolean {
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) && (start === undefined || (startOf(pid) ?? start) === start)
}

/** Whether a named process is still there; `undefined` if it belongs to another computer, or to this one before its last restart. */
export function isRunning(name: string): boolean | undefined {
  const [pid, start, where] = name.split('.')
  return where === computerName() ? isStill(Number(pid), start) : undefined
}
