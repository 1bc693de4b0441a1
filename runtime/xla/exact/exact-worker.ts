/**
 * The process that compiles for a GPU. It is separate because the CUDA and CPU plugins are two builds of one compiler, because
 * loaded libraries cannot be unloaded, and because a fatal error must end only this process.
 */

import { writeCompileOptions } from '../pjrt/compile-options.ts'
import type { XlaFlags } from '../pjrt/cuda-flags.ts'
import { PjrtError } from '../pjrt/errors.ts'
import { PjrtLibrary } from '../pjrt/library.ts'
import { type CompiledMemory, compileForTopology, createTopology } from '../pjrt/topology.ts'

export interface CompileJob {
  /** The plugin library. */
  readonly plugin: string
  /** Options of the topology. */
  readonly topology: Readonly<Record<string, string>>
  /** StableHLO text. */
  readonly program: string
  readonly replicas: number
  readonly flags: XlaFlags
}

export type CompileAnswer =
  | { readonly kind: 'done'; readonly memory: CompiledMemory; readonly seconds: number }
  | { readonly kind: 'refused'; readonly method: string; readonly status: string; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }

async function compile(job: CompileJob): Promise<CompileAnswer> {
  try {
    const library = PjrtLibrary.load(job.plugin)
    const topology = createTopology(library, job.topology)
    const begun = performance.now()
    const options = writeCompileOptions({ replicas: job.replicas, overrides: job.flags })
    const memory = await compileForTopology(library, topology, job.program, options)
    return { kind: 'done', memory, seconds: (performance.now() - begun) / 1000 }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (!(error instanceof PjrtError)) return { kind: 'failed', message }
    return { kind: 'refused', method: error.method, status: error.status, message: error.detail }
  }
}

process.once('disconnect', () => process.exit(0))
process.once('message', async (job) => {
  const answer = await compile(job as CompileJob)
  process.send?.(answer, () => process.exit(0))
})
