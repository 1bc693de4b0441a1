/** Names of processes that stay unique: a process number is reused after its process has ended, and after a restart. */
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** When a process started, in clock ticks since the system did, proc(5); `0` where the system has no `/proc`. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the command in parentheses, which may contain anything; the start is the 22nd.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return process.platform === 'linux' ? undefined : '0'
  }
}

/** What tells computers, their starts, and containers apart; empty where the system does not have it. */
function factsOf(): readonly string[] {
  const read = (body: () => string) => {
    try {
      return body()
    } catch {
      return ''
    }
  }
  return [
    read(() => readFileSync('/etc/machine-id', 'latin1')),
    read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
    read(() => readlinkSync('/proc/self/ns/pid')),
  ]
}

let computer: string | undefined

/** This computer since its last restart; in a container, that container. */
export function computerName(): string {
  computer ??= createHash('sha256')
    .update([hostname(), ...factsOf()].join('\n'))
    .digest('hex')
    .slice(0, 12)
  return computer
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

/** Whether a process is still there; `undefined` if it belongs to another computer, or to this one before its last restart. */
export function isRunning(name: string): boolean | undefined {
  const [pid, start, where] = name.split('.')
  if (where !== computerName()) return undefined
  const number = Number(pid)
  return Number.isInteger(number) && number > 0 && isAlive(number) && (startOf(number) ?? start) === start
}
