/** What a node needs to join a run. */
import type { NetworkAddress } from '../../compiler/plan/plan.ts'

export interface JoinOptions {
  readonly nodes: number
  readonly rank: number
  readonly rendezvous: NetworkAddress
  /** Empty on a loopback address only. */
  readonly token: string
  /** The version of arcc. */
  readonly version: string
  /** How long all nodes have to come, in milliseconds. */
  readonly timeoutMs: number
  /** Whether a node that finds a run which is about to end waits for the next one at the same address. */
  readonly waitsForNext?: boolean
  /** The names of the nodes by rank, where the scheduler tells them. */
  readonly expected?: readonly string[]
  /** Of this computer; default: its own. */
  readonly name?: string
  /** Lines for people: who is waited for, who has come, who was refused. */
  readonly onNotice: (text: string) => void
  /** Stops waiting. */
  readonly signal?: AbortSignal
}
