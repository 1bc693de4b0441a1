/** Processes of a test that meet in a folder: what collectives need of `Peers`, without a server. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
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
  const fileOf = (name: string, of: number) => join(folder, `${name.replaceAll('/', '-')}.${of}`)
  const gather = async (name: string, value: Uint8Array) => {
    const own = fileOf(name, rank)
    writeFileSync(`${own}.part`, value)
    renameSync(`${own}.part`, own)
    const files = Array.from({ length: nodes }, (_, of) => fileOf(name, of))
    while (!files.every((file) => existsSync(file))) await pause(5)
    return files.map((file) => readFileSync(file))
  }
  return {
    ...alone(),
    nodes,
    rank,
    names: Array.from({ length: nodes }, (_, of) => `node-${of}`),
    store: { host: '127.0.0.1', port: 9, token: '' },
    gather,
    barrier: async (name) => void (await gather(name, new Uint8Array())),
    lost: lost.signal,
  }
}
