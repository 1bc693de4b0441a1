/** Creates the client of a plugin, which in a run of several processes waits for those of the others. */
import type { Backend } from '../../backend/backend.ts'
import { clientError } from '../../backend/client-error.ts'
import type { Peers } from '../../peers/peers.ts'
import type { World } from '../../world.ts'
import { PjrtClient } from '../pjrt/client.ts'
import type { PjrtLibrary } from '../pjrt/library.ts'
import { storeErrors } from './errors.ts'
import { explainFailure } from './explain.ts'
import { joinStore, type PluginStore } from './plugin-store.ts'

export interface OpenedClient {
  readonly client: PjrtClient
  /** The connection over which several processes' clients find each other. */
  readonly store: PluginStore | undefined
  /** The device of each replica by its number in all processes, if there are several. */
  readonly assignment: readonly number[] | undefined
}

export interface ClientRequest {
  readonly library: PjrtLibrary
  readonly backend: Backend
  readonly world: World
  readonly peers: Peers
  /** The library of `buildStoreClient`; where it is missing, the plugin knows of no other processes. */
  readonly storeLibrary: string | undefined
}

/**
 * Throws ARC6007, ARC6056 or ARC6057 if the plugin refuses, ARC6881 to ARC6883 if the processes' clients do not find each other, and
 * the error of a node that is lost meanwhile.
 */
export async function openClient(request: ClientRequest): Promise<OpenedClient> {
  const { library, backend, world, peers, storeLibrary } = request
  const store = storeLibrary === undefined ? undefined : await joinStore(storeLibrary, peers)
  try {
    // XLA's own wait for the others is short beside what one of them may have to download first.
    if (store !== undefined) await peers.barrier(`${store.name}/client`, 'loading XLA')
    const client = await PjrtClient.create(library, world.local, backend.createOptions, store?.callbacks)
    const assignment = store === undefined ? undefined : assignDevices(client, world)
    return { client, store, assignment }
  } catch (error) {
    const explained = await explainFailure(error, peers, store)
    store?.leave()
    throw clientError(explained, { path: library.path, kind: backend.kind })
  }
}

/** Replicas go to the processes' devices in the order of ranks. Throws ARC6883 if the plugin has found others than the world has. */
function assignDevices(client: PjrtClient, { size, local }: World): readonly number[] {
  const devices = client.globalDevices()
  const counts = Array.from({ length: size / local }, (_, rank) => devices.filter((it) => it.process === rank).length)
  if (devices.length !== size || counts.some((count) => count !== local)) {
    client.dispose()
    const found = counts.map((count, rank) => `rank ${rank} has ${count}`).join(', ')
    throw storeErrors('ARC6883', { found, wanted: local })
  }
  return devices.toSorted((a, b) => a.process - b.process || a.id - b.id).map(({ id }) => id)
}
