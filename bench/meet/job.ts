/** What a process of `npm run bench:meet` is told in its argument and at its input, and what it prints: lines of JSON. */

export interface NodeJob {
  readonly nodes: number
  readonly rank: number
  /** Where rank 0 listens. */
  readonly host: string
  readonly port: number
  readonly version: string
  /** How long all nodes have to come, in milliseconds. */
  readonly timeoutMs: number
  /** Compared with that of the others when all have met. */
  readonly plan: string
}

/** In what a node waits that nothing but the end of the run ends. */
export type Phase = 'barrier' | 'get' | 'idle'

export type Command =
  /** Sets `keys` keys of `bytes` bytes with the others, and reads those of the next rank. */
  | { readonly do: 'exchange'; readonly name: string; readonly keys: number; readonly bytes: number }
  | { readonly do: 'barriers'; readonly count: number }
  /** Is answered when the wait has begun. */
  | { readonly do: 'wait'; readonly phase: Phase }
  /** Exchanges keys until `stop`, which is answered when all nodes have stopped after the same round. */
  | { readonly do: 'flow' }
  | { readonly do: 'stop' }
  | { readonly do: 'use' }
  | { readonly do: 'close' }

export type Said =
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'joined' }
  | { readonly type: 'done'; readonly done: Done }
  | { readonly type: 'error'; readonly code: string; readonly message: string }

export interface Done {
  readonly seconds: number
  /** Resident bytes, and open descriptors. */
  readonly memory: number
  readonly descriptors: number
  /** Keys of the flow that were read and found right. */
  readonly keys: number
}
