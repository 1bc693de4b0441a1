/** What an environment says about the nodes of a run. */
import type { Environment } from '../../environment.ts'

/** A value, and the variables that it comes from. */
export interface Told<T> {
  readonly value: T
  readonly source: string
}

export interface Found {
  /** `torchrun`, `Slurm`, `Kubernetes` */
  readonly by: string
  readonly nodes?: Told<number>
  readonly rank?: Told<number>
  /** `HOST:PORT` */
  readonly rendezvous?: Told<string>
  /** A rendezvous that is only derived: any other goes before it. */
  readonly derived?: Told<string>
  /** Host names, by rank. */
  readonly names?: readonly string[]
  /** Processes that are started on each computer, if they are several: arcc drives all devices of a computer from one. */
  readonly processes?: Told<number>
  /** Why the variables do not count. */
  readonly ignored?: string
}

/** A variable that is a whole number of at least `least`; `undefined` if it is missing or something else. */
export function numberIn(env: Environment, name: string, least = 0): Told<number> | undefined {
  const text = env[name]?.trim()
  if (text === undefined || !/^\d{1,9}$/.test(text) || Number(text) < least) return undefined
  return { value: Number(text), source: name }
}
