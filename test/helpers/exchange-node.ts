/**
 * One process of several whose programs run on GPUs, or on what tests have in their place: joins the run, creates engines, and prints
 * as JSON what came of it. Started as `exchange-node.js JSON`.
 */
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { ArccError } from '../../runtime/errors.ts'
import { join } from '../../runtime/peers/join.ts'
import type { Peers } from '../../runtime/peers/peers.ts'
import { createXlaEngine, type XlaEngine } from '../../runtime/xla/engine.ts'

export interface NodeTask {
  readonly nodes: number
  readonly rank: number
  readonly port: number
  readonly token: string
  /** Devices of each process. */
  readonly local: number
  /** One engine after the other: each with the cache of compiled programs in this folder. */
  readonly caches: readonly string[]
  /** Whether programs are only compiled. */
  readonly compileOnly?: boolean
  /** Where this process ends its work: killed, or silent until the others have ended. */
  readonly stop?: 'killed in client' | 'silent in client' | 'killed in compile' | 'failed in compile' | 'killed in run'
}

/** What a process prints; `error` is its last word. */
export interface NodeReport {
  readonly engines: readonly {
    readonly cached: number
    readonly compiled: number
    readonly description: string
    readonly memory: number | undefined
    readonly alive: number
  }[]
  readonly error?: { readonly code: string; readonly message: string }
}

const task: NodeTask = JSON.parse(process.argv[2] ?? '')
const { nodes, rank, port, token, local, caches, compileOnly = false, stop } = task
const world = { size: nodes * local, local, rank }
const gib = 2 ** 30

/** A sum over all devices, without inputs. */
function program(name: string): Graph {
  const b = new GraphBuilder(name, world.size)
  const own = ops.convert(b, ops.replicaId(b), 'f32')
  return b.finish([{ name: 'y', value: b.add('all_reduce', [own], { reduction: 'sum' }) }])
}

/** Ends this process where the task says so. */
async function at(place: 'client' | 'compile' | 'run', peers: Peers): Promise<void> {
  if (stop === `killed in ${place}`) process.kill(process.pid, 'SIGKILL')
  if (stop === `failed in ${place}`) {
    await peers.fail(new ArccError('ARC6999', {}, { text: 'this one has no memory left' }))
    process.exit(1)
  }
  if (stop === `silent in ${place}`) await peers.get('never', 60_000)
}

async function useEngine(engine: XlaEngine, peers: Peers) {
  await at('compile', peers)
  const [first, second] = await Promise.all([engine.compile(program('first')), engine.compile(program('second'))])
  await peers.barrier(`${engines.length}/compiled`, 'compiling')
  await at('run', peers)
  for (const executable of compileOnly ? [] : [first, second]) {
    const outputs = await executable.run(Array(local).fill([]))
    for (const tensor of outputs.flat()) tensor.dispose()
  }
  const { description, alive, programs } = engine
  engines.push({ ...programs, description, memory: engine.deviceMemory(), alive })
}

const engines: NodeReport['engines'][number][] = []
let error: NodeReport['error']
const peers = await join({
  nodes,
  rank,
  rendezvous: { host: '127.0.0.1', port },
  token,
  version: '1.0',
  timeoutMs: 20_000,
  name: `node-${rank}`,
  onNotice: () => undefined,
})
try {
  const gpus = Array.from({ length: local }, (_, index) => ({
    index,
    name: 'a card',
    memory: 80 * gib,
    compute: [9, 0] as const,
  }))
  for (const cache of caches) {
    process.env.ARCC_CACHE = cache
    if (stop?.endsWith('in client') === true) {
      await peers.barrier('pjrt/0/client', 'loading XLA')
      await at('client', peers)
    }
    const engine = await createXlaEngine({
      world,
      peers,
      devices: { kind: 'cuda', gpus, memory: 78 * gib },
      cacheAbove: 0,
    })
    try {
      await useEngine(engine, peers)
    } finally {
      engine.dispose()
    }
  }
} catch (caught) {
  error =
    caught instanceof ArccError ? { code: caught.code, message: caught.message } : { code: '', message: String(caught) }
  await peers.fail(caught)
}
process.stdout.write(JSON.stringify({ engines, ...(error === undefined ? {} : { error }) } satisfies NodeReport))
await peers.close()
process.exit()
