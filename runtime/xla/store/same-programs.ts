/**
 * Programs of several processes whose compilers work together: XLA divides the measuring of GPU kernels among the processes, and each
 * waits, for up to a day, for what the others have measured. So all compile a program, or none, and in the same order.
 */
import type { Peers } from '../../peers/peers.ts'
import type { PluginStore } from './plugin-store.ts'

/**
 * Decides with the other processes, once for each program and in the same order everywhere, whether all have it ready; `name` is the
 * program's, for people.
 */
export function sameInAll(
  peers: Peers,
  store: Pick<PluginStore, 'name'>,
): (name: string, isReady: boolean) => Promise<boolean> {
  let number = 0
  return async (name, isReady) => {
    const own = Uint8Array.of(isReady ? 1 : 0)
    const [all] = await peers.decide(`${store.name}/program ${number++}`, own, `loading ${name}`, (ready) =>
      Uint8Array.of(ready.every(([it]) => it === 1) ? 1 : 0),
    )
    return all === 1
  }
}
