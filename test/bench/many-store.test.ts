/** What the nodes of a run ask of the store until its first step, by the functions of `npm run bench:many -- store`. */
import { beforeAll, describe, expect, it } from 'vitest'
import { loadNode, type Traffic } from '../../bench/many/store-node.ts'
import { startNode } from '../../bench/many/store-start.ts'
import { serveStore } from '../../runtime/peers/store/server.ts'
import { token } from '../helpers/peers.ts'

interface Load {
  readonly own: Traffic
  readonly xla: Traffic
  /** Bytes of keys and values that stay in the store. */
  readonly kept: number
}

async function loadOf(nodes: number): Promise<Load> {
  const names = { version: 'bench', name: 'node-0' }
  const store = await serveStore({ host: '127.0.0.1', port: 0, nodes, token, ...names, onEvent: () => {} })
  const own: Traffic = { requests: 0, bytes: 0 }
  const xla: Traffic = { requests: 0, bytes: 0 }
  const ranks = Array.from({ length: nodes }, (_, rank) => rank)
  const { port } = store
  const all = await Promise.all(ranks.map((rank) => loadNode({ port, token, rank, nodes }, own, xla)))
  await Promise.all(all.map(startNode))
  // What is removed is not waited for: all have asked for it when all have passed this.
  await Promise.all(all.map(({ peers }) => peers.barrier('end', 'ending')))
  const load = { own: { ...own }, xla: { ...xla }, kept: store.bytes }
  await Promise.all(all.map((node) => node.close()))
  await store.close(5000)
  return load
}

describe('the start of 6 and of 30 nodes', () => {
  let few: Load
  let many: Load
  beforeAll(async () => {
    few = await loadOf(6)
    many = await loadOf(30)
  })
  const growth = (of: (load: Load) => number) => of(many) / 30 / (of(few) / 6)

  it('takes as many bytes and requests of arcc for each node', () => {
    expect(few.own.bytes).toBeGreaterThan(6 * 4000)
    expect(growth(({ own }) => own.bytes)).toBeLessThan(1.15)
    expect(growth(({ own }) => own.requests)).toBeLessThan(1.15)
    expect(growth(({ kept }) => kept)).toBeLessThan(1.15)
  })

  it('takes more of XLA, whose clients read the devices of all', () => {
    expect(growth(({ xla }) => xla.bytes)).toBeGreaterThan(3)
  })
})
