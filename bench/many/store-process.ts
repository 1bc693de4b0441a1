/** Serves a run's store in a process of its own, as rank 0's thread does, and tells how much of a core that took. */
import { serveStore } from '../../runtime/peers/store/server.ts'

export interface StoreProcessData {
  readonly nodes: number
  readonly token: string
}

/** CPU seconds since the start, and bytes of memory. */
export interface StoreUse {
  readonly seconds: number
  readonly memory: number
}

const { nodes, token } = JSON.parse(process.argv[2] ?? '') as StoreProcessData
const names = { version: 'bench', name: 'node-0' }
const store = await serveStore({ host: '127.0.0.1', port: 0, nodes, token, ...names, onEvent: () => {} })
const tell = (message: number | StoreUse) => process.send?.(message)

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  tell({ seconds: (user + system) / 1e6, memory: process.memoryUsage.rss() })
})
process.once('disconnect', () => process.exit(0))
tell(store.port)
