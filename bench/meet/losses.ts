/** Nodes that are killed, stopped, or cut off: the others end in time, and name them. */
import type { Phase } from './job.ts'
import type { Network } from './network.ts'
import { inTime, killAll, type Node, type NodeEnd, startNodes } from './nodes.ts'
import { expect } from './report.ts'

/** Seconds that the others have. */
const most = 30

/** While not all have come, at the same barrier, waiting for the same key, or doing nothing with the store. */
const phases = ['joining', 'barrier', 'get', 'idle'] as const
type WhenLost = (typeof phases)[number]

const phaseNames: Readonly<Record<WhenLost, string>> = {
  joining: 'joining',
  barrier: 'waiting in a barrier',
  get: 'in a blocking get',
  idle: 'idle',
}

interface Loss {
  readonly network: Network
  readonly token: string | undefined
  readonly phase: WhenLost
  readonly victim: number
}

/** Three nodes in a phase: of those that wait for something, one is the victim, and another one does nothing. */
async function begin({ network, token, phase, victim }: Loss): Promise<readonly Node[]> {
  const port = await network.freePort()
  const isJoining = phase === 'joining'
  const nodes = startNodes([0, 1, 2], { network, port, nodes: isJoining ? 4 : 3, token })
  try {
    if (isJoining) await Promise.all(nodes.map((node) => node.notice(/^waiting for 1 of 4 nodes: rank 3/)))
    else {
      await Promise.all(nodes.map(({ joined }) => joined))
      const idle = victim === 2 ? 1 : 2
      const phaseOf = (rank: number): Phase => (rank === idle ? 'idle' : phase)
      await Promise.all(nodes.map((node) => node.tell({ do: 'wait', phase: phaseOf(node.rank) })))
    }
    return nodes
  } catch (error) {
    await killAll(nodes)
    throw error
  }
}

/** Whether a node has ended with an error that names the lost one. */
function names({ code, error }: NodeEnd, { victim }: Loss): boolean {
  return code === 3 && error.startsWith(`ARC6857 rank ${victim} (node-${victim}) is lost: `)
}

interface Way {
  /** `is killed` */
  readonly text: string
  lose(victim: Node): void
  /** What becomes of the one that was lost, when the others have ended. */
  after?(victim: Node): Promise<boolean>
}

async function lose(loss: Loss, way: Way): Promise<void> {
  const { phase, victim, network } = loss
  const nodes = await begin(loss)
  try {
    const lost = nodes.filter(({ rank }) => rank === victim)
    const others = nodes.filter(({ rank }) => rank !== victim)
    const begun = performance.now()
    for (const node of lost) way.lose(node)
    const ends = await inTime(Promise.all(others.map(({ end }) => end)), `the end after rank ${victim} ${way.text}`)
    const seconds = Math.max(...ends.map(({ at }) => at - begun)) / 1000
    const isSeen = (await Promise.all(lost.map((node) => way.after?.(node) ?? true))).every(Boolean)
    const text = `${network.name}: rank ${victim} ${way.text} while ${phaseNames[phase]}: the others name it and end after ${seconds.toFixed(1)} s`
    const isNamed = ends.every((end) => names(end, loss))
    expect(isNamed && isSeen && seconds < most, text, [...ends.map(({ error }) => error), `itself: ${isSeen}`])
  } finally {
    await killAll(nodes)
  }
}

/** A node that is not dead ends as well, and says whom it lost. */
async function endsItself(victim: Node): Promise<boolean> {
  const { code, error } = await inTime(victim.end, `the end of rank ${victim.rank} itself`)
  return code === 3 && /^ARC6857 rank [012]( \(node-\d\))? is lost/.test(error)
}

export async function losses(network: Network, token: string | undefined): Promise<void> {
  const common = { network, token }
  const killed: Way = { text: 'is killed', lose: (victim) => victim.kill('SIGKILL') }
  for (const phase of phases) for (const victim of [1, 0]) await lose({ ...common, phase, victim }, killed)
  const stopped: Way = {
    text: 'is stopped',
    lose: (victim) => victim.kill('SIGSTOP'),
    after(victim) {
      victim.kill('SIGCONT')
      return endsItself(victim)
    },
  }
  for (const victim of [1, 0]) await lose({ ...common, phase: 'barrier', victim }, stopped)
  const { setLink } = network
  if (setLink === undefined) return
  const cutOff: Way = {
    text: 'loses its network',
    lose: ({ rank }) => setLink(rank, 'down'),
    after: endsItself,
  }
  for (const phase of ['joining', 'idle'] as const)
    for (const victim of [1, 0]) {
      try {
        await lose({ ...common, phase, victim }, cutOff)
      } finally {
        setLink(victim, 'up')
      }
    }
}
