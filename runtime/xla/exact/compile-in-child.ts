/** Starts the process that compiles for a GPU and waits for its result. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { xlaError } from '../pjrt/errors.ts'
import type { CompileAnswer, CompileJob } from './exact-worker.ts'

/** Number of characters kept of the process's last output. */
const keptOutput = 4000

/** When bundled, the worker is JavaScript; when run from source, tsx loads it. */
function startWorker(): ChildProcess {
  const path = fileURLToPath(new URL('./exact-worker.ts', import.meta.url))
  return fork(path, [], {
    execArgv: path.endsWith('.ts') ? ['--import', 'tsx'] : [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
}

/**
 * Compiles in a separate process, which ends with its result or with this process. Throws ARC6015 if it ends without a result, or
 * could not load the plugin.
 */
export function compileInChild(job: CompileJob): Promise<Exclude<CompileAnswer, { kind: 'failed' }>> {
  return new Promise((resolve, reject) => {
    const child = startWorker()
    let written = ''
    const stop = () => child.kill()
    process.once('exit', stop)
    const end = (finish: () => void) => {
      process.removeListener('exit', stop)
      finish()
    }
    child.stderr?.on('data', (chunk: Buffer) => {
      written = (written + String(chunk)).slice(-keptOutput)
    })
    child.once('message', (message) => {
      const answer = message as CompileAnswer
      end(() => (answer.kind === 'failed' ? reject(xlaError('ARC6015', { reason: answer.message })) : resolve(answer)))
    })
    child.once('error', (error) => end(() => reject(xlaError('ARC6015', { reason: error.message }, error))))
    child.once('close', (code, signal) => {
      const last = written.trim().split('\n').at(-1)
      const how = signal ?? `exit code ${code}`
      end(() => reject(xlaError('ARC6015', { reason: last ? `${how}; last output: ${last}` : how })))
    })
    child.send(job)
  })
}
