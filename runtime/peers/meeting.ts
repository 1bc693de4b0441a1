/** Which nodes meet where: from flags, otherwise from the variables of torchrun, Slurm or Kubernetes. */

import type { NetworkAddress } from '../../compiler/plan/plan.ts'
import type { Environment } from '../environment.ts'
import { parseAddress } from './address.ts'
import type { Found, Told } from './schedulers/found.ts'
import { foundKubernetes } from './schedulers/kubernetes.ts'
import { foundSlurm } from './schedulers/slurm.ts'
import { foundTorchrun } from './schedulers/torchrun.ts'
import { peerErrors } from './store/messages.ts'

export interface MeetingFlags {
  readonly nodes: number | undefined
  readonly nodeRank: number | undefined
  /** `HOST:PORT` */
  readonly rendezvous: string | undefined
}

export interface Meeting {
  readonly nodes: number
  readonly rank: number
  readonly rendezvous: NetworkAddress
  /** Names by rank, where a scheduler tells them. */
  readonly expected: readonly string[]
  /** Where each figure comes from: `--nodes`, `SLURM_NODEID`. */
  readonly sources: { readonly nodes: string; readonly rank: string; readonly rendezvous: string }
}

/** What the environment says, for people too. */
export function foundMeetings(env: Environment): readonly Found[] {
  return [foundTorchrun(env), foundSlurm(env), foundKubernetes(env)].filter((found) => found !== undefined)
}

/**
 * The nodes that meet; `undefined` if this process trains alone. Flags go before variables. Throws ARC6863 if variables contradict each
 * other, ARC6864 if something is missing, ARC6865 and ARC6873 for a wrong address or rank, ARC6872 if a computer has several processes.
 */
export function meetingOf(flags: MeetingFlags, env: Environment): Meeting | undefined {
  const found = foundMeetings(env).filter(({ ignored }) => ignored === undefined)
  const nodes = chosen(
    '--nodes',
    flags.nodes,
    found.map((it) => it.nodes),
  )
  const hasFlags = flags.nodes !== undefined || flags.nodeRank !== undefined || flags.rendezvous !== undefined
  if (nodes === undefined) {
    if (hasFlags) throw peerErrors('ARC6864', { missing: '--nodes', given: givenFlags(flags) })
    return undefined
  }
  const several = found.find(({ processes }) => processes !== undefined)
  if (several?.processes !== undefined && flags.nodes !== 1 && flags.nodeRank === undefined) {
    const { value, source } = several.processes
    throw peerErrors('ARC6872', { processes: value, source, by: several.by })
  }
  if (nodes.value === 1 && (flags.nodeRank ?? 0) === 0) return undefined
  const rank = chosen(
    '--node-rank',
    flags.nodeRank,
    found.map((it) => it.rank),
  )
  if (rank === undefined)
    throw peerErrors('ARC6864', { missing: '--node-rank', given: `${nodes.source} (${nodes.value})` })
  if (rank.value >= nodes.value)
    throw peerErrors('ARC6873', { rank: rank.value, source: rank.source, nodes: nodes.value })
  const rendezvous =
    chosen(
      '--rendezvous',
      flags.rendezvous,
      found.map((it) => it.rendezvous),
    ) ?? found.find(({ derived }) => derived !== undefined)?.derived
  if (rendezvous === undefined)
    throw peerErrors('ARC6864', { missing: '--rendezvous', given: `${nodes.source} (${nodes.value})` })
  return {
    nodes: nodes.value,
    rank: rank.value,
    rendezvous: parseAddress(rendezvous.value, rendezvous.source),
    expected: found.find(({ names }) => names?.length === nodes.value)?.names ?? [],
    sources: { nodes: nodes.source, rank: rank.source, rendezvous: rendezvous.source },
  }
}

/** What each flag says, in words. */
const words = {
  '--nodes': 'the number of nodes',
  '--node-rank': 'the rank of this node',
  '--rendezvous': 'the rendezvous',
} as const

/** The value of the flag, otherwise what the variables say in common. Throws ARC6863 if they differ. */
function chosen<T extends string | number>(
  flag: keyof typeof words,
  given: T | undefined,
  found: readonly (Told<T> | undefined)[],
): Told<T> | undefined {
  if (given !== undefined) return { value: given, source: flag }
  const [first, ...others] = found.filter((it) => it !== undefined)
  const other = others.find(({ value }) => value !== first?.value)
  if (first === undefined || other === undefined) return first
  const [one, two] = [first, other].map(({ value, source }) => `${value} by ${source}`)
  throw peerErrors('ARC6863', { what: words[flag], one: one ?? '', other: two ?? '', flag })
}

function givenFlags({ nodeRank, rendezvous }: MeetingFlags): string {
  return [nodeRank === undefined ? [] : ['--node-rank'], rendezvous === undefined ? [] : ['--rendezvous']]
    .flat()
    .join(' and ')
}
