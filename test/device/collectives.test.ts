/** Collectives between processes, each with its own engine: the bits of one process with as many devices; and what ends a run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { packageFolder } from '../../runtime/package-folder.ts'
import { createXlaEngine } from '../../runtime/xla/engine.ts'
import { collectiveGraph, collectiveInputs } from '../helpers/collective-graph.ts'
import { folderPeers } from '../helpers/folder-peers.ts'
import { openOnEngine } from '../helpers/run-graph.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

const root = temporaryFolder()

/** Starts the process of a rank; resolves with what it says when it ends. */
function startNode(...given: readonly (string | number)[]): { child: ChildProcess; ended: Promise<string> } {
  const args = ['--import', 'tsx', join(packageFolder, 'test/helpers/collective-node.ts'), ...given.map(String)]
  const child = spawn(process.execPath, args, { cwd: packageFolder, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk))
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve(text))
  })
  return { child, ended }
}

function folderOf(name: string): string {
  const folder = join(root, name)
  mkdirSync(folder)
  return folder
}

const bytesOf = (data: ArrayBufferView) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

afterEach(() => vi.unstubAllEnvs())

it('a computer without a C compiler is an error before anything starts', async () => {
  vi.stubEnv('CC', 'no-such-compiler')
  const peers = folderPeers(folderOf('no compiler'), 2, 0)
  const engine = createXlaEngine({ world: { size: 2, local: 1, rank: 0 }, peers, plugin: '/none' })
  await expect(engine).rejects.toThrow('needs a C compiler on each of them, and there is none here')
})

describeOnXla('collectives between processes', () => {
  for (const [nodes, local] of [
    [3, 1],
    [2, 2],
  ] as const) {
    it(`${nodes} processes with ${local} devices give the bits of one`, async () => {
      const folder = folderOf(`${nodes}x${local}`)
      const ranks = Array.from({ length: nodes }, (_, rank) => rank)
      const said = await Promise.all(ranks.map((rank) => startNode(folder, nodes, rank, local).ended))
      expect(said).toEqual(ranks.map(() => ''))
      const size = nodes * local
      const graph = collectiveGraph(size)
      const replicas = Array.from({ length: size }, (_, replica) => replica)
      const wanted = await withXla(size, async (engine) => {
        const opened = await openOnEngine(engine)(graph)
        const outputs = await opened.run(replicas.map((replica) => collectiveInputs(graph, replica)))
        opened.close()
        return outputs
      })
      const different = replicas.flatMap((replica) =>
        graph.outputs.flatMap(({ name }, i) => {
          const tensor = wanted[replica]?.[i]
          const isSame = tensor && readFileSync(join(folder, `${replica}.${i}`)).equals(bytesOf(tensor.data))
          return isSame ? [] : [`${name} of replica ${replica}`]
        }),
      )
      expect(different).toEqual([])
    })
  }

  it.each([
    ['a process that is gone', 'leaves', 'ARC6893: the connection to rank 1 (node-1) is lost in a collective'],
    ['a process with another program', 'differs', 'ARC6894: rank 1 (node-1) is at another point of the run'],
    [
      'a process that does not come',
      'sleeps',
      'ARC6895: rank 1 (node-1) has not taken part in a collective for 1 seconds',
    ],
  ])('%s ends the others', async (_, how, message) => {
    const folder = folderOf(how)
    const [first, second] = [startNode(folder, 2, 0, 1, 'runs'), startNode(folder, 2, 1, 1, how)]
    expect(await first.ended).toContain(message)
    second.child.kill('SIGKILL')
    await second.ended
  })

  it('the reason why a node is lost ends a collective that waits, and is its error', async () => {
    const folder = folderOf('lost')
    const [first, second] = [startNode(folder, 2, 0, 1, 'waits'), startNode(folder, 2, 1, 1, 'sleeps')]
    await expect.poll(() => existsSync(join(folder, 'waiting')), { timeout: 20_000 }).toBe(true)
    writeFileSync(join(folder, 'lost'), 'node-1 has gone')
    expect(await first.ended).toBe('Error: node-1 has gone\n')
    second.child.kill('SIGKILL')
    await second.ended
  })
})
