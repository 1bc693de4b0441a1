/** The thread of rank 0 that serves the store, as the main thread holds it. */
import { lookup } from 'node:dns/promises'
import type { NetworkAddress } from '../../compiler/plan/plan.ts'
import { startThread } from '../start-thread.ts'
import { reasonOf } from '../system-errors.ts'
import { isLoopback, showAddress } from './address.ts'
import type { FromStore, StoreData, ToStore } from './member-messages.ts'
import { peerErrors } from './store/messages.ts'

export interface HeldStore {
  /** Waits until all members have gone, at most `withinMs`, then ends the thread. */
  close(withinMs: number): Promise<void>
}

interface HeldStoreOptions extends Pick<StoreData, 'nodes' | 'token' | 'version' | 'name'> {
  readonly rendezvous: NetworkAddress
  readonly onNotice: (text: string) => void
}

/** Resolves when the store listens at the address, and at no other. Throws ARC6861. */
export async function startStore(options: HeldStoreOptions): Promise<HeldStore> {
  const { rendezvous, nodes, token, version, name, onNotice } = options
  const refuse = (reason: string, cause?: unknown) =>
    peerErrors('ARC6861', { address: showAddress(rendezvous), reason }, cause)
  const host = await ownAddress(rendezvous.host).catch((error: unknown) => {
    throw refuse(reasonOf(error), error)
  })
  if (isLoopback(host) && !isLoopback(rendezvous.host))
    throw refuse(`${rendezvous.host} is ${host} on this computer, where no other reaches it; name its IP address`)
  const workerData: StoreData = { host, port: rendezvous.port, nodes, token, version, name }
  const thread = startThread(new URL('./store-worker.ts', import.meta.url), { workerData })
  const exited = new Promise<void>((resolve) => {
    thread.once('exit', () => resolve())
  })
  await new Promise<void>((resolve, reject) => {
    thread.once('error', reject)
    thread.on('message', (message: FromStore) => {
      if (message.type === 'listening') resolve()
      else if (message.type === 'failed') reject(refuse(message.reason))
      else if (message.event.type === 'refused') onNotice(`refused ${message.event.address}: ${message.event.reason}`)
      else if (message.event.rank !== 0)
        onNotice(`rank ${message.event.rank} (${message.event.name}) has joined, from ${message.event.address}`)
    })
  })
  return {
    async close(withinMs) {
      thread.postMessage({ closeWithin: withinMs } satisfies ToStore)
      await exited
    },
  }
}

/** The address that a name has here; one that others reach, if there is one. */
async function ownAddress(host: string): Promise<string> {
  const found = await lookup(host, { all: true })
  const [first] = found
  return found.find(({ address }) => !isLoopback(address))?.address ?? first?.address ?? host
}
