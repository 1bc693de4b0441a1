/** Who may join a run: the checks of HELLO, in an order that tells a stranger nothing but that its token is wrong. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type JoinFacts, readJoinFacts } from './facts.ts'
import { connectionKinds, magic, protocolVersion, type Request } from './protocol.ts'
import type { Refusal } from './refusal.ts'

export type Hello = Extract<Request, { readonly op: 'hello' }>

/** The largest difference of wall clocks, in milliseconds: logs and the ages of files are compared by them. */
const clockTolerance = 30_000

/** Of a rank that has joined. */
export interface Member {
  readonly name: string
  readonly address: string
  /** Connected, or gone with or without a goodbye. */
  state: 'here' | 'left' | 'lost'
}

/** What admission compares with. */
export interface Run {
  readonly token: string
  readonly nodes: number
  readonly version: string
  /** Of rank 0. */
  readonly name: string
  readonly members: ReadonlyMap<number, Member>
  /** Why the run is over; `undefined` while it is not. */
  readonly over: string | undefined
  /** The refusal that has ended the run, if one has: it is the answer to all that come later. */
  readonly endedBy: { readonly refusal: Refusal; readonly reason: string } | undefined
}

export type Admission =
  | { readonly as: 'member'; readonly rank: number; readonly facts: JoinFacts }
  | { readonly as: 'auxiliary'; readonly rank: number }
  | { readonly as: 'malformed' }
  | { readonly as: 'refused'; readonly refusal: Refusal; readonly reason: string }

const digest = (text: string) => createHash('sha256').update(text).digest()

/** `12:34:56` of UTC, for two clocks that are compared. */
const hour = (clock: number) => new Date(clock).toISOString().slice(11, 19)

/** Decides on a HELLO that comes from `clock` on, in milliseconds since 1970. */
export function admit(hello: Hello, run: Run, clock: number): Admission {
  const refuse = (refusal: Refusal, reason: string): Admission => ({ as: 'refused', refusal, reason })
  const kind = connectionKinds[hello.kind]
  if (hello.magic !== magic || kind === undefined) return { as: 'malformed' }
  if (!timingSafeEqual(digest(hello.token), digest(run.token))) {
    const reason = run.token === '' ? 'it has a run token, but rank 0 has none' : 'its run token is not that of rank 0'
    return refuse('token', hello.token === '' ? 'it has no run token, but rank 0 has one' : reason)
  }
  if (hello.version !== protocolVersion)
    return refuse(
      'difference',
      `the protocol of arcc is ${protocolVersion} at rank 0 and ${hello.version} at rank ${hello.rank}`,
    )
  if (run.endedBy !== undefined) return { as: 'refused', ...run.endedBy }
  if (run.over !== undefined) return refuse('over', `the run is over: ${run.over}`)
  const member = run.members.get(hello.rank)
  if (kind === 'auxiliary')
    return member?.state === 'here'
      ? { as: 'auxiliary', rank: hello.rank }
      : refuse('stranger', `rank ${hello.rank} has not joined`)
  const facts = readJoinFacts(hello.facts)
  if (facts === undefined) return { as: 'malformed' }
  const at = (rank: number) => (rank === 0 ? `rank 0 (${run.name})` : `rank ${rank} (${facts.name})`)
  if (facts.version !== run.version)
    return refuse('difference', `arcc is ${run.version} at ${at(0)} and ${facts.version} at ${at(hello.rank)}`)
  if (facts.nodes !== run.nodes)
    return refuse('difference', `--nodes is ${run.nodes} at ${at(0)} and ${facts.nodes} at ${at(hello.rank)}`)
  if (hello.rank >= run.nodes) return { as: 'malformed' }
  if (member !== undefined) {
    const from = `from ${member.name} (${member.address})`
    if (member.state === 'here') return refuse('taken', `rank ${hello.rank} has joined already, ${from}`)
    if (member.state === 'left') return refuse('taken', `rank ${hello.rank} has joined and left, ${from}`)
    // The run ends as soon as rank 0 has told the others.
    return refuse('over', `rank ${hello.rank} has joined and was lost, ${from}`)
  }
  const ahead = facts.clock - clock
  if (Math.abs(ahead) > clockTolerance) {
    const seconds = Math.round(Math.abs(ahead) / 1000)
    const times = `${hour(facts.clock)} there, ${hour(clock)} at ${at(0)}`
    return refuse(
      'clock',
      `the clock of ${at(hello.rank)} is ${seconds} seconds ${ahead > 0 ? 'ahead' : 'behind'} (UTC ${times})`,
    )
  }
  return { as: 'member', rank: hello.rank, facts }
}
