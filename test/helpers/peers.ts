/** Nodes that meet within this process: each has threads and connections of its own, as in a process of its own. */
import { createServer } from 'node:net'
import { join } from '../../runtime/peers/join.ts'
import type { JoinOptions } from '../../runtime/peers/join-options.ts'
import type { Peers } from '../../runtime/peers/peers.ts'

export const token = 'a token of the tests'

/** A port of the loopback address that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0))
    })
  })
}

/** The options of a node; `heard` collects its notices. */
export function joinOptions(port: number, rank: number, nodes: number, heard: string[] = []): JoinOptions {
  const rendezvous = { host: '127.0.0.1', port }
  const said = { onNotice: (text: string) => heard.push(text) }
  return { nodes, rank, rendezvous, token, version: '1.0', timeoutMs: 20_000, name: `node-${rank}`, ...said }
}

/** So many nodes, met; whoever asks for them closes them. */
export async function meet(nodes: number): Promise<readonly Peers[]> {
  const port = await freePort()
  return Promise.all(Array.from({ length: nodes }, (_, rank) => join(joinOptions(port, rank, nodes))))
}

/** The error of a promise; undefined if it has none. */
export function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}
