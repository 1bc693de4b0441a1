/** Where the processes of `npm run bench:meet` run: all on the loopback address, or each in a network namespace of its own. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { freePort } from '../../test/helpers/peers.ts'

export interface Network {
  readonly name: 'loopback' | 'namespaces'
  /** The address of rank 0. */
  readonly host: string
  freePort(): Promise<number>
  /** What goes before the command of a rank. */
  before(rank: number): readonly string[]
  /** Takes a rank's network away, or gives it back; undefined where that cannot be done. */
  readonly setLink: ((rank: number, state: 'up' | 'down') => void) | undefined
  remove(): void
}

export const loopback: Network = {
  name: 'loopback',
  host: '127.0.0.1',
  freePort,
  before: () => [],
  setLink: undefined,
  remove: () => undefined,
}

const prefix = 'arcc-meet-'
const ip = (...args: readonly string[]) =>
  execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** Why there can be no namespaces here; undefined if there can. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root makes network namespaces'
  const { status, error, stderr } = spawnSync('ip', ['netns', 'add', `${prefix}try`], { encoding: 'utf8' })
  if (status !== 0) return error === undefined ? stderr.trim() : 'there is no program ip (iproute2)'
  removeNamespace(`${prefix}try`)
  return undefined
}

function removeNamespace(name: string): void {
  // Its interfaces and their other ends go with it.
  spawnSync('ip', ['netns', 'del', name])
}

/** Namespaces of an earlier run that was killed. */
function removeLeftOver(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const found = /^arcc-meet-(\d+)-\d+/.exec(line)
    if (found !== null && !existsSync(`/proc/${found[1]}`)) removeNamespace(line.split(' ')[0] ?? '')
  }
}

/**
 * A namespace for each of `count` nodes. A pair of virtual interfaces joins rank 0's with each of the others; rank 0's address is none of
 * these, and each of the others has a route to it.
 */
export function namespaces(count: number): Network {
  const host = '10.77.0.1'
  const nameOf = (rank: number) => `${prefix}${process.pid}-${rank}`
  const others = Array.from({ length: count - 1 }, (_, i) => i + 1)
  const within = (rank: number, ...args: readonly string[]) => void ip('-n', nameOf(rank), ...args)
  const made: string[] = []
  const remove = () => {
    for (const name of made.splice(0)) removeNamespace(name)
  }
  process.once('exit', remove)
  removeLeftOver()
  try {
    for (const rank of [0, ...others]) {
      ip('netns', 'add', nameOf(rank))
      made.push(nameOf(rank))
      within(rank, 'link', 'set', 'lo', 'up')
    }
    within(0, 'addr', 'add', `${host}/32`, 'dev', 'lo')
    for (const rank of others) {
      ip('link', 'add', `to${rank}`, 'netns', nameOf(0), 'type', 'veth', 'peer', 'name', 'to0', 'netns', nameOf(rank))
      within(0, 'addr', 'add', `10.77.${rank}.1/24`, 'dev', `to${rank}`)
      within(rank, 'addr', 'add', `10.77.${rank}.2/24`, 'dev', 'to0')
      within(0, 'link', 'set', `to${rank}`, 'up')
      setUp(rank)
    }
  } catch (error) {
    remove()
    throw error
  }
  function setUp(rank: number): void {
    within(rank, 'link', 'set', 'to0', 'up')
    within(rank, 'route', 'add', host, 'via', `10.77.${rank}.1`)
  }
  let port = 29_500
  return {
    name: 'namespaces',
    host,
    freePort: async () => port++,
    before: (rank) => ['ip', 'netns', 'exec', nameOf(rank)],
    setLink(rank, state) {
      if (rank === 0) for (const other of others) within(0, 'link', 'set', `to${other}`, state)
      else if (state === 'up') setUp(rank)
      else within(rank, 'link', 'set', 'to0', 'down')
    },
    remove,
  }
}
