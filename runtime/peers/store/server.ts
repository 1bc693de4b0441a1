/**
 * The store of a run, which rank 0 serves: it admits nodes, keeps keys, counts ranks at barriers, and notices who is lost. What a
 * connection sends can end that connection only.
 */
import { createServer, type Server } from 'node:net'
import { failureFacts } from '../../failure-facts.ts'
import { type Admission, admit, type Hello, type Member, type Run } from './admission.ts'
import { createBarriers } from './barriers.ts'
import { type Connection, serveConnection } from './connection.ts'
import { encodeFacts, type Missing, missingText, readReport } from './facts.ts'
import { createKeys } from './keys.ts'
import { errorCodes, limits, liveness, type Request } from './protocol.ts'
import { endsRun, refusalError, refusalText } from './refusal.ts'
import { createEnding, type RunEnd } from './run-end.ts'

/** Of missing nodes, those that are named to rank 0, and to each of the others: what all are told stays linear in the number of nodes. */
const mostNamed = { first: 256, others: 16 }

/** Barriers that are open at once. */
const mostBarriers = 10_000

export interface StoreOptions {
  readonly host: string
  readonly port: number
  readonly token: string
  readonly nodes: number
  /** The version of arcc, and the name of this computer. */
  readonly version: string
  readonly name: string
  readonly onEvent: (event: StoreEvent) => void
}

/** What rank 0 tells people about. */
export type StoreEvent =
  | { readonly type: 'joined'; readonly rank: number; readonly name: string; readonly address: string }
  | { readonly type: 'refused'; readonly address: string; readonly reason: string }

export interface Store {
  readonly port: number
  /** Bytes of keys and values. */
  readonly bytes: number
  /** Waits until all members have gone, at most `graceMs`, then closes. */
  close(graceMs: number): Promise<void>
}

