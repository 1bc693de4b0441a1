/** The processes that work together, one a computer: a *node*, with its *rank* from 0. */
import type { NodeNames } from './calls.ts'
import type { Judge } from './decide.ts'

/** Where the store of a run is reached. The token admits; it is never logged. */
export interface StoreAddress {
  readonly host: string
  readonly port: number
  readonly token: string
}

/**
 * What a process knows of the others, and how it speaks with them. Every call that waits ends with an `ArccError` when another node
 * is lost or has failed; the error names it.
 */
export interface Peers {
  readonly nodes: number
  readonly rank: number
  /** Host names by rank: those of all nodes at rank 0, its own and that of rank 0 at another node. */
  readonly names: NodeNames
  /** Where native code reaches the store; `undefined` for a single process. */
  readonly store: StoreAddress | undefined
  /**
   * What `judge` makes of the values of all nodes, by rank: rank 0 alone calls it, when all have given theirs. A name is used once per
   * run. `what` is the phase in words ("compiling the step"), for a message that says what is waited for.
   */
  decide(name: string, value: Uint8Array, what: string, judge: Judge): Promise<Uint8Array>
  /** Resolves when all nodes have come here. A name is used once per run. */
  barrier(name: string, what: string): Promise<void>
  /** Sets a key of the store, replacing an earlier value. */
  put(key: string, value: Uint8Array): Promise<void>
  /** The value of a key; waits until there is one, at most `timeoutMs`. */
  get(key: string, timeoutMs: number): Promise<Uint8Array>
  /** The value of a key, if there is one. */
  tryGet(key: string): Promise<Uint8Array | undefined>
  /** Removes a key, if there is one. */
  delete(key: string): Promise<void>
  /** Aborted, with an `ArccError` that names the node, when another node is lost, or has ended with an error, whose text it has. */
  readonly lost: AbortSignal
  /** Tells all nodes the error that ends this one; they show it last. Does not throw. */
  fail(error: unknown): Promise<void>
  /** Says goodbye: from here on, leaving is no loss. Does not throw. */
  close(): Promise<void>
}
