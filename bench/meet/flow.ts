/** Keys that nodes exchange in rounds, until rank 0 stops all of them after the same one. */
import { createHash } from 'node:crypto'
import { need } from '../../grammar/diagnostic.ts'
import type { Peers } from '../../runtime/peers/peers.ts'

const perRound = 40
/** Milliseconds that a key may take. */
const keyTime = 60_000

const contentOf = (key: string) => createHash('sha512').update(key).digest()

/** Starts; `stop` resolves with the number of keys that were read, or throws what ended the flow. */
export function startFlow(peers: Peers): { stop(): Promise<number> } {
  const { nodes, rank } = peers
  let isStopping = false
  const keyOf = (round: number, from: number, i: number) => `flow/${round}/${from}/${i}`
  const indices = Array.from({ length: perRound }, (_, i) => i)
  const ranks = Array.from({ length: nodes }, (_, it) => it)

  const round = async (number: number): Promise<boolean> => {
    await Promise.all(indices.map((i) => peers.put(keyOf(number, rank, i), contentOf(keyOf(number, rank, i)))))
    const keys = ranks.flatMap((from) => indices.map((i) => keyOf(number, from, i)))
    for (const key of keys)
      if (!contentOf(key).equals(await peers.get(key, keyTime))) throw new Error(`${key} has another value`)
    const own = Uint8Array.of(isStopping ? 1 : 0)
    const [isLast] = await peers.decide(`flow ${number}`, own, 'exchanging keys', ([first]) => need(first, 'of rank 0'))
    await Promise.all(indices.map((i) => peers.delete(keyOf(number, rank, i))))
    return isLast === 1
  }
  const flowing = (async () => {
    let number = 0
    while (!(await round(number))) number++
    return (number + 1) * nodes * perRound
  })()
  flowing.catch(() => undefined)
  return {
    stop() {
      isStopping = true
      return flowing
    },
  }
}
