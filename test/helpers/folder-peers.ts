/** Processes of a test that meet in a folder: what collectives need of `Peers`, without a server. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { alone } from '../../runtime/peers/alone.ts'
import type { Peers } from '../../runtime/peers/peers.ts'

/** A file `lost` in the folder is the error that a node is lost. */
export function folderPeers(folder: string, nodes: number, rank: number): Peers {
  const lost = new AbortController()
  const lostFile = join(folder, 'lost')
  const watch = setInterval(() => {
    if (existsSync(lostFile)) lost.abort(new Error(readFileSync(lostFile, 'utf8')))
  }, 20)
  watch.unref()
  const fileOf = (key: string) => join(folder, key.replaceAll('/', '-'))
  const put: Peers['put'] = async (key, value) => {
    const file = fileOf(key)
    writeFileSync(`${file}.part`, value)
    renameSync(`${file}.part`, file)
  }
  const appeared = async (file: string) => {
    while (!existsSync(file)) await pause(5)
  }
  return {
    ...alone(),
    nodes,
    rank,
    names: { [rank]: `node-${rank}`, 0: 'node-0' },
    store: { host: '127.0.0.1', port: 9, token: '' },
    put,
    async get(key) {
      await appeared(fileOf(key))
      return readFileSync(fileOf(key))
    },
    delete: async (key) => rmSync(fileOf(key), { force: true }),
    async barrier(name) {
      await put(`${name}.${rank}`, new Uint8Array())
      for (let of = 0; of < nodes; of++) await appeared(fileOf(`${name}.${of}`))
    },
    lost: lost.signal,
  }
}
