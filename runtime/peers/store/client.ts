/** A member's connection to the store of its run: requests and replies, heartbeats, and what the server says of itself. */
import { connect, type Socket } from 'node:net'
import { reasonOf } from '../../system-errors.ts'
import { encodeFacts, type JoinFacts } from './facts.ts'
import { frameReader } from './frames.ts'
import {
  connectionKinds,
  decodeResponse,
  encodeRequest,
  liveness,
  Malformed,
  magic,
  protocolVersion,
  type Request,
  type Response,
} from './protocol.ts'
import { type Refusal, readRefusal } from './refusal.ts'

export interface MemberOptions {
  readonly host: string
  readonly port: number
  readonly token: string
  readonly rank: number
  /** Without the clock, which is read when the connection is there. */
  readonly facts: Omit<JoinFacts, 'clock'>
}

/** How an attempt to join ended. */
export type Attempt =
  /** `first` is the name of rank 0. */
  | { readonly how: 'admitted'; readonly address: string; readonly first: string; readonly member: MemberConnection }
  | { readonly how: 'refused'; readonly refusal: Refusal; readonly reason: string }
  /** Something else answers. */
  | { readonly how: 'stranger'; readonly reason: string }
  /** Nobody answers yet. */
  | { readonly how: 'unreachable'; readonly reason: string }

export interface MemberConnection {
  send(request: Request): void
  close(): void
}

export interface MemberEvents {
  onResponse(response: Response): void
  /** The connection is gone, and nobody has closed it here. */
  onGone(reason: string): void
}

/** The ids of HELLO and of heartbeats, which no other request has. */
export const reservedIds = { hello: 1, heartbeat: 2, first: 16 } as const

/** Milliseconds until an attempt is given up. */
const attemptTime = 10_000

/** Connects and sends HELLO, once. */
export function attemptJoin(options: MemberOptions, events: MemberEvents): Promise<Attempt> {
  const { host, port, token, rank, facts } = options
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.setNoDelay(true)
    let isAdmitted = false
    const give = (attempt: Attempt) => {
      clearTimeout(late)
      if (attempt.how !== 'admitted') socket.destroy()
      resolve(attempt)
    }
    const late = setTimeout(() => give({ how: 'unreachable', reason: 'it does not answer' }), attemptTime)
    const gone = (reason: string) => {
      if (isAdmitted) member.gone(reason)
      else give({ how: 'unreachable', reason })
    }
    const member = memberConnection(socket, events)
    const reader = frameReader((frame) => {
      const response = decodeResponse(frame)
      if (response.op === 'ok' && response.id === reservedIds.hello) {
        isAdmitted = true
        member.start()
        const first = Buffer.from(response.value).toString()
        give({ how: 'admitted', address: socket.remoteAddress ?? host, first, member })
      } else if (isAdmitted) member.take(response)
      else if (response.op === 'error' && response.id === reservedIds.hello)
        give({ how: 'refused', ...readRefusal(response.text) })
      else throw new Malformed('it sends something else than an answer')
    })
    reader.admit()
    socket.on('connect', () => {
      const value = encodeFacts({ ...facts, clock: Date.now() })
      const kind = connectionKinds.indexOf('member')
      const hello = { op: 'hello', id: reservedIds.hello, magic, version: protocolVersion, kind, rank, token } as const
      write(socket, { ...hello, facts: value })
    })
    socket.on('data', (bytes: Buffer) => {
      member.heard()
      try {
        reader.take(bytes)
      } catch (error) {
        if (!(error instanceof Malformed)) throw error
        if (isAdmitted) gone(error.message)
        else give({ how: 'stranger', reason: error.message })
      }
    })
    socket.on('error', (error) => gone(reasonOf(error)))
    socket.on('close', () => gone('its connection ended'))
  })
}

function write(socket: Socket, request: Request): void {
  socket.cork()
  for (const piece of encodeRequest(request)) socket.write(piece)
  socket.uncork()
}

function memberConnection(socket: Socket, events: MemberEvents) {
  let silent = 0
  let isDone = false
  let beat: ReturnType<typeof setInterval> | undefined
  const stop = () => {
    isDone = true
    clearInterval(beat)
    socket.destroy()
  }
  const gone = (reason: string) => {
    if (isDone) return
    stop()
    events.onGone(reason)
  }
  return {
    start() {
      beat = setInterval(() => {
        silent += 1
        if (silent > liveness.mostSilent) gone(`nothing was heard of it for ${silent - 1} seconds`)
        else write(socket, { op: 'heartbeat', id: reservedIds.heartbeat })
      }, liveness.tick)
    },
    heard() {
      silent = 0
    },
    take(response: Response) {
      if (response.id !== reservedIds.heartbeat) events.onResponse(response)
    },
    gone,
    send(request: Request) {
      if (!isDone) write(socket, request)
    },
    close: stop,
  }
}
