/**
 * Collectives over the devices of several processes on CPUs: each process connects with the next and the previous one, and the programs
 * call arcc's own functions, which exchange through these connections.
 */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIP } from 'node:net'
import { getSystemErrorMap } from 'node:util'
import { bug, need } from '../../../grammar/diagnostic.ts'
import { labelOf } from '../../peers/calls.ts'
import { decodeJson, encodeJson } from '../../peers/json-value.ts'
import type { Peers } from '../../peers/peers.ts'
import { reasonOf } from '../../system-errors.ts'
import type { World } from '../../world.ts'
import type { PjrtLibrary } from '../pjrt/library.ts'
import { newsOf } from '../store/explain.ts'
import { type ExchangeLibrary, type Failure, loadExchange, secretBytes } from './exchange-library.ts'
import { collectiveErrors } from './messages.ts'

export interface Collectives {
  /** The error of a run, or what ended the collectives if that is its cause: the node that is lost, if one is. */
  explain(error: unknown): Promise<unknown>
  /** Ends collectives that wait, and all later ones. */
  stop(): void
  /** Closes the connections, when no run is in progress any more. */
  close(): void
}

export interface CollectiveOptions {
  readonly peers: Peers
  readonly world: World
  /** For a collective in which nothing moves, in seconds; defaults to half an hour. */
  readonly patience?: number
}

/** For connecting, in seconds: all nodes are there when they begin. */
const timeout = 60

/** Exchanges so far, for their names in the store. */
const opened = new WeakMap<Peers, number>()

/** Where the others reach this process, as text in the store. */
interface Place {
  readonly rank: number
  /** Of its host. */
  readonly name: string
  readonly address: string
  readonly port: number
  /** Hexadecimal. */
  readonly secret: string
}

/** The exchange of this process is one; a second engine would share it. */
let isOpen = false

/**
 * Connects this process with its neighbours; `path` is the library of `buildCollectives`. Throws ARC6891 if the plugin cannot call it,
 * ARC6892 if a neighbour cannot be reached, and the reason of `peers.lost`.
 */
export async function openCollectives(
  plugin: PjrtLibrary,
  path: string,
  { peers, world, patience = 1800 }: CollectiveOptions,
): Promise<Collectives> {
  if (isOpen) bug('a second engine over several processes in one process')
  const library = loadExchange(plugin, path)
  isOpen = true
  const stop = () => library.stop()
  const close = () => {
    peers.lost.removeEventListener('abort', stop)
    library.close()
    isOpen = false
  }
  try {
    const secret = randomBytes(secretBytes)
    const own = await listen(library, peers, secret)
    const { nodes, rank } = peers
    const { next, previous, forget } = await exchangePlaces(peers, own)
    const secrets = Buffer.concat([secret, Buffer.from(next.secret, 'hex'), Buffer.from(previous.secret, 'hex')])
    const connecting = library.connect({ ...next, nodes, rank, local: world.local, secrets, timeout, patience })
    peers.lost.addEventListener('abort', stop)
    if (peers.lost.aborted) stop()
    const known = [own, next, previous]
    if (!(await connecting)) {
      peers.lost.throwIfAborted()
      throw unreachable(library.failure(), known)
    }
    // Both neighbours have connected, and so have read it.
    await forget()
    return { explain: (error) => explain(library.failure(), peers, known, patience, error), stop, close }
  } catch (error) {
    close()
    throw error
  }
}

async function listen(library: ExchangeLibrary, peers: Peers, secret: Buffer): Promise<Place> {
  const address = await ownAddress(peers)
  const port = library.listen(address)
  if (port < 0) throw collectiveErrors('ARC6896', { reason: `it cannot listen at ${address}: ${systemText(-port)}` })
  const { rank, names } = peers
  return { rank, name: need(names[rank], 'the own name'), address, port, secret: secret.toString('hex') }
}

/** The address of this computer towards the others: the one from which it reaches the store. */
async function ownAddress({ store }: Peers): Promise<string> {
  if (store === undefined) bug('several processes without a store')
  const socket = createSocket(isIP(store.host) === 6 ? 'udp6' : 'udp4')
  try {
    const connected = once(socket, 'connect')
    socket.connect(store.port, store.host)
    await connected
    return socket.address().address
  } catch (error) {
    const reason = `it has no address towards ${store.host}: ${reasonOf(error)}`
    throw collectiveErrors('ARC6896', { reason }, error)
  } finally {
    socket.close()
  }
}

/** Where the neighbours are: no node reads all of them. `forget` removes the own place, when both neighbours have read it. */
async function exchangePlaces(peers: Peers, own: Place) {
  const { nodes, rank } = peers
  const number = opened.get(peers) ?? 0
  opened.set(peers, number + 1)
  const keyOf = (of: number) => `collectives/${number}/${of}`
  await peers.put(keyOf(rank), encodeJson(own))
  await peers.barrier(`collectives/${number}`, 'connecting the devices')
  const placeOf = async (of: number) => decodeJson<Place>(await peers.get(keyOf(of), timeout * 1000))
  const [next, previous] = await Promise.all([placeOf((rank + 1) % nodes), placeOf((rank + nodes - 1) % nodes)])
  return { next, previous, forget: () => peers.delete(keyOf(rank)) }
}

function nodeOf(known: readonly Place[], rank: number): string {
  return labelOf(rank, { [rank]: known.find((it) => it.rank === rank)?.name })
}

function systemText(error: number): string {
  return getSystemErrorMap().get(-error)?.[1] ?? `error ${error} of the system`
}

function unreachable({ kind, rank, error }: Failure, known: readonly Place[]): Error {
  const place = need(
    known.find((it) => it.rank === rank),
    'the place of a neighbour',
  )
  const shown = isIP(place.address) === 6 ? `[${place.address}]:${place.port}` : `${place.address}:${place.port}`
  const reason =
    kind === 'refused'
      ? 'the address is not one'
      : error === 0
        ? `no connection within ${timeout} seconds`
        : systemText(error)
  return collectiveErrors('ARC6892', { node: nodeOf(known, rank), address: shown, reason })
}

async function explain(
  failure: Failure,
  peers: Peers,
  known: readonly Place[],
  patience: number,
  error: unknown,
): Promise<unknown> {
  if (failure.kind === 'none') return error
  if (failure.kind === 'lost' || failure.kind === 'stopped') await newsOf(peers.lost)
  if (peers.lost.aborted) return peers.lost.reason
  const node = nodeOf(known, failure.rank)
  switch (failure.kind) {
    case 'lost': {
      const reason = failure.error === 0 ? 'the other side has closed it' : systemText(failure.error)
      return collectiveErrors('ARC6893', { node, reason }, error)
    }
    case 'mismatch':
      return collectiveErrors('ARC6894', { node, own: failure.own, theirs: failure.theirs }, error)
    case 'late':
      return collectiveErrors('ARC6895', { node, seconds: patience }, error)
    case 'system':
      return collectiveErrors('ARC6896', { reason: systemText(failure.error) }, error)
    default:
      return collectiveErrors('ARC6896', { reason: reasons[failure.kind] }, error)
  }
}

const reasons = {
  stopped: 'it was stopped',
  memory: 'there is no memory',
  meeting: 'its devices are at different collectives',
  closed: 'it has no connection to the others',
  refused: 'its connections were refused',
} as const
