/** Writes checkpoints in a thread of its own. */
import type { Worker } from 'node:worker_threads'
import { bug } from '../../grammar/diagnostic.ts'
import { type PlainError, revivedError } from '../plain-error.ts'
import { startThread } from '../start-thread.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { reasonOf } from '../system-errors.ts'
import { finalPath } from './checkpoint-folder.ts'
import type { CheckpointFacts, ManifestFile } from './manifest.ts'
import { checkpointErrors } from './messages.ts'

export interface WriteRequest {
  /** An existing folder. */
  readonly folder: string
  readonly snapshot: Snapshot
  readonly facts: CheckpointFacts
}

export type WriteReply = { readonly files: readonly ManifestFile[] } | { readonly failure: PlainError }

export interface AsideWriter {
  /**
   * Writes this process's files of a checkpoint; the snapshot's memory passes to the thread. One call at a time. Throws ARC6404, and ARC6707
   * if the thread dies.
   */
  write(request: WriteRequest): Promise<readonly ManifestFile[]>
  /** Ends the thread. */
  dispose(): Promise<void>
}

/** The thread that writes. */
export const startWorker = (): Worker => startThread(new URL('./write-worker.ts', import.meta.url))

interface Waiting {
  readonly request: WriteRequest
  readonly resolve: (files: readonly ManifestFile[]) => void
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
  const openThread = (): Worker => {
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
      if ('files' in reply) taken?.resolve(reply.files)
      else taken?.reject(revivedError(reply.failure))
    })
    own.on('error', (error) => died(reasonOf(error)))
    own.on('exit', (code) => died(`exit code ${code}`))
    return own
  }
  return {
    write(request) {
      if (waiting !== undefined) return bug('a checkpoint is being written')
      worker ??= openThread()
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

/** The memory of a snapshot, each array once. */
function buffersOf({ tensors }: Snapshot): ArrayBuffer[] {
  const buffers = tensors.flat().map(({ data }) => data.buffer)
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer)
}
