/** Writes checkpoints in a thread of its own. */
import { Worker } from 'node:worker_threads'
import { Bug, bug, type Params } from '../../grammar/diagnostic.ts'
import { ArccError } from '../errors.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { reasonOf } from '../system-errors.ts'
import { tsxModule } from '../tsx-module.ts'
import { finalPath } from './checkpoint-folder.ts'
import type { CheckpointFacts, Manifest } from './manifest.ts'
import { checkpointErrors } from './messages.ts'

export interface WriteRequest {
  /** An existing folder. */
  readonly folder: string
  readonly snapshot: Snapshot
  readonly facts: CheckpointFacts
}

export type WriteReply =
  | { readonly manifest: Manifest }
  | {
      readonly failure:
        | { readonly code: string; readonly params: Params; readonly text: string; readonly hint: string | undefined }
        | { readonly code: undefined; readonly text: string }
    }

export interface AsideWriter {
  /**
   * Writes the files of a checkpoint; the snapshot's memory passes to the thread. One call at a time. Throws ARC6404, and ARC6707
   * if the thread dies.
   */
  write(request: WriteRequest): Promise<Manifest>
  /** Ends the thread. */
  dispose(): Promise<void>
}

/** When bundled, the worker is JavaScript; when run from source, tsx loads it. */
export function startWorker(): Worker {
  const url = new URL('./write-worker.ts', import.meta.url)
  const options = { execArgv: [] }
  if (!url.pathname.endsWith('.ts')) return new Worker(url, options)
  const load = `import('${tsxModule()}').then(({ register }) => { register(); return import('${url.href}') })`
  return new Worker(load, { ...options, eval: true })
}

interface Waiting {
  readonly request: WriteRequest
  readonly resolve: (manifest: Manifest) => void
  readonly reject: (error: unknown) => void
}

/** The thread starts with the first checkpoint; after it has died, the next checkpoint starts another. */
export function asideWriter(start: () => Worker = startWorker): AsideWriter {
  let worker: Worker | undefined
  let waiting: Waiting | undefined

  const take = (): Waiting | undefined => {
    const taken = waiting
    waiting = undefined
    // The process may end while nothing is written.
    worker?.unref()
    return taken
  }
  const startThread = (): Worker => {
    const own = start()
    const died = (reason: string) => {
      if (worker !== own) return
      const taken = take()
      worker = undefined
      const folder = finalPath(taken?.request.folder ?? '')
      taken?.reject(checkpointErrors('ARC6707', { folder, action: 'written', reason: `its thread died: ${reason}` }))
    }
    own.on('message', (reply: WriteReply) => {
      const taken = take()
      if ('manifest' in reply) taken?.resolve(reply.manifest)
      else taken?.reject(revived(reply.failure))
    })
    own.on('error', (error) => died(reasonOf(error)))
    own.on('exit', (code) => died(`exit code ${code}`))
    return own
  }
  return {
    write(request) {
      if (waiting !== undefined) return bug('a checkpoint is being written')
      worker ??= startThread()
      const own = worker
      return new Promise((resolve, reject) => {
        waiting = { request, resolve, reject }
        own.ref()
        try {
          own.postMessage(request, buffersOf(request.snapshot))
        } catch (error) {
          take()
          reject(error)
        }
      })
    },
    async dispose() {
      const own = worker
      worker = undefined
      await own?.terminate()
    },
  }
}

/** An error that crossed threads. */
function revived(failure: Extract<WriteReply, { failure: object }>['failure']): Error {
  if (failure.code === undefined) return new Bug(failure.text)
  const { code, params, text, hint } = failure
  return new ArccError(code, params, { text, hint })
}

/** The memory of a snapshot, each array once. */
function buffersOf({ tensors }: Snapshot): ArrayBuffer[] {
  const buffers = tensors.flat().map(({ data }) => data.buffer)
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer)
}
