/** The run's store as the XLA plugin of one process uses it: a connection of native code, and what became of its requests. */
import koffi from 'koffi'
import { bug, need } from '../../../grammar/diagnostic.ts'
import { openLibrary } from '../../native-library.ts'
import type { Peers } from '../../peers/peers.ts'
import type { KeyValueCallbacks } from '../pjrt/client.ts'
import { storeErrors } from './errors.ts'

/** How a request ended: the store's codes, and those of the connection (store.h). */
const statuses = {
  1: 'not found',
  2: 'timed out',
  3: 'refused',
  4: 'malformed',
  5: 'limit',
  6: 'over',
  7: 'gone',
  8: 'no memory',
} as const
type Status = (typeof statuses)[keyof typeof statuses]

/** The first request of the plugin that failed. */
export interface StoreFailure {
  readonly status: Status
  /** The plugin's key, `local_topology/cuda/1`. */
  readonly key: string
  /** The store's or the system's words. */
  readonly text: string
}

export interface PluginStore {
  /** The name of this client in the run, the same in all processes; the store's keys of its plugin begin with it. */
  readonly name: string
  readonly callbacks: KeyValueCallbacks
  /** The failure that the plugin was told first, if any. */
  failure(): StoreFailure | undefined
  /** Ends the connection. Requests that come later fail. */
  leave(): void
}

/** Room for a text of the library, STORE_TEXT of store.h. */
const textBytes = 512
/** Milliseconds for connecting. The store is reached already, by this process's own connection. */
const joinTimeout = 30_000

/** Clients of plugins that have joined a run, which must not read each other's keys. */
const joined = new WeakMap<Peers, number>()

/**
 * Connects a plugin's client with the run's store; all processes create their clients in the same order. `library` is that
 * of `buildStoreClient`. Throws ARC6881 if the store does not answer.
 */
export async function joinStore(library: string, peers: Peers): Promise<PluginStore> {
  const { host, port, token } = peers.store ?? bug('a single process has no store')
  const number = joined.get(peers) ?? 0
  joined.set(peers, number + 1)
  const name = `pjrt/${number}`
  const native = openLibrary(library)
  const join = native.func('arcc_store_join', 'void*', ['str', 'int', 'str', 'uint32', 'str', 'int', 'void*', 'void*'])
  const [status, reason] = [Buffer.alloc(4), Buffer.alloc(textBytes)]
  const handle = await new Promise<bigint | null>((resolve, reject) => {
    const done = (error: Error | null, result: bigint | null) => (error === null ? resolve(result) : reject(error))
    join.async(host, port, token, peers.rank, `${name}/`, joinTimeout, status, reason, done)
  })
  if (handle === null) {
    if (peers.lost.aborted) throw peers.lost.reason
    throw storeErrors('ARC6881', { address: `${host}:${port}`, reason: readText(reason) })
  }
  const stop = native.func('void arcc_store_stop(void* store, const char* text)')
  const failure = native.func('int arcc_store_failure(void* store, void* key, void* text)')
  const leave = native.func('void arcc_store_leave(void* store)')
  const onLost = () => stop(handle, messageOf(peers.lost.reason))
  peers.lost.addEventListener('abort', onLost, { once: true })
  if (peers.lost.aborted) onLost()
  const address = (symbol: string) => koffi.address(native.symbol(symbol, 'int') as never)
  let left = false
  return {
    name,
    callbacks: {
      get: address('arcc_store_get'),
      tryGet: address('arcc_store_try_get'),
      put: address('arcc_store_put'),
      argument: handle,
    },
    failure() {
      const [key, text] = [Buffer.alloc(textBytes), Buffer.alloc(textBytes)]
      const code: keyof typeof statuses | 0 = failure(handle, key, text)
      return code === 0
        ? undefined
        : { status: need(statuses[code], 'a status'), key: readText(key), text: readText(text) }
    },
    leave() {
      if (left) return
      left = true
      peers.lost.removeEventListener('abort', onLost)
      leave(handle)
    },
  }
}

function readText(bytes: Buffer): string {
  return bytes.toString('utf8', 0, bytes.indexOf(0))
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}
