/** The thread of rank 0 that serves the store of a run. */
import { parentPort, workerData } from 'node:worker_threads'
import { need } from '../../grammar/diagnostic.ts'
import { reasonOf } from '../system-errors.ts'
import type { FromStore, StoreData, ToStore } from './member-messages.ts'
import { serveStore } from './store/server.ts'

const port = need(parentPort, 'a parent')
const options: StoreData = workerData
const tell = (message: FromStore) => port.postMessage(message)

try {
  const store = await serveStore({ ...options, onEvent: (event) => tell({ type: 'event', event }) })
  tell({ type: 'listening', port: store.port })
  port.on('message', async ({ closeWithin }: ToStore) => {
    await store.close(closeWithin)
    port.close()
  })
} catch (error) {
  tell({ type: 'failed', reason: reasonOf(error) })
  port.close()
}
