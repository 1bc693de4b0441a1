/** Runs `exchange-node.ts` in several processes, with a `site-packages` whose libraries are what tests have in the place of NVIDIA's. */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { librariesOf } from '../../runtime/cuda/library-table.ts'
import { bundleProgram } from './bundled-program.ts'
import type { NodeReport, NodeTask } from './exchange-node.ts'
import { freePort, token } from './peers.ts'

export interface Site {
  /** The CUDA plugin. */
  readonly plugin: string
  /** A library in the place of each of NVIDIA's. */
  readonly library: string
  /** The folder of ptxas and libdevice; default: empty files. */
  readonly dataFolder?: string
}

/** Lays out a `site-packages` in `folder`; returns the path of its plugin. */
export function makeSite(folder: string, { plugin, library, dataFolder }: Site): string {
  const at = (path: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    return join(folder, path)
  }
  for (const { folder: own, file } of librariesOf(12)) copyFileSync(library, at(`nvidia/${own}/lib/${file}`))
  if (dataFolder === undefined) {
    for (const file of ['bin/ptxas', 'nvvm/libdevice/libdevice.10.bc'])
      writeFileSync(at(`nvidia/cuda_nvcc/${file}`), '')
  } else symlinkSync(dataFolder, at('nvidia/cuda_nvcc'))
  const placed = at('jax_plugins/xla_cuda12/xla_cuda_plugin.so')
  symlinkSync(plugin, placed)
  return placed
}

/** What the task of a process is beside its place, and its environment. */
export type NodePart = Partial<Pick<NodeTask, 'caches' | 'stop' | 'compileOnly'>> & {
  readonly env?: Readonly<Record<string, string>>
}

/** The program, bundled for the test file that calls this. */
export function bundleNode(): Promise<string> {
  return bundleProgram('test/helpers/exchange-node.ts', [
    'runtime/peers/member-worker.ts',
    'runtime/peers/store-worker.ts',
  ])
}

export interface NodeRun {
  /** Of `bundleNode`. */
  readonly program: string
  readonly plugin: string
  /** Devices of each process. */
  readonly local: number
  /** Of compiled programs, unless a part names its own. */
  readonly cache: string
}

/** Starts a process for each part; their reports, `undefined` for one that was to end otherwise. */
export async function runNodes(
  { program, plugin, local, cache }: NodeRun,
  parts: readonly NodePart[],
): Promise<readonly (NodeReport | undefined)[]> {
  const port = await freePort()
  return Promise.all(
    parts.map(({ env, ...part }, rank) => {
      const task: NodeTask = { nodes: parts.length, rank, port, token, local, caches: [cache], ...part }
      return new Promise<NodeReport | undefined>((resolve, reject) => {
        const options = { env: { ...process.env, ...env, ARCC_XLA_PLUGIN: plugin }, timeout: 60_000 }
        execFile(process.execPath, [program, JSON.stringify(task)], options, (error, stdout, stderr) => {
          if (stdout !== '') resolve(JSON.parse(stdout))
          else if (part.stop !== undefined) resolve(undefined)
          else reject(new Error(`rank ${rank}: ${stderr}`, { cause: error }))
        })
      })
    }),
  )
}
