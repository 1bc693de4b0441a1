/** The thread that writes checkpoints: names, hashes and writes a copied state while training goes on. */
import { parentPort } from 'node:worker_threads'
import { Bug, need } from '../../grammar/diagnostic.ts'
import { ArccError } from '../errors.ts'
import { snapshotState } from '../state/snapshot.ts'
import type { WriteReply, WriteRequest } from './write-aside.ts'
import { writeFiles } from './write-files.ts'

const port = need(parentPort, 'the port of a thread')

port.on('message', ({ folder, snapshot, facts }: WriteRequest) => {
  writeFiles(folder, snapshotState(snapshot), facts).then(
    (manifest) => port.postMessage({ manifest } satisfies WriteReply),
    (error: unknown) => port.postMessage({ failure: plainError(error) } satisfies WriteReply),
  )
})

function plainError(error: unknown): Extract<WriteReply, { failure: object }>['failure'] {
  if (error instanceof ArccError) {
    const { code, params, message, hint } = error
    return { code, params, text: message, hint }
  }
  const text = error instanceof Error ? error.message : String(error)
  return { code: undefined, text: error instanceof Bug ? text : `unexpected: ${text}` }
}
