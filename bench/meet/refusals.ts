/** Nodes that cannot be part of a run: refused at both sides, with the reason. */
import type { Network } from './network.ts'
import { inTime, killAll, leave, type Node, type NodeOptions, startNode } from './nodes.ts'
import { expect } from './report.ts'

interface Case {
  readonly name: string
  readonly nodes?: number
  /** Ranks that are there before the newcomer, which is rank 1. */
  readonly ranks?: readonly number[]
  /** What is different about the newcomer. */
  readonly newcomer: Partial<NodeOptions>
  /** The newcomer's error. */
  readonly said: RegExp
  /** What rank 0 tells people, or the error that it ends with. */
  readonly heard: RegExp
  /** Whether the run ends; otherwise the rest of the nodes come, and all meet. */
  readonly endsRun?: boolean
}

const other = 'another token of some length'
const address = String.raw`[\d.]+:\d+`

function casesOf(network: Network): readonly Case[] {
  const noToken = { token: undefined }
  const differs = (text: string) => ({
    said: new RegExp(`^ARC6855 .*${text}`),
    heard: new RegExp(`^ARC6855 .*${text}`),
  })
  const clock = (way: string) => {
    const text = String.raw`^ARC6856 .*the clock of rank 1 \(node-1\) is 120 seconds ${way} \(UTC [\d:]+ there, [\d:]+ at rank 0 \(node-0\)\)`
    return { said: new RegExp(text), heard: new RegExp(text), endsRun: true }
  }
  return [
    {
      name: 'a wrong token',
      newcomer: { token: other },
      said: /^ARC6853 .*its run token is not that of rank 0/,
      heard: new RegExp(`^refused ${address}: its run token is not that of rank 0`),
    },
    network.name === 'loopback'
      ? {
          name: 'no token',
          newcomer: noToken,
          said: /^ARC6853 .*it has no run token, but rank 0 has one/,
          heard: new RegExp(`^refused ${address}: it has no run token, but rank 0 has one`),
        }
      : // Refused by its own process: nothing is sent.
        {
          name: 'no token',
          newcomer: noToken,
          said: /^ARC6859 .*needs a run token/,
          heard: /^waiting for 1 of 2 nodes/,
        },
    {
      name: 'a second rank 1',
      nodes: 3,
      ranks: [0, 1],
      newcomer: {},
      said: new RegExp(String.raw`^ARC6854 .*rank 1 has joined already, from node-1 \(${address}\)`),
      heard: new RegExp(String.raw`^refused ${address}: rank 1 has joined already, from node-1 \(${address}\)`),
    },
    {
      name: 'another version',
      newcomer: { version: '2.0' },
      ...differs(String.raw`arcc is 1\.0 at rank 0 \(node-0\) and 2\.0 at rank 1 \(node-1\)`),
      endsRun: true,
    },
    {
      name: 'another number of nodes',
      newcomer: { nodes: 3 },
      ...differs(String.raw`--nodes is 2 at rank 0 \(node-0\) and 3 at rank 1 \(node-1\)`),
      endsRun: true,
    },
    {
      name: 'another plan',
      newcomer: { plan: 'other' },
      ...differs(String.raw`the hash of the training step is same at rank 0 \(node-0\) and other at rank 1 \(node-1\)`),
      endsRun: true,
    },
    { name: 'a clock that is ahead', newcomer: { clock: 120_000 }, ...clock('ahead') },
    { name: 'a clock that is behind', newcomer: { clock: -120_000 }, ...clock('behind') },
  ]
}

