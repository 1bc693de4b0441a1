/** One connection of the store's server: frames in, frames out, within the limits. */
import type { Socket } from 'node:net'
import { frameReader } from './frames.ts'
import {
  decodeRequest,
  encodeResponse,
  errorCodes,
  limits,
  Malformed,
  type Request,
  type Response,
} from './protocol.ts'

/** Milliseconds that a connection has for its HELLO. */
const helloTime = 10_000

/** Bytes that wait to be sent to a slow reader before no more requests of it are read. */
const mostUnsent = 4 * 2 ** 20

export interface Connection {
  /** `10.0.0.2:41234` */
  readonly address: string
  /** Its rank, once it is admitted. */
  readonly admitted: { readonly rank: number; readonly isMember: boolean } | undefined
  admit(rank: number, isMember: boolean): void
  send(response: Response): void
  /** Sends a last message, and closes when it is sent. */
  end(response?: Response): void
  destroy(): void
  /** Keeps what ends a wait of this connection, for when it closes before. */
  waits(id: number, cancel: () => void): void
  /** The wait is over. */
  waited(id: number): void
}

export interface ConnectionEvents {
  /** A request of an admitted connection, or its first HELLO. */
  onRequest(connection: Connection, request: Request): void
  /** Bytes have come. */
  onBytes(connection: Connection): void
  onClose(connection: Connection): void
}

export function serveConnection(socket: Socket, events: ConnectionEvents): Connection {
  const waiting = new Map<number, () => void>()
  let admitted: Connection['admitted']
  let isEnded = false
  const late = setTimeout(() => socket.destroy(), helloTime)

  const send = (response: Response) => {
    if (isEnded || socket.destroyed) return
    socket.cork()
    for (const piece of encodeResponse(response)) socket.write(piece)
    socket.uncork()
    if (socket.writableLength > mostUnsent && !socket.isPaused()) {
      socket.pause()
      socket.once('drain', () => socket.resume())
    }
  }
  const refuse = (id: number, code: keyof typeof errorCodes, text: string) =>
    connection.end({ op: 'error', id, code: errorCodes[code], text })

  const connection: Connection = {
    address: `${socket.remoteAddress}:${socket.remotePort}`,
    get admitted() {
      return admitted
    },
    admit(rank, isMember) {
      clearTimeout(late)
      admitted = { rank, isMember }
      reader.admit()
    },
    send,
    end(response) {
      if (response !== undefined) send(response)
      isEnded = true
      socket.end()
      // Whoever does not close its side is not waited for.
      setTimeout(() => socket.destroy(), 1000).unref()
    },
    destroy: () => socket.destroy(),
    waits: (id, cancel) => waiting.set(id, cancel),
    waited: (id) => waiting.delete(id),
  }

  const reader = frameReader((frame) => {
    if (isEnded) return
    const request = decodeRequest(frame)
    if ((request.op === 'hello') !== (admitted === undefined)) throw new Malformed('HELLO is the first message, once')
    if (request.id === 0 || waiting.has(request.id)) throw new Malformed(`the id ${request.id} is taken`)
    if (waiting.size >= limits.openRequests)
      return refuse(request.id, 'limit', `more than ${limits.openRequests} requests wait`)
    events.onRequest(connection, request)
  })

  socket.setNoDelay(true)
  socket.on('data', (bytes: Buffer) => {
    if (isEnded) return
    events.onBytes(connection)
    try {
      reader.take(bytes)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      refuse(0, 'malformed', error.message)
    }
  })
  // What follows is `close`.
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    clearTimeout(late)
    isEnded = true
    for (const cancel of waiting.values()) cancel()
    waiting.clear()
    events.onClose(connection)
  })
  return connection
}
