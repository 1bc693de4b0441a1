/** The thread that writes checkpoints: names, hashes and writes a copied state while training goes on. */
import { parentPort } from 'node:worker_threads'
import { need } from '../../grammar/diagnostic.ts'
import { plainError } from '../plain-error.ts'
import { snapshotState } from '../state/snapshot.ts'
import type { WriteReply, WriteRequest } from './write-aside.ts'
import { writeFiles } from './write-files.ts'

const port = need(parentPort, 'the port of a thread')

port.on('message', ({ folder, snapshot, facts }: WriteRequest) => {
  writeFiles(folder, snapshotState(snapshot), facts).then(
    (files) => port.postMessage({ files } satisfies WriteReply),
    (error: unknown) => port.postMessage({ failure: plainError(error) } satisfies WriteReply),
  )
})
