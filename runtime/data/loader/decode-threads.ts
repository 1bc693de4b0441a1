/** Threads that make pictures: starts them, hands out work, and notices when one dies. */
import type { Worker } from 'node:worker_threads'
import { need } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../errors.ts'
import { startThread } from '../../start-thread.ts'
import type { ImageRecipe } from '../collection.ts'
import type { JpegChoice } from '../jpeg/find.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { type DecodeWorkers, disposed } from './decode-workers.ts'
import { type MadeChunk, type MakerSpec, openMaker, type PlainError } from './picture-maker.ts'
import type { WorkerReply, WorkerRequest, WorkerSettings } from './protocol.ts'

/** Requests with a thread: one that it works on, and the next, so that it never waits for the event loop. */
const requestsPerThread = 2
/** Milliseconds that threads get to end by themselves: that of one large picture. */
const patience = 3000

type Job = Extract<WorkerRequest, { job: number }>
type JobReply = Exclude<WorkerReply, { kind: 'failed' }>

interface Waiting {
  readonly request: Job
  readonly transfer: (reply: JobReply) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  readonly place: Int32Array<SharedArrayBuffer>
  readonly jobs: Map<number, Waiting>
  readonly exited: Promise<void>
}

const startWorker = (settings: WorkerSettings): Worker =>
  startThread(new URL('./decode-worker.ts', import.meta.url), { workerData: settings })

/** Whether sharp may be needed. */
function mayNeedSharp(recipe: ImageRecipe): boolean {
  return recipe.kind === 'mixed' ? recipe.parts.some(mayNeedSharp) : recipe.kind !== 'drawn'
}

/** An error that crossed threads. */
function revived({ code, params, text, hint }: PlainError): ArccError {
  return new ArccError(code, params, { text, hint })
}

function nameOf(spec: MakerSpec | undefined, image: number): string {
  if (spec === undefined) return 'no picture'
  try {
    const maker = openMaker(spec, undefined)
    try {
      return maker.nameOf(image)
    } finally {
      maker.close()
    }
  } catch {
    return `picture ${image}`
  }
}

/** Starts the threads, each with `start`. */
export function startThreads(
  count: number,
  jpeg: JpegChoice,
  start: (settings: WorkerSettings) => Worker = startWorker,
): DecodeWorkers {
  const ending = new Int32Array(new SharedArrayBuffer(4))
  const specs = new Map<number, MakerSpec>()
  const queue: Waiting[] = []
  let nextMaker = 0
  let nextJob = 0
  let failure: { readonly error: unknown } | undefined

  const fail = (error: unknown) => {
    failure ??= { error }
    for (const waiting of queue.splice(0)) waiting.reject(error)
    for (const { jobs } of threads) {
      for (const waiting of jobs.values()) waiting.reject(error)
      jobs.clear()
    }
    settle()
  }
  const died = ({ place }: Thread, reason: string) => {
    if (Atomics.load(ending, 0) === 1 || failure !== undefined) return
    const maker = Atomics.load(place, 0)
    fail(dataErrors('ARC6260', { file: nameOf(specs.get(maker), Atomics.load(place, 1) >>> 0), reason }))
  }
  const take = (thread: Thread, reply: WorkerReply) => {
    const waiting = thread.jobs.get(reply.job)
    thread.jobs.delete(reply.job)
    if (reply.kind === 'failed') waiting?.reject(revived(reply.error))
    else waiting?.transfer(reply)
    hand()
  }
  const openThread = (): Thread => {
    const place = Int32Array.of(-1, 0)
    const shared = new Int32Array(new SharedArrayBuffer(place.byteLength))
    shared.set(place)
    const worker = start({ jpeg, place: shared, ending })
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    const thread: Thread = { worker, place: shared, jobs: new Map(), exited }
    worker.on('message', (reply: WorkerReply) => take(thread, reply))
    worker.on('messageerror', (error) => died(thread, reasonOf(error)))
    worker.on('error', (error) => died(thread, reasonOf(error)))
    worker.on('exit', (code) => died(thread, `it exited with code ${code}`))
    return thread
  }
  /** The process stays alive while it waits for a thread, and only then. */
  const settle = () => {
    for (const { worker, jobs } of threads) {
      if (jobs.size > 0) worker.ref()
      else worker.unref()
    }
  }
  /** Gives waiting requests to the threads that have the fewest. */
  const hand = () => {
    while (queue.length > 0) {
      const least = threads.reduce((a, b) => (b.jobs.size < a.jobs.size ? b : a))
      if (least.jobs.size >= requestsPerThread) break
      const waiting = need(queue.shift(), 'a request')
      least.jobs.set(waiting.request.job, waiting)
      least.worker.postMessage(waiting.request)
    }
    settle()
  }
  const send = (request: Job): Promise<JobReply> => {
    if (failure !== undefined) return Promise.reject(failure.error)
    return new Promise((transfer, reject) => {
      queue.push({ request, transfer, reject })
      hand()
    })
  }
  const tellAll = (request: WorkerRequest) => {
    for (const { worker } of threads) worker.postMessage(request)
  }
  const threads: readonly Thread[] = Array.from({ length: count }, openThread)
  settle()

  return {
    count,
    async open(spec) {
      // A library that only threads have loaded is unloaded with them, while its own threads still run.
      if (mayNeedSharp(spec.recipe)) await import('sharp')
      if (failure !== undefined) throw failure.error
      const maker = nextMaker++
      specs.set(maker, spec)
      tellAll({ kind: 'open', maker, spec })
      return maker
    },
    close(maker) {
      if (!specs.delete(maker) || failure !== undefined) return
      const isOf = ({ request }: Waiting) => request.kind === 'make' && request.maker === maker
      for (const { reject } of queue.filter(isOf)) reject(disposed())
      queue.splice(0, queue.length, ...queue.filter((waiting) => !isOf(waiting)))
      tellAll({ kind: 'close', maker })
    },
    async make(maker, { numbers, out, key }): Promise<MadeChunk> {
      // A view would carry the whole array that it is a part of.
      const reply = await send({ kind: 'make', job: nextJob++, maker, numbers: numbers.slice(), out, key })
      return 'chunk' in reply ? reply.chunk : Promise.reject(disposed())
    },
    async epochOrder(key, epoch) {
      const out = new Uint32Array(new SharedArrayBuffer(4 * epoch.images))
      await send({ kind: 'order', job: nextJob++, key, epoch: { images: epoch.images, mix: epoch.mix }, out })
      return out
    },
    async dispose() {
      Atomics.store(ending, 0, 1)
      fail(disposed())
      tellAll({ kind: 'end' })
      const all = Promise.all(
        threads.map(({ worker, exited }) => {
          worker.ref()
          return exited
        }),
      )
      const late = new Promise((resolve) => setTimeout(resolve, patience).unref())
      await Promise.race([all, late])
      await Promise.all(threads.map(({ worker }) => worker.terminate()))
    },
  }
}
