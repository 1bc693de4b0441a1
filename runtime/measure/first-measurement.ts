/** Measures this computer for its first plan, in a separate process. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { MachineProfile } from '../../compiler/host/machine-profile.ts'
import { threadPoolEnvironment } from '../data/loader/thread-pool.ts'
import { hugePageEnvironment } from '../xla/huge-pages.ts'

/** What the process found: rates with the cores that other programs took meanwhile, or why there are none. */
export type Measured =
  | { readonly profile: MachineProfile; readonly others: number; readonly reason?: never }
  | { readonly reason: string; readonly profile?: never }

/** Milliseconds after which the process is ended: it takes five to eight seconds, more beside other programs. */
const patience = 120_000

/** Waits for the measurement, which blocks the event loop: plans are synchronous. The environment is that of a run. */
export function measureApart(given: NodeJS.ProcessEnv = process.env): Measured {
  const path = fileURLToPath(new URL('./measure-worker.ts', import.meta.url))
  const withPages = hugePageEnvironment(given) ?? given
  const env = threadPoolEnvironment(withPages) ?? withPages
  const args = [...(path.endsWith('.ts') ? ['--import', 'tsx'] : []), path]
  const { stdout, signal, status, error } = spawnSync(process.execPath, args, {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: patience,
    killSignal: 'SIGKILL',
  })
  if (error !== undefined) return { reason: error.message }
  if (status !== 0 || stdout === '')
    return { reason: `the process that measures ended with ${signal ?? `exit code ${status}`}` }
  return JSON.parse(stdout) as Measured
}
