/** What a plugin's failure was, where several processes run together: an error of the plugin often only follows another process's end. */
import type { Peers } from '../../peers/peers.ts'
import { PjrtError } from '../pjrt/errors.ts'
import { storeErrors } from './errors.ts'
import type { PluginStore, StoreFailure } from './plugin-store.ts'

/** Milliseconds for the news that a node is lost, which may reach the plugin's own connection first. */
const newsTimeout = 5_000

/**
 * The error to show for one of the plugin: the loss of another node, or of what its clients exchange (ARC6882), if it is that;
 * otherwise itself.
 */
export async function explainFailure(
  error: unknown,
  peers: Peers,
  store: Pick<PluginStore, 'failure'> | undefined,
): Promise<unknown> {
  if (!(error instanceof PjrtError)) return error
  const failure = store?.failure()
  if (failure?.status === 'over' || failure?.status === 'gone') await newsOf(peers.lost)
  if (peers.lost.aborted) return peers.lost.reason
  return failure === undefined ? error : storeErrors('ARC6882', describe(failure), error)
}

/** Resolves when a node is known to be lost, or some time has passed without such news. */
export function newsOf(lost: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (lost.aborted) return resolve()
    const timer = setTimeout(resolve, newsTimeout)
    lost.addEventListener('abort', () => [clearTimeout(timer), resolve()], { once: true })
  })
}

/** The keys under which XLA's clients exchange something, and its names for people. */
const exchanged: readonly (readonly [RegExp, (match: string) => string])[] = [
  [/^local_topology\/[^/]*\/(\d+)$/, (rank) => `the devices of rank ${rank}`],
  [/^global_topology\//, () => 'the devices of all ranks'],
  [/^root_process: (\d+)/, (rank) => `NCCL's id of rank ${rank}`],
]

function describe({ status, key, text }: StoreFailure): { what: string; reason: string } {
  const known = exchanged.flatMap(([pattern, name]) => {
    const match = pattern.exec(key)
    return match === null ? [] : [name(match[1] ?? '')]
  })
  const what = known[0] ?? `\`${key}\``
  return { what, reason: status === 'timed out' ? ' did not come in time' : `: ${text}` }
}