/** Listens; throws the error of the system if it cannot. */
export async function serveStore(options: StoreOptions): Promise<Store> {
  const { nodes, version, name, token, onEvent } = options
  const keys = createKeys()
  const barriers = createBarriers(nodes)
  const connections = new Set<Connection>()
  const members = new Map<number, Member>()
  const silent = new Map<number, number>()
  const nodeName = (rank: number) => `rank ${rank} (${members.get(rank)?.name ?? 'unknown'})`
  let over: string | undefined
  let endedBy: Run['endedBy']

  const ending = createEnding(({ op, rank, report }: RunEnd) => {
    over =
      report.ofAll === true
        ? report.reason
        : `${nodeName(rank)} ${op === 'lost' ? 'is lost' : 'ended with an error'}: ${report.reason}`
    const value = encodeFacts({ ...report, name: members.get(rank)?.name ?? 'unknown' })
    for (const connection of connections)
      if (connection.admitted?.isMember === true) connection.send({ op, id: 0, rank, report: value })
    keys.end()
    barriers.end()
    for (const done of failing.splice(0)) done()
  })
  /** Replies to those that have reported an error, once it is known whose error ends the run. */
  const failing: (() => void)[] = []

  const lose = (rank: number, reason: string) => {
    const member = members.get(rank)
    if (member?.state !== 'here') return
    member.state = 'lost'
    ending.report({ op: 'lost', rank, report: { code: 'ARC6857', reason } })
  }
  const watch = setInterval(() => {
    for (const [rank, { state }] of members) {
      const looks = (silent.get(rank) ?? 0) + 1
      silent.set(rank, looks)
      if (state === 'here' && looks > liveness.mostSilent)
        lose(rank, `nothing was heard of it for ${looks - 1} seconds`)
    }
  }, liveness.tick)

  const welcome = (connection: Connection, hello: Hello) => {
    const found: Admission = admit(hello, { token, nodes, version, name, members, over, endedBy }, Date.now())
    if (found.as === 'malformed') {
      connection.end({ op: 'error', id: hello.id, code: errorCodes.malformed, text: 'HELLO is not valid' })
      return
    }
    if (found.as === 'refused') {
      const { refusal, reason } = found
      onEvent({ type: 'refused', address: connection.address, reason })
      connection.end({ op: 'error', id: hello.id, code: errorCodes.refused, text: refusalText(refusal, reason) })
      // Nobody who comes to a run that has met, or in the place of one who is there, ends it.
      const isAwaited = members.size < nodes && !members.has(hello.rank)
      if (!endsRun(refusal) || !isAwaited || endedBy !== undefined) return
      endedBy = { refusal, reason }
      const report = { ...failureFacts(refusalError(refusal, reason)), ofAll: true }
      ending.report({ op: 'failed', rank: hello.rank, report })
      return
    }
    const { rank } = found
    connection.admit(rank, found.as === 'member')
    if (found.as === 'member') {
      members.set(rank, { name: found.facts.name, address: connection.address, state: 'here' })
      onEvent({ type: 'joined', rank, name: found.facts.name, address: connection.address })
    }
    // Rank 0's name, which every node shows where it is about the run.
    ok(connection, hello.id, Buffer.from(found.as === 'member' ? name : ''))
  }

  const ok = (connection: Connection, id: number, value: Uint8Array = new Uint8Array()) =>
    connection.send({ op: 'ok', id, value })
  const error = (connection: Connection, id: number, code: keyof typeof errorCodes, text: string) =>
    connection.send({ op: 'error', id, code: errorCodes[code], text })
  const missingFor = (asking: number, ranks: readonly number[]): Missing => {
    const named = ranks.slice(0, asking === 0 ? mostNamed.first : mostNamed.others)
    const nodes = named.map((rank) => {
      const member = members.get(rank)
      return member === undefined ? { rank } : { rank, name: member.name }
    })
    return { count: ranks.length, nodes }
  }
  const runOver = (connection: Connection, id: number, missing: readonly number[]) => {
    const left = missing.filter((rank) => members.get(rank)?.state === 'left').map(nodeName)
    error(connection, id, 'runOver', over ?? `left: ${left.join(', ')}`)
  }

  const serve = (connection: Connection, rank: number, request: Request) => {
    const { id } = request
    switch (request.op) {
      case 'hello':
        return
      case 'heartbeat':
        return ok(connection, id)
      case 'set':
        if (keys.set(request.key, request.value)) return ok(connection, id)
        return error(connection, id, 'limit', `${request.key.slice(0, 80)} does not fit into the store`)
      case 'tryGet': {
        const value = keys.tryGet(request.key)
        return value === undefined ? error(connection, id, 'notFound', 'not found') : ok(connection, id, value)
      }
      case 'delete':
        keys.delete(request.key)
        return ok(connection, id)
      case 'get':
        return later(connection, id, (finish) =>
          keys.wait(request.key, request.timeout, (waited) =>
            finish(() => {
              if (waited === 'timed out') error(connection, id, 'timedOut', 'timed out')
              else if (waited === 'run over') runOver(connection, id, [])
              else ok(connection, id, waited.value)
            }),
          ),
        )
      case 'barrier':
        if (Buffer.byteLength(request.name) > limits.keyBytes || barriers.open >= mostBarriers)
          return error(connection, id, 'limit', 'too many barriers, or a name that is too long')
        return later(connection, id, (finish) =>
          barriers.wait(request.name, rank, request.timeout, (passed) =>
            finish(() => {
              if (passed.how === 'passed') ok(connection, id)
              else if (passed.how === 'run over') runOver(connection, id, passed.missing)
              else error(connection, id, 'timedOut', missingText(missingFor(rank, passed.missing)))
            }),
          ),
        )
      case 'fail': {
        const report = readReport(request.report)
        if (report === undefined) return error(connection, id, 'malformed', 'the report is not valid')
        failing.push(() => ok(connection, id))
        ending.report({ op: 'failed', rank, report })
        if (ending.decided !== undefined) for (const done of failing.splice(0)) done()
        return
      }
      case 'bye': {
        const member = members.get(rank)
        if (connection.admitted?.isMember === true && member !== undefined) {
          member.state = 'left'
          barriers.leave(rank)
        }
        return ok(connection, id)
      }
    }
  }

  /** Starts a wait that ends when it is answered or when its connection closes. */
  const later = (connection: Connection, id: number, begin: (finish: (answer: () => void) => void) => () => void) => {
    let isDone = false
    const cancel = begin((answer) => {
      isDone = true
      connection.waited(id)
      answer()
    })
    if (!isDone) connection.waits(id, cancel)
  }

  const server = createServer((socket) => {
    if (connections.size >= limits.connections(nodes)) {
      socket.destroy()
      return
    }
    const connection = serveConnection(socket, {
      onRequest(from, request) {
        if (request.op === 'hello') welcome(from, request)
        else if (from.admitted !== undefined) serve(from, from.admitted.rank, request)
      },
      onBytes({ admitted }) {
        if (admitted?.isMember === true) silent.set(admitted.rank, 0)
      },
      onClose(from) {
        connections.delete(from)
        if (from.admitted?.isMember === true) lose(from.admitted.rank, 'its connection ended')
      },
    })
    connections.add(connection)
  })
  const port = await listen(server, options.host, options.port)
  return {
    port,
    get bytes() {
      return keys.bytes
    },
    async close(graceMs) {
      const end = performance.now() + graceMs
      const isHere = () => [...members.values()].some(({ state }) => state === 'here')
      while (isHere() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20))
      clearInterval(watch)
      ending.stop()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const connection of connections) connection.end()
      })
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(address !== null && typeof address === 'object' ? address.port : port)
    })
  })
}