async function refusal(network: Network, token: string, it: Case): Promise<void> {
  const { nodes: count = 2, ranks = [0] } = it
  const common = { network, token, port: await network.freePort(), nodes: count }
  const started: Node[] = []
  const start = (options: NodeOptions) => {
    const node = startNode(options)
    started.push(node)
    return node
  }
  try {
    const first = start({ ...common, rank: 0 })
    const early = ranks.slice(1).map((rank) => start({ ...common, rank }))
    await first.notice(new RegExp(`^waiting for ${count - ranks.length} of ${count} nodes`))
    const newcomer = start({ ...common, rank: 1, ...it.newcomer })
    const end = await inTime(newcomer.end, `the refusal of ${it.name}`)
    const text = `${network.name}: ${it.name} is refused at both sides`
    if (it.endsRun === true) {
      const own = await inTime(first.end, `the end of rank 0 after ${it.name}`)
      const isRight = end.code === 3 && it.said.test(end.error) && own.code === 3 && it.heard.test(own.error)
      expect(isRight, `${text}, and ends the run`, [end.error, own.error])
      return
    }
    const missing = start({ ...common, rank: count - 1 })
    const all = [first, ...early, missing]
    await Promise.all(all.map(({ joined }) => joined))
    const isHeard = first.notices.some((line) => it.heard.test(line))
    const isWhole = (await leave(all)).every(({ code }) => code === 0)
    const isRight = end.code === 3 && it.said.test(end.error) && isHeard && isWhole
    expect(isRight, `${text}, and the others meet`, [end.error, ...first.notices])
  } finally {
    await killAll(started)
  }
}

/** Nodes that come when it is too late: the others have given up, the run is over, or it goes on without them. */
async function late(network: Network, token: string): Promise<void> {
  const started: Node[] = []
  const start = (options: NodeOptions) => {
    const node = startNode(options)
    started.push(node)
    return node
  }
  const endOf = ({ end }: Node) => inTime(end, 'the end of one that is late')
  try {
    const short = { network, token, port: await network.freePort(), nodes: 3, timeoutMs: 4000 }
    const ends = await Promise.all([0, 2].map((rank) => endOf(start({ ...short, rank }))))
    const missed = await endOf(start({ ...short, rank: 1 }))
    const inVain = /^ARC6852 only 2 of 3 nodes have met within 4 seconds: rank 1 did not come/
    const isRight =
      ends.every(({ error }) => inVain.test(error)) && /^ARC6851 rank 0 was not reached/.test(missed.error)
    const errors = [...ends, missed].map(({ error }) => error)
    expect(isRight, `${network.name}: nodes that wait in vain name who is missing, which then finds nobody`, errors)

    const run = { network, token, port: await network.freePort(), nodes: 3 }
    const [first, second, third] = [start({ ...run, rank: 0 }), start({ ...run, rank: 1 }), start({ ...run, rank: 2 })]
    await Promise.all([first, second, third].map(({ joined }) => joined))
    await first.tell({ do: 'wait', phase: 'idle' })
    // Rank 0 waits for the goodbye of one that stands still, so its store is still there when the run is over.
    third.kill('SIGSTOP')
    second.kill('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const over = await endOf(start({ ...run, rank: 1 }))
    const own = await endOf(first)
    const text = String.raw`the run is over: rank 1 \(node-1\) is lost: its connection ended`
    const isSaid = new RegExp(`^ARC6867 .*${text}`).test(over.error)
    const isHeard = first.notices.some((line) => new RegExp(`^refused ${address}: ${text}`).test(line))
    const name = `${network.name}: one that comes when the run is over is refused at both sides`
    expect(isSaid && isHeard && own.error.startsWith('ARC6857 rank 1'), name, [over.error, own.error, ...first.notices])
  } finally {
    await killAll(started)
  }
}

/** One that has left comes again: the run that goes on does not take it. */
async function again(network: Network, token: string): Promise<void> {
  const run = { network, token, port: await network.freePort(), nodes: 3 }
  const nodes = [0, 1, 2].map((rank) => startNode({ ...run, rank }))
  try {
    await Promise.all(nodes.map(({ joined }) => joined))
    await leave(nodes.filter(({ rank }) => rank === 1))
    const newcomer = startNode({ ...run, rank: 1 })
    const { error } = await inTime(newcomer.end, 'the end of one that comes again')
    const others = nodes.filter(({ rank }) => rank !== 1)
    const ends = await leave(others)
    const left = new RegExp(String.raw`rank 1 has joined and left, from node-1 \(${address}\)`)
    const isHeard = nodes[0]?.notices.some((line) => line.startsWith('refused') && left.test(line)) === true
    const isRight = error.startsWith('ARC6854') && left.test(error) && isHeard && ends.every(({ code }) => code === 0)
    expect(isRight, `${network.name}: one that has left is refused at both sides, and the others go on`, [error])
  } finally {
    await killAll(nodes)
  }
}

export async function refusals(network: Network, token: string): Promise<void> {
  for (const it of casesOf(network)) await refusal(network, token, it)
  await late(network, token)
  await again(network, token)
}
