/** A pool of worker threads that read pictures, one for each core. */
import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import { tsxModule } from '../../tsx-module.ts'
import { findJpegDecoder } from '../jpeg/find.ts'
import {
  asError,
  type CheckJob,
  type CheckResult,
  type JobFailure,
  type RecodeJob,
  type RecodeResult,
  type WorkerSetup,
} from './jobs.ts'

export interface PicturePool {
  readonly workers: number
  /** Throws ARC6419 if the list that names the pictures has changed. */
  check(job: CheckJob): Promise<CheckResult>
  recode(job: RecodeJob): Promise<RecodeResult>
  /** Ends the workers, without waiting for their jobs. */
  close(): Promise<void>
}

/** From the sources, tsx translates the worker. */
function translator(): string {
  return `data:text/javascript,${encodeURIComponent(`import { register } from '${tsxModule()}'; register()`)}`
}

/** The caller closes it. A worker that ends unexpectedly fails its job. Throws ARC6262 for an unusable ARCC_TURBOJPEG. */
export function openPicturePool(
  setup: Omit<WorkerSetup, 'jpeg'>,
  workers: number = availableParallelism(),
): PicturePool {
  const file = new URL('./picture-worker.ts', import.meta.url)
  const pool = new Piscina<unknown, unknown>({
    filename: file.href,
    workerData: { ...setup, jpeg: findJpegDecoder() } satisfies WorkerSetup,
    minThreads: workers,
    maxThreads: workers,
    execArgv: file.pathname.endsWith('.ts') ? ['--import', translator()] : [],
  })
  return {
    workers,
    async check(job) {
      const result = (await pool.run(job, { name: 'check' })) as CheckResult | JobFailure
      if ('code' in result) throw asError(result)
      return result
    },
    recode: (job) => pool.run(job, { name: 'recode' }) as Promise<RecodeResult>,
    close: () => pool.destroy(),
  }
}

/**
 * Runs the jobs of an iterator, at most `ahead` at a time, and yields their results in order. Ends when `signal` is aborted;
 * jobs that have begun are not awaited then.
 */
export async function* inOrder<J, R>(
  jobs: Iterable<J>,
  ahead: number,
  run: (job: J) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly job: J; readonly result: R }> {
  const waiting: { readonly job: J; readonly result: Promise<R> }[] = []
  const take = async () => {
    const first = waiting.shift()
    return first === undefined ? undefined : { job: first.job, result: await first.result }
  }
  for (const job of jobs) {
    if (signal?.aborted) return
    const result = run(job)
    // `take` reports a failure; until then it must not count as unhandled.
    result.catch(() => undefined)
    waiting.push({ job, result })
    if (waiting.length < ahead) continue
    const done = await take()
    if (done !== undefined) yield done
  }
  while (waiting.length > 0 && !signal?.aborted) {
    const done = await take()
    if (done !== undefined) yield done
  }
}
