/** One node of the load: its connection as a member of the run, and the one of its native code, both real. */
import { connect } from 'node:net'
import { bug } from '../../grammar/diagnostic.ts'
import type { Calls } from '../../runtime/peers/calls.ts'
import { memberPeers } from '../../runtime/peers/member-peers.ts'
import type { Peers } from '../../runtime/peers/peers.ts'
import { createRequests, type Requests } from '../../runtime/peers/requests.ts'
import { attemptJoin } from '../../runtime/peers/store/client.ts'
import { frameReader } from '../../runtime/peers/store/frames.ts'
import {
  connectionKinds,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  magic,
  protocolVersion,
  type Request,
} from '../../runtime/peers/store/protocol.ts'

/** What all nodes have sent and received by one kind of connections. */
export interface Traffic {
  requests: number
  bytes: number
}

export interface LoadNode {
  readonly peers: Peers
  /** The requests of its member. */
  readonly calls: Calls
  /** Of PJRT's callbacks: the same store, another connection. */
  readonly native: Requests
  /** Ends both connections. */
  close(): Promise<void>
}

interface Place {
  readonly port: number
  readonly token: string
  readonly rank: number
  readonly nodes: number
}

const host = '127.0.0.1'

const sizeOf = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, piece) => sum + piece.length, 0)

function counted(traffic: Traffic, send: (request: Request) => void): (request: Request) => void {
  return (request) => {
    traffic.requests++
    traffic.bytes += sizeOf(encodeRequest(request))
    send(request)
  }
}

/** Joins, and resolves when the store has admitted both connections. */
export async function loadNode(place: Place, own: Traffic, xla: Traffic): Promise<LoadNode> {
  const { port, token, rank, nodes } = place
  const facts = { version: 'bench', name: `node-${rank}`, nodes }
  let send: (request: Request) => void = () => bug('a request before the node has joined')
  const requests = createRequests(counted(own, (request) => send(request)))
  const attempt = await attemptJoin(
    { host, port, token, rank, facts },
    {
      onResponse(response) {
        if (response.op !== 'ok' && response.op !== 'error') bug(`the store reports ${response.op}`)
        own.bytes += sizeOf(encodeResponse(response))
        requests.take(response)
      },
      onGone: (reason) => bug(`rank ${rank} lost the store: ${reason}`),
    },
  )
  if (attempt.how !== 'admitted') bug(`rank ${rank} was not admitted: ${attempt.how}`)
  const { member } = attempt
  send = (request) => member.send(request)
  const native = await auxiliary(place, xla)
  const calls = { requests, lost: new AbortController().signal }
  const peers = memberPeers({
    nodes,
    rank,
    names: Array.from({ length: nodes }, (_, it) => `node-${it}`),
    store: { host, port, token },
    ...calls,
    onWaiting: () => {},
    end: async () => member.close(),
  })
  return {
    peers,
    calls,
    native: native.requests,
    async close() {
      native.end()
      await peers.close()
    },
  }
}

/** A connection as native code has it: HELLO of an admitted rank, then requests. */
async function auxiliary({ port, token, rank }: Place, traffic: Traffic) {
  const socket = connect({ host, port })
  socket.setNoDelay(true)
  const write = (request: Request) => {
    for (const piece of encodeRequest(request)) socket.write(piece)
  }
  const requests = createRequests(counted(traffic, write))
  const helloId = 1
  const admitted = new Promise<void>((resolve, reject) => {
    const reader = frameReader((frame) => {
      const response = decodeResponse(frame)
      if (response.op !== 'ok' && response.op !== 'error') return bug(`the store reports ${response.op}`)
      if (response.id === helloId) return response.op === 'ok' ? resolve() : reject(new Error(response.text))
      traffic.bytes += sizeOf(encodeResponse(response))
      requests.take(response)
    })
    reader.admit()
    socket.on('data', (bytes: Buffer) => reader.take(bytes))
    socket.once('error', reject)
  })
  const kind = connectionKinds.indexOf('auxiliary')
  const facts = new Uint8Array(0)
  write({ op: 'hello', id: helloId, magic, version: protocolVersion, kind, rank, token, facts })
  await admitted
  return { requests, end: () => socket.end() }
}
