/**
 * The load of a start on the store of a run: as many nodes as 64 to 1,024 devices are at eight in each computer, with real connections
 * over loopback. What they exchange is what XLA and arcc do: names and facts, the topologies of all processes, the ids of NCCL's
 * communicators, barriers, then heartbeats.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { formatBytes, formatSeconds } from '../../cli/render/format.ts'
import { renderTable } from '../../cli/render/table.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { Requests, Wanted } from '../../runtime/peers/requests.ts'
import { type LoadNode, loadNode, type Traffic } from './store-node.ts'
import type { StoreProcessData, StoreUse } from './store-process.ts'

export interface StoreRow {
  readonly nodes: number
  readonly connections: number
  /** Seconds until all connections are admitted, then until all has been exchanged. */
  readonly joined: number
  readonly exchanged: number
  readonly requests: number
  readonly bytes: number
  /** CPU seconds of the store for all of that, and of each second of heartbeats. */
  readonly busy: number
  readonly beating: number
  /** Bytes of the store's process. */
  readonly memory: number
}

/** Bytes of XLA's description of a device, of NCCL's ids, and of a node's facts (hashes, counts, versions). */
const sizes = { device: 256, id: 128, facts: 2048 } as const
const devicesPerNode = 8
/** Communicators of a step: of collectives on the compute stream and beside it. */
const cliques = 2
/** Seconds of heartbeats. */
const beats = 5
const timeout = 120_000

async function startStore(data: StoreProcessData): Promise<{ child: ChildProcess; port: number }> {
  const path = fileURLToPath(new URL('./store-process.ts', import.meta.url))
  const child = fork(path, [JSON.stringify(data)], { execArgv: ['--import', 'tsx'] })
  const [port] = await once(child, 'message')
  return { child, port: typeof port === 'number' ? port : bug('a store without a port') }
}

async function useOf(child: ChildProcess): Promise<StoreUse> {
  child.send('use')
  const [use] = await once(child, 'message')
  return use as StoreUse
}

async function replyOf(requests: Requests, wanted: Wanted): Promise<Uint8Array> {
  const reply = await requests.ask(wanted)
  return reply.op === 'ok' ? reply.value : bug(`the store refuses: ${reply.text}`)
}

/** What a process does from joining to its first step. */
async function start({ peers, native }: LoadNode): Promise<void> {
  const { rank, nodes } = peers
  const ranks = Array.from({ length: nodes }, (_, it) => it)
  const set = (key: string, bytes: number) => replyOf(native, { op: 'set', key, value: randomBytes(bytes) })
  const get = (key: string) => replyOf(native, { op: 'get', key, timeout })
  await peers.gather('facts', randomBytes(sizes.facts), 'comparing')
  await set(`pjrt/local_topology/cuda/${rank}`, devicesPerNode * sizes.device)
  if (rank === 0) {
    const locals = await Promise.all(ranks.map((it) => get(`pjrt/local_topology/cuda/${it}`)))
    await set(
      'pjrt/global_topology/cuda',
      locals.reduce((sum, local) => sum + local.length, 0),
    )
  }
  await get('pjrt/global_topology/cuda')
  await peers.barrier('compile', 'compiling')
  for (let clique = 0; clique < cliques; clique++) {
    if (rank === 0) await set(`pjrt/nccl/${clique}`, sizes.id)
    await get(`pjrt/nccl/${clique}`)
  }
  await peers.barrier('first step', 'starting')
}

export async function storeRow(nodes: number): Promise<StoreRow> {
  const token = randomBytes(16).toString('hex')
  const { child, port } = await startStore({ nodes, token })
  const traffic: Traffic = { requests: 0, bytes: 0 }
  try {
    const idle = await useOf(child)
    const begun = performance.now()
    const all = await Promise.all(
      Array.from({ length: nodes }, (_, rank) => loadNode({ port, token, rank, nodes }, traffic)),
    )
    const joined = performance.now()
    await Promise.all(all.map(start))
    const exchanged = performance.now()
    const started = await useOf(child)
    const { requests, bytes } = traffic
    await new Promise((resolve) => setTimeout(resolve, beats * 1000))
    const beaten = await useOf(child)
    await Promise.all(all.map((node) => node.close()))
    return {
      nodes,
      connections: 2 * nodes,
      joined: (joined - begun) / 1000,
      exchanged: (exchanged - joined) / 1000,
      requests,
      bytes,
      busy: started.seconds - idle.seconds,
      beating: (beaten.seconds - started.seconds) / beats,
      memory: beaten.memory,
    }
  } finally {
    child.disconnect()
  }
}

/** Of the work of the largest number of nodes, the share that each node has, against that of the smallest number. */
export function growth(rows: readonly StoreRow[]): number {
  const [first, last] = [need(rows[0], 'a row'), need(rows.at(-1), 'a row')]
  return last.busy / last.nodes / (first.busy / first.nodes)
}

export function storeTable(rows: readonly StoreRow[]): string[] {
  const right = { align: 'right' } as const
  return renderTable(
    [
      { title: 'nodes', ...right },
      { title: 'devices', ...right },
      { title: 'connections', ...right },
      { title: 'admitted', ...right },
      { title: 'exchanged', ...right },
      { title: 'requests', ...right },
      { title: 'bytes', ...right },
      { title: 'CPU', ...right },
      { title: 'a node', ...right },
      { title: 'heartbeats', ...right },
      { title: 'memory', ...right },
    ],
    rows.map((row) => [
      String(row.nodes),
      String(row.nodes * devicesPerNode),
      String(row.connections),
      formatSeconds(row.joined),
      formatSeconds(row.exchanged),
      row.requests.toLocaleString('en-US'),
      formatBytes(row.bytes),
      formatSeconds(row.busy),
      formatSeconds(row.busy / row.nodes),
      `${(row.beating * 100).toFixed(2)} %`,
      formatBytes(row.memory),
    ]),
  )
}
