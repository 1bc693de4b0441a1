/** What the threads of `runtime/peers` and the main thread send each other. */
import type { Attempt, MemberOptions } from './store/client.ts'
import type { Request, Response } from './store/protocol.ts'
import type { StoreEvent, StoreOptions } from './store/server.ts'

export type MemberData = MemberOptions & {
  /** How long rank 0 is tried to be reached. */
  readonly timeoutMs: number
  readonly waitsForNext: boolean
}

/** To the thread of a member: a request that is passed on, or its end. */
export type ToMember = Request | 'close'

export type FromMember =
  | { readonly type: 'waiting'; readonly reason: string }
  | { readonly type: 'admitted'; readonly address: string; readonly first: string }
  | { readonly type: 'rejected'; readonly attempt: Exclude<Attempt, { readonly how: 'admitted' }> }
  | { readonly type: 'response'; readonly response: Response }
  | { readonly type: 'gone'; readonly reason: string }

export type StoreData = Omit<StoreOptions, 'onEvent'>

/** To the thread of the store: how long to wait for members that have not gone yet. */
export interface ToStore {
  readonly closeWithin: number
}

export type FromStore =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'event'; readonly event: StoreEvent }
