/** A member's requests to the store, from the main thread: each is a promise, and all end when the run is over. */
import { bug } from '../../grammar/diagnostic.ts'
import { reservedIds } from './store/client.ts'
import { limits, type Request, type Response } from './store/protocol.ts'

/** What a request wants, without its id. */
export type Wanted = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never

export type Reply = Extract<Response, { readonly op: 'ok' | 'error' }>

export interface Requests {
  /** The reply of the store. Rejects when the connection is gone. */
  ask(wanted: Wanted): Promise<Reply>
  /** Takes a reply. */
  take(reply: Reply): void
  /** Rejects all requests, those to come too. */
  end(error: Error): void
}

/** Ids are reused after this many. */
const lastId = 2 ** 31

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

export function createRequests(send: (request: Request) => void): Requests {
  const open = new Map<number, Waiting>()
  /** Those that would exceed the number that the store takes of a connection. */
  const later: (() => void)[] = []
  let next: number = reservedIds.first
  let ended: Error | undefined

  const begin = (wanted: Wanted, waiting: Waiting) => {
    if (ended !== undefined) return waiting.reject(ended)
    const id = next
    next = next === lastId ? reservedIds.first : next + 1
    open.set(id, waiting)
    send({ ...wanted, id })
  }
  return {
    ask: (wanted) =>
      new Promise((resolve, reject) => {
        const waiting = { resolve, reject }
        if (open.size < limits.openRequests - 1) begin(wanted, waiting)
        else later.push(() => begin(wanted, waiting))
      }),
    take(reply) {
      const waiting = open.get(reply.id)
      if (waiting === undefined) return bug(`the store answers ${reply.id}, which nobody has asked`)
      open.delete(reply.id)
      waiting.resolve(reply)
      later.shift()?.()
    },
    end(error) {
      ended ??= error
      const all = [...open.values()]
      open.clear()
      for (const { reject } of all) reject(ended)
      for (const one of later.splice(0)) one()
    },
  }
}
