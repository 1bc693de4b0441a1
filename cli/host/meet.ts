/** The other computers of a run, as the command meets and leaves them. */
import { createHash } from 'node:crypto'
import { printGraph } from '../../compiler/ir/print.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { showAddress } from '../../runtime/peers/address.ts'
import { agree, type Facts } from '../../runtime/peers/agree.ts'
import { alone } from '../../runtime/peers/alone.ts'
import type { Meeting, MeetingFlags } from '../../runtime/peers/meeting.ts'
import type { Peers } from '../../runtime/peers/peers.ts'
import { runToken } from '../../runtime/peers/token.ts'
import { packageVersion } from './package-folder.ts'
import type { RunRecord } from './run-record.ts'

/** How a run meets the other computers; what is `undefined` may come from variables. */
export interface MeetingOptions extends MeetingFlags {
  /** The file of the run token. */
  readonly tokenFile: string | undefined
  /** Seconds that all nodes have to come. */
  readonly joinTimeout: number
}

interface MeetContext {
  readonly onNotice: (text: string) => void
  readonly signal?: AbortSignal
  /** Whether a node that finds a run which is about to end waits for the next one. */
  readonly waitsForNext?: boolean
}

/** Meets them; at once, if this process trains alone. Throws ARC6851 to ARC6867, and the reason of `signal`. */
export async function meetOthers(
  meeting: Meeting | undefined,
  { tokenFile, joinTimeout }: MeetingOptions,
  { onNotice, signal, waitsForNext = false }: MeetContext,
): Promise<Peers> {
  if (meeting === undefined) return alone()
  const { nodes, rank, rendezvous, expected, sources } = meeting
  const token = runToken(tokenFile, rendezvous, process.env)
  const places = `${sources.rank}, ${sources.nodes}, ${sources.rendezvous}`
  onNotice(`rank ${rank} of ${nodes} nodes, which meet at ${showAddress(rendezvous)} (${places})`)
  const { join } = await import('../../runtime/peers/join.ts')
  const timeoutMs = joinTimeout * 1000
  const version = packageVersion()
  const how = { timeoutMs, waitsForNext, onNotice, ...(signal && { signal }) }
  return join({ nodes, rank, rendezvous, token, version, expected, ...how })
}

/**
 * Runs `body` and leaves the others. An error is told to them; what is thrown is the first error of all nodes, of which that of this one
 * may be a consequence.
 */
export async function withPeers<T>(peers: Peers, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    throw await firstError(peers, error)
  } finally {
    await peers.close()
  }
}

/** Whether all nodes were started for the same: what they wait for later has other names in another command. Throws ARC6855. */
export async function agreeOnCommand(peers: Peers, command: string): Promise<void> {
  await agree(peers, 'command', { 'the command': command }, 'the commands')
}

/** Tells the others the error that ends this node; returns the error that ends the run. */
async function firstError(peers: Peers, error: unknown): Promise<unknown> {
  await peers.fail(error)
  return peers.lost.aborted ? peers.lost.reason : error
}

/** Milliseconds that rank 0 may take to create a folder. */
const folderTime = 60_000

/** The run folder that rank 0 creates; another node that has a path of its own for it keeps that. */
export async function sharedFolder(peers: Peers, own: string | undefined, create: () => string): Promise<string> {
  const key = 'run-folder'
  if (peers.rank > 0) return own ?? Buffer.from(await peers.get(key, folderTime)).toString()
  const folder = create()
  await peers.put(key, Buffer.from(folder))
  return folder
}

/** Fields that differ between computers without a difference of the run: what a computer has, and where it keeps data and logs. */
const ownFields = /^machine\.(?!nodes$|devices_per_node$)|\.root$|\.folder$|^train\.workers$/

/** What has to be alike at all nodes before they compile: the fields, the planner's choices, and the training step. */
export function planFacts({ engine, emulate, devices, fields }: RunRecord, { name, graphs }: Plan): Facts {
  const own = fields.filter(({ path }) => !ownFields.test(path))
  const step = createHash('sha256').update(printGraph(graphs.step)).digest('hex')
  return {
    experiment: name,
    '--engine': engine,
    '--emulate': String(emulate),
    'the number of devices': String(devices),
    ...Object.fromEntries(own.map(({ path, value }) => [path, value])),
    'the hash of the training step': step.slice(0, 16),
  }
}
