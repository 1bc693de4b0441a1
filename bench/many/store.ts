/**
 * The load of a start on the store of a run: as many nodes as 16 to 2,048 devices are at eight in each computer, with real connections
 * over loopback. They do what a run does until its first step (`store-start.ts`), then send heartbeats.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { formatBytes, formatSeconds } from '../../cli/render/format.ts'
import { renderTable } from '../../cli/render/table.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import { loadNode, type Traffic } from './store-node.ts'
import type { StoreProcessData, StoreUse } from './store-process.ts'
import { devicesPerNode, startNode } from './store-start.ts'

export interface StoreRow {
  readonly nodes: number
  readonly connections: number
  /** Seconds until all connections are admitted, then until all has been exchanged. */
  readonly joined: number
  readonly exchanged: number
  readonly requests: number
  /** Bytes of messages, without heartbeats: arcc's, and those of XLA's clients, which all read the devices of all. */
  readonly bytes: number
  readonly xlaBytes: number
  /** CPU seconds of the store for all of that, and of each second of heartbeats. */
  readonly busy: number
  readonly beating: number
  /** Bytes of the store's process. */
  readonly memory: number
}

/** Seconds of heartbeats. */
const beats = 5

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

export async function storeRow(nodes: number): Promise<StoreRow> {
  const token = randomBytes(16).toString('hex')
  const { child, port } = await startStore({ nodes, token })
  const own: Traffic = { requests: 0, bytes: 0 }
  const xla: Traffic = { requests: 0, bytes: 0 }
  try {
    const idle = await useOf(child)
    const begun = performance.now()
    const all = await Promise.all(
      Array.from({ length: nodes }, (_, rank) => loadNode({ port, token, rank, nodes }, own, xla)),
    )
    const joined = performance.now()
    await Promise.all(all.map(startNode))
    const exchanged = performance.now()
    const started = await useOf(child)
    const requests = own.requests + xla.requests
    const { bytes } = own
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
      xlaBytes: xla.bytes,
      busy: started.seconds - idle.seconds,
      beating: (beaten.seconds - started.seconds) / beats,
      memory: beaten.memory,
    }
  } finally {
    child.disconnect()
  }
}

/** Of a figure of the largest number of nodes, the share that each node has, against that of the smallest number. */
export function growth(rows: readonly StoreRow[], of: 'busy' | 'bytes'): number {
  const [first, last] = [need(rows[0], 'a row'), need(rows.at(-1), 'a row')]
  return last[of] / last.nodes / (first[of] / first.nodes)
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
      { title: 'arcc', ...right },
      { title: 'a node', ...right },
      { title: 'XLA', ...right },
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
      formatBytes(row.bytes / row.nodes),
      formatBytes(row.xlaBytes),
      formatSeconds(row.busy),
      formatSeconds(row.busy / row.nodes),
      `${(row.beating * 100).toFixed(2)} %`,
      formatBytes(row.memory),
    ]),
  )
}
