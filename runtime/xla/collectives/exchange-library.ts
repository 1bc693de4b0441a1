/** The functions of `runtime/xla/native/collectives`, as this process calls them. */
import koffi from 'koffi'
import { collectiveTargets } from '../../../compiler/stablehlo/native-kernels.ts'
import { openLibrary } from '../../native-library.ts'
import { reasonOf } from '../../system-errors.ts'
import type { PjrtLibrary } from '../pjrt/library.ts'
import { collectiveErrors } from './messages.ts'

/** Bytes of what a process proves its identity with to its neighbours. */
export const secretBytes = 32

/** The kinds of `exchange.h`, in its order. */
const failureKinds = [
  'none',
  'lost',
  'stopped',
  'late',
  'mismatch',
  'system',
  'memory',
  'meeting',
  'closed',
  'refused',
] as const

/** Why the collectives of this process ended. */
export interface Failure {
  readonly kind: (typeof failureKinds)[number]
  /** The other process. */
  readonly rank: number
  /** Number of the system's error, or 0. */
  readonly error: number
  /** The collectives, by their numbers in the program, at which this process and the other one are. */
  readonly own: number
  readonly theirs: number
}

export interface ConnectOptions {
  readonly nodes: number
  readonly rank: number
  readonly local: number
  /** Numeric address and port of the next process. */
  readonly address: string
  readonly port: number
  /** Of this process, the next one and the previous one. */
  readonly secrets: Uint8Array
  /** For connecting, in seconds. */
  readonly timeout: number
  /** For a collective in which nothing moves, in seconds. */
  readonly patience: number
}

export interface ExchangeLibrary {
  /** Listens at a numeric address; the port, or the negative number of the system's error. */
  listen(address: string): number
  /** Connects with both neighbours; whether it succeeded. Does not block the event loop. */
  connect(options: ConnectOptions): Promise<boolean>
  failure(): Failure
  /** Ends collectives that wait, and all later ones. */
  stop(): void
  /** Closes the connections; no collective may be running. */
  close(): void
}

const loaded = new Map<string, ExchangeLibrary>()
const registered = new WeakSet<PjrtLibrary>()

/** Loads the library, and makes its functions known to the plugin. Throws ARC6891. */
export function loadExchange(plugin: PjrtLibrary, path: string): ExchangeLibrary {
  try {
    const library = openLibrary(path)
    for (const target of registered.has(plugin) ? [] : collectiveTargets) {
      const handler = koffi.address(library.symbol(target, 'int') as never)
      if (!plugin.registerHandler(target, handler)) {
        const reason = `the XLA plugin (PJRT ${plugin.apiVersion}) does not take functions of others`
        throw collectiveErrors('ARC6891', { reason })
      }
    }
    registered.add(plugin)
    const found = loaded.get(path) ?? bind(library)
    loaded.set(path, found)
    return found
  } catch (error) {
    throw collectiveErrors('ARC6891', { reason: reasonOf(error) }, error)
  }
}

function bind(library: ReturnType<typeof openLibrary>): ExchangeLibrary {
  const listen = library.func('int arcc_exchange_listen(const char*)')
  const connect = library.func('int arcc_exchange_connect(int, int, int, const char*, int, uint8*, double, double)')
  const failure = library.func('void arcc_exchange_failure(int64*)')
  const stop = library.func('void arcc_exchange_stop()')
  const close = library.func('void arcc_exchange_close()')
  return {
    listen: (address) => listen(address) as number,
    connect: ({ nodes, rank, local, address, port, secrets, timeout, patience }) =>
      new Promise((resolve, reject) => {
        connect.async(
          nodes,
          rank,
          local,
          address,
          port,
          secrets,
          timeout,
          patience,
          (failed: Error | null, code: number) => {
            if (failed === null) resolve(code === 0)
            else reject(failed)
          },
        )
      }),
    failure() {
      const numbers = new BigInt64Array(5)
      failure(numbers)
      const [kind = 0, rank = 0, error = 0, own = 0, theirs = 0] = Array.from(numbers, Number)
      return { kind: failureKinds[kind] ?? 'none', rank, error, own, theirs }
    },
    stop: () => void stop(),
    close: () => void close(),
  }
}
