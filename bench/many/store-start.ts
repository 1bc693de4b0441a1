/**
 * What a node of a run on GPUs asks of the store from joining to its first step: what arcc compares and decides, by its own functions,
 * and what XLA's clients exchange, as in a run with the CUDA plugin.
 */
import { randomBytes } from 'node:crypto'
import { bug } from '../../grammar/diagnostic.ts'
import { agree } from '../../runtime/peers/agree.ts'
import { createJoint } from '../../runtime/peers/joint.ts'
import type { Requests, Wanted } from '../../runtime/peers/requests.ts'
import { collectNames, tellName } from '../../runtime/peers/wait-for-all.ts'
import { sameInAll } from '../../runtime/xla/store/same-programs.ts'
import type { LoadNode } from './store-node.ts'

export const devicesPerNode = 8

/** Bytes of XLA's description of a device, and of NCCL's ids. */
const sizes = { device: 256, id: 128 } as const
/** Communicators of a step: of collectives on the compute stream and beside it. */
const cliques = 2
const timeout = 120_000

/** What `arcc run` compares: the fields of an experiment, then the counts and hashes of data sets. */
const comparisons = { command: 1, plan: 60, data: 8 }
const programs = ['init', 'step', 'embed']

const factsOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`train.field_${i}`, `the value ${i}`]))

export async function startNode(node: LoadNode): Promise<void> {
  const { peers, calls } = node
  const { rank, nodes } = peers
  await tellName(calls, rank, `node-${rank}`)
  await peers.barrier('join', 'meeting')
  if (rank === 0) await collectNames(calls, nodes)
  const compare = (name: keyof typeof comparisons) => agree(peers, name, factsOf(comparisons[name]), name)
  const joint = createJoint(peers, 'run')
  const nothing = async () => undefined
  await compare('command')
  await compare('plan')
  await joint.first('the run folder', async () => randomBytes(100).toString('hex'))
  await joint.each('the run folder', nothing, nothing)
  await compare('data')
  await peers.barrier('client', 'loading XLA')
  await openPlugin(node)
  const everyoneHas = sameInAll(peers, { name: 'pjrt/0' })
  for (const program of programs) await everyoneHas(program, false)
  await peers.barrier('compile', 'compiling')
  await joint.first('the checkpoints', nothing)
  await joint.each(
    'counting pictures',
    async () => 0,
    (all) => all.length,
  )
  await peers.barrier('initialized', 'initializing the state')
  await joint.first('the requirements', async () => [])
  await openCliques(node)
}

async function replyOf(requests: Requests, wanted: Wanted): Promise<Uint8Array> {
  const reply = await requests.ask(wanted)
  return reply.op === 'ok' ? reply.value : bug(`the store refuses: ${reply.text}`)
}

const set = (native: Requests, key: string, bytes: number) =>
  replyOf(native, { op: 'set', key, value: randomBytes(bytes) })
const get = (native: Requests, key: string) => replyOf(native, { op: 'get', key, timeout })

/** Every process gives its devices, and reads those of all, which the first one puts together. */
async function openPlugin({ peers: { rank, nodes }, native }: LoadNode): Promise<void> {
  const keyOf = (of: number) => `pjrt/0/local_topology/cuda/${of}`
  await set(native, keyOf(rank), devicesPerNode * sizes.device)
  if (rank === 0) {
    const locals = await Promise.all(Array.from({ length: nodes }, (_, it) => get(native, keyOf(it))))
    const bytes = locals.reduce((sum, { length }) => sum + length, 0)
    await set(native, 'pjrt/0/global_topology/cuda', bytes)
  }
  await get(native, 'pjrt/0/global_topology/cuda')
}

async function openCliques({ peers: { rank }, native }: LoadNode): Promise<void> {
  for (let clique = 0; clique < cliques; clique++) {
    if (rank === 0) await set(native, `pjrt/0/nccl/${clique}`, sizes.id)
    await get(native, `pjrt/0/nccl/${clique}`)
  }
}
