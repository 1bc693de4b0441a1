/** One process of `npm run bench:meet`; its argument is a `NodeJob`, its input has commands, its output is what it says. */
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { withPeers } from '../../cli/host/meet.ts'
import { need } from '../../grammar/diagnostic.ts'
import { ArccError } from '../../runtime/errors.ts'
import { agree } from '../../runtime/peers/agree.ts'
import { join } from '../../runtime/peers/join.ts'
import type { Peers } from '../../runtime/peers/peers.ts'
import { runToken } from '../../runtime/peers/token.ts'
import { startFlow } from './flow.ts'
import type { Command, Done, NodeJob, Phase, Said } from './job.ts'

const job: NodeJob = JSON.parse(need(process.argv[2], 'a job'))
const { nodes, rank, host, port, version, timeoutMs, plan } = job
const say = (said: Said) => void process.stdout.write(`${JSON.stringify(said)}\n`)

/** Milliseconds that a key may take. */
const keyTime = 60_000
/** A wait that only the end of the run ends. */
const forever = 3_600_000

function use(begun: number, keys = 0): Done {
  const seconds = (performance.now() - begun) / 1000
  return { seconds, memory: process.memoryUsage.rss(), descriptors: readdirSync('/proc/self/fd').length, keys }
}

async function exchange(peers: Peers, { name, keys, bytes }: Extract<Command, { do: 'exchange' }>): Promise<void> {
  const own = Math.floor(keys / nodes)
  const next = (rank + 1) % nodes
  const all = Array.from({ length: own }, (_, i) => i)
  const value = new Uint8Array(bytes).fill(rank)
  const set = all.map((i) => peers.put(`${name}/${rank}/${i}`, value))
  const read = all.map(async (i) => {
    const found = await peers.get(`${name}/${next}/${i}`, keyTime)
    if (found.length !== bytes || found[0] !== next || found.at(-1) !== next) throw new Error('a value is not its own')
  })
  await Promise.all([...set, ...read])
}

function wait(peers: Peers, phase: Phase): Promise<unknown> {
  if (phase === 'barrier') return peers.barrier('never', 'waiting for nothing')
  if (phase === 'get') return peers.get('never', forever)
  return new Promise((_, reject) => {
    peers.lost.addEventListener('abort', () => reject(peers.lost.reason), { once: true })
  })
}

/** Does what the lines say, in their order, until the last one. */
async function obey(peers: Peers): Promise<void> {
  const lost = wait(peers, 'idle')
  // It is awaited below, beside each command.
  lost.catch(() => undefined)
  let flow: ReturnType<typeof startFlow> | undefined
  for await (const line of createInterface({ input: process.stdin })) {
    const command: Command = JSON.parse(line)
    const begun = performance.now()
    switch (command.do) {
      case 'exchange':
        await peers.barrier(`before ${command.name}`, 'beginning')
        await exchange(peers, command)
        break
      case 'barriers':
        for (let i = 0; i < command.count; i++) await peers.barrier(`number ${i}`, 'passing barriers')
        break
      case 'flow':
        flow = startFlow(peers)
        break
      case 'stop':
        say({ type: 'done', done: use(begun, await flow?.stop()) })
        continue
      case 'wait':
        say({ type: 'done', done: use(begun) })
        await Promise.race([wait(peers, command.phase), lost])
        continue
      case 'close':
        return
      case 'use':
        break
    }
    say({ type: 'done', done: use(begun) })
  }
}

try {
  const rendezvous = { host, port }
  const token = runToken(undefined, rendezvous, process.env)
  const onNotice = (text: string) => say({ type: 'notice', text })
  const peers = await join({ nodes, rank, rendezvous, token, version, timeoutMs, name: `node-${rank}`, onNotice })
  await withPeers(peers, async () => {
    await agree(peers, 'plan', { 'the hash of the training step': plan }, 'plans')
    say({ type: 'joined' })
    await obey(peers)
  })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  say({ type: 'error', code: error instanceof ArccError ? error.code : 'bug', message })
  process.exitCode = 3
}
process.stdin.destroy()
