/** The nodes of a command that embeds pictures: how they meet, compare what they have, and stop. */
import type { Embedder } from '../../runtime/evaluate/embed-pairs.ts'
import { ownRounds } from '../../runtime/evaluate/rounds.ts'
import { embedTogether, type SharedWork, type Together } from '../../runtime/evaluate/together.ts'
import { agree, type Facts } from '../../runtime/peers/agree.ts'
import { labelOf } from '../../runtime/peers/calls.ts'
import { createJoint } from '../../runtime/peers/joint.ts'
import type { Meeting } from '../../runtime/peers/meeting.ts'
import type { Peers } from '../../runtime/peers/peers.ts'
import { openNotes } from '../../runtime/train/nodes/notes.ts'
import { createStopping, reasonToStop } from '../../runtime/train/nodes/stopping.ts'
import { worldOf } from '../../runtime/world.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import type { Output } from '../render/output.ts'
import { stopCodes } from './interruptible.ts'
import { agreeOnCommand, type MeetingOptions, meetOthers, withPeers } from './meet.ts'

export interface Nodes {
  readonly peers: Peers
  /** Whether this node writes and shows the results. */
  readonly isFirst: boolean
  /** `rank 0 (node-a)` */
  readonly first: string
  /** Embeds with the devices of all nodes. */
  readonly together: Together
  /** Embeds images with the devices of all nodes; rank 0 has the result of `work`, which ends early after the abort of `signal`. */
  embed<T>(shared: Omit<SharedWork<T>, 'what'>, signal: AbortSignal): Promise<Shared<T>>
  /** Runs `work` at rank 0, while the others wait. It may end early after the abort of `signal`. */
  alone<T>(what: string, work: () => Promise<T>, signal: AbortSignal): Promise<Shared<T>>
  /** How many of some images this node embeds. */
  share(images: number, embedder: Pick<Embedder, 'engine' | 'network'>): number
  /** Throws ARC6855 at every node if the facts differ; does nothing if there is one node. `name` is used once. */
  agree(name: string, what: string, facts: () => Facts): Promise<void>
}

/** What rank 0 has done for all nodes. */
export interface Shared<T> {
  /** Whether it has come to its end, and was not stopped before: the same at all nodes. */
  readonly isDone: boolean
  /** At rank 0, if it is done: large results are not for all nodes. */
  readonly result: T | undefined
}

/** How the work of a command is stopped, at whichever node. */
export interface SharedStop {
  /** Rank 0's work stops after an abort. That of the others ends with it. */
  readonly signal: AbortSignal
  /** The exit code of all nodes after an interruption: that of the signal which has stopped rank 0. All nodes call it. */
  code(): Promise<ExitCode>
  close(): Promise<void>
}

interface MeetContext {
  /** `arcc embed` */
  readonly command: string
  readonly options: MeetingOptions
  readonly output: Output
  /** Stops waiting for the others. */
  readonly signal?: AbortSignal
}

/** Meets the others, runs `body`, and leaves them. Throws the first error of all nodes, ARC6851 to ARC6868, and the reason of
 * `signal`. */
export async function withNodes<T>(
  meeting: Meeting | undefined,
  { command, options, output, signal }: MeetContext,
  body: (nodes: Nodes) => Promise<T>,
): Promise<T> {
  const peers = await meetOthers(meeting, options, {
    onNotice: (text) => output.note([text]),
    ...(signal && { signal }),
  })
  return withPeers(peers, async () => {
    await agreeOnCommand(peers, command)
    const together = embedTogether(peers, createJoint(peers, 'joint'), 'embeddings')
    return body({
      peers,
      isFirst: peers.rank === 0,
      first: labelOf(0, peers.names),
      together,
      embed: ({ embedder, images, work }, signal) =>
        shared(signal, (keep) => {
          const own = { ...embedder, signal }
          return together.embed({ what: 'embedding', embedder: own, images, work: (all) => keep(() => work(all)) })
        }),
      alone: (what, work, signal) => shared(signal, (keep) => together.joint.first(what, () => keep(work))),
      share(images, { engine, network }) {
        const world = worldOf(engine.world.local * peers.nodes, peers)
        return [...ownRounds(images, network.embedBatch, world)].reduce((sum, { count }) => sum + count, 0)
      },
      agree: async (name, what, facts) => {
        if (peers.nodes > 1) await agree(peers, name, facts(), what)
      },
    })
  })
}

/** Runs `work` where `share` does, and keeps its result there. */
async function shared<T>(
  signal: AbortSignal,
  share: (keep: (work: () => Promise<T>) => Promise<boolean>) => Promise<boolean>,
): Promise<Shared<T>> {
  const results: T[] = []
  const isDone = await share(async (work) => {
    try {
      results.push(await work())
      return true
    } catch (error) {
      if (signal.aborted && error === signal.reason) return false
      throw error
    }
  })
  return { isDone, result: results[0] }
}

/** `own` is aborted when this node is told to stop, which `code` tells the exit code of. */
export function sharedStop(
  { peers, together }: Nodes,
  own: { readonly signal: AbortSignal; readonly code: ExitCode | undefined },
): SharedStop {
  const notes = openNotes(peers, 'stop', (note) => {
    if (note.kind === 'stop') stopping.want(note.stop)
  })
  const stopping = createStopping(peers, own.signal, (stop) => notes.send({ kind: 'stop', stop }))
  const codeHere = (): ExitCode => {
    if (peers.nodes === 1) return own.code ?? exitCode.interrupted
    const stop = reasonToStop(stopping.wanted)
    return 'signal' in stop ? stopCodes[stop.signal] : exitCode.interrupted
  }
  return {
    signal: stopping.wanted,
    code: () => together.joint.first('how it was stopped', async () => codeHere()),
    close: () => notes.close(),
  }
}
