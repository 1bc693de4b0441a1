/** Whether all nodes are about to do the same: each gives facts by name, and any difference ends the run before anything expensive. */
import { labelOf, type NodeNames } from './calls.ts'
import { decodeJson, encodeJson } from './json-value.ts'
import type { Peers } from './peers.ts'
import { peerErrors } from './store/messages.ts'

/** Facts by the words in which a difference is told: "train.batch", "images". */
export type Facts = Readonly<Record<string, string>>

/** Differences and values of one that are told one by one, ranks that are named one by one, and letters that are shown of a value. */
const most = { differences: 6, values: 8, ranks: 4, letters: 60 }

/**
 * Compares the facts of all nodes. `name` is used once per run; `what` is what is compared, in words. Throws ARC6855 at every node, with
 * each value and who has it.
 */
export async function agree(peers: Peers, name: string, facts: Facts, what: string): Promise<void> {
  if (peers.nodes === 1) return
  const decision = await peers.decide(`agree/${name}`, encodeJson(facts), `comparing ${what}`, (all) =>
    encodeJson(differencesOf(all.map(decodeJson<Facts>), peers.names)),
  )
  const differences = decodeJson<readonly string[]>(decision)
  if (differences.length > 0) throw peerErrors('ARC6855', { differences })
}

/** Facts of which people see only that they differ. */
const isHash = (fact: string) => fact.startsWith('the hash of ')

/**
 * The differences of the facts of nodes, by rank, in words; none if all have the same. Those of facts that begin with "the hash of" are
 * told only if there is no other one, which explains them.
 */
export function differencesOf(all: readonly Facts[], names: NodeNames): readonly string[] {
  const facts = [...new Set(all.flatMap((of) => Object.keys(of)))]
  const plain = tell(
    facts.filter((fact) => !isHash(fact)),
    all,
    names,
  )
  return shorten(plain.length > 0 ? plain : tell(facts, all, names))
}

function tell(facts: readonly string[], all: readonly Facts[], names: NodeNames): readonly string[] {
  return facts.flatMap((fact) => {
    const ranks = new Map<string | undefined, number[]>()
    for (const [rank, of] of all.entries()) ranks.set(of[fact], [...(ranks.get(of[fact]) ?? []), rank])
    if (ranks.size === 1) return []
    const told = [...ranks].slice(0, most.values).map(([value, of]) => `${shown(value)} at ${showRanks(of, names)}`)
    const more = ranks.size - told.length
    const others = more === 1 ? 'one other value' : `${more} other values`
    return [`${fact} is ${told.join(' and ')}${more > 0 ? `, and has ${others}` : ''}`]
  })
}

function shorten(told: readonly string[]): readonly string[] {
  const more = told.length - most.differences
  return more > 0 ? [...told.slice(0, most.differences), `${more} more`] : told
}

function shown(value: string | undefined): string {
  if (value === undefined) return 'missing'
  return value.length > most.letters ? `${value.slice(0, most.letters)}…` : value
}

/** `rank 0 (node-a) and rank 2 (node-c)`, `rank 0 (node-a), … and 60 more` */
function showRanks(ranks: readonly number[], names: NodeNames): string {
  const labels = ranks.slice(0, most.ranks).map((rank) => labelOf(rank, names))
  return ranks.length > most.ranks ? `${labels.join(', ')} and ${ranks.length - most.ranks} more` : labels.join(', ')
}
