/**
 * MLflow: the run's settings as parameters, its figures as metrics, its end as status. Everything is queued and sent in batches beside
 * the steps. A server that does not answer is one warning; what is queued is sent again later, and lost at the end of the run. A resumed
 * run goes on in the run of the server that its folder names (`mlflow.json`).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunEvent } from '../events.ts'
import { reasonOf } from '../system-errors.ts'
import type { LogSink, Warn } from './log-sink.ts'
import {
  longestText,
  type MlflowClient,
  type MlflowMetric,
  MlflowRefusal,
  type MlflowStatus,
  type MlflowText,
  mlflowClient,
  mostMetrics,
  mostTexts,
} from './mlflow-client.ts'
import { scalarsOf, thinning } from './scalars.ts'

export interface MlflowOptions {
  readonly url: string
  /** The run folder; its name is that of the run. */
  readonly folder: string
  /** The name of the experiment on the server. */
  readonly experiment: string
  readonly params: readonly MlflowText[]
  readonly tags: readonly MlflowText[]
  readonly warn: Warn
  readonly client?: MlflowClient
  /** Milliseconds between batches, and after the first failure; this doubles with each further one. */
  readonly interval?: number
  /** Milliseconds that the end of a run may wait for the server. */
  readonly grace?: number
}

/** Metrics that wait for the server at most; beyond that, the oldest are left out. */
const mostWaiting = 20_000
/** The longest pause between attempts, in intervals. */
const longestPause = 24

const fileName = 'mlflow.json'

/** The run of the server that an earlier process of this run has created there. */
function earlierRun(folder: string, url: string): string | undefined {
  try {
    const found = JSON.parse(readFileSync(join(folder, fileName), 'utf8'))
    return found.url === url && typeof found.run === 'string' ? found.run : undefined
  } catch {
    return undefined
  }
}

function shortened({ key, value }: MlflowText): MlflowText {
  return { key, value: value.length > longestText ? `${value.slice(0, longestText - 1)}…` : value }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A user without an entry in the system's list.
    return ''
  }
}

export function mlflowSink(options: MlflowOptions): LogSink {
  const { url, folder, warn, client = mlflowClient(url), interval = 5000, grace = 10_000 } = options
  const isKept = thinning()
  const began = Date.now()
  const texts = (list: readonly MlflowText[]) => list.map(shortened)
  /** What is to be sent, in this order. */
  const params = texts(options.params)
  let metrics: MlflowMetric[] = []
  let run: string | undefined
  let status: MlflowStatus = 'FAILED'
  let hasWarned = false
  let isOff = false
  let leftOut = 0

  const warnOnce = (error: unknown, then: string) => {
    if (!hasWarned) warn(`MLflow at ${url} does not work: ${reasonOf(error)}; the run goes on${then} (log.mlflow)`)
    hasWarned = true
  }
  const trouble = (error: unknown) => {
    if (!mayPass(error)) isOff = true
    warnOnce(error, isOff ? ' without it' : ', and its figures are sent later')
  }
  const open = async (): Promise<string> => {
    const earlier = earlierRun(folder, url)
    if (earlier !== undefined) {
      try {
        await client.setStatus(earlier, 'RUNNING')
        // Parameters of a run cannot be changed.
        params.length = 0
        return earlier
      } catch (error) {
        if (!(error instanceof MlflowRefusal && error.code === 'RESOURCE_DOES_NOT_EXIST')) throw error
      }
    }
    const experiment = await client.experiment(options.experiment)
    const name = basename(resolve(folder))
    const tags = texts([
      { key: 'mlflow.runName', value: name },
      { key: 'mlflow.user', value: userName() },
      ...options.tags,
    ])
    const created = await client.createRun(
      experiment,
      name,
      began,
      tags.filter(({ value }) => value !== ''),
    )
    try {
      writeFileSync(join(folder, fileName), `${JSON.stringify({ url, run: created })}\n`)
    } catch {
      // A resumed run will be another one on the server.
    }
    return created
  }
  /** Sends everything that waits. Throws `MlflowRefusal`; what was not sent still waits. */
  const flush = async () => {
    run ??= await open()
    while (params.length > 0) {
      try {
        await client.logBatch(run, { params: params.slice(0, mostTexts) })
        params.splice(0, mostTexts)
      } catch (error) {
        if (mayPass(error)) throw error
        params.length = 0
        warnOnce(error, ' without its parameters there')
      }
    }
    while (metrics.length > 0) {
      const batch = metrics.slice(0, mostMetrics)
      await client.logBatch(run, { metrics: batch })
      const sent = new Set(batch)
      // Meanwhile, the oldest may have been left out and new ones added.
      metrics = metrics.filter((metric) => !sent.has(metric))
    }
  }
  const stop = new AbortController()
  const loop = async () => {
    let pause = 1
    while (!stop.signal.aborted && !isOff) {
      try {
        await flush()
        pause = 1
      } catch (error) {
        trouble(error)
        pause = Math.min(longestPause, pause * 2)
      }
      await sleep(interval * pause, undefined, { signal: stop.signal, ref: false }).catch(() => undefined)
    }
  }
  const looping = loop()

  return {
    event(event, now) {
      status = statusAfter(event) ?? status
      if (isOff || !isKept(event)) return
      const found = scalarsOf(event)
      if (found === undefined) return
      for (const { name, value } of found.scalars) metrics.push({ key: name, value, timestamp: now, step: found.step })
      const over = Math.max(0, metrics.length - mostWaiting)
      metrics.splice(0, over)
      leftOut += over
    },
    async close() {
      stop.abort()
      const finish = async () => {
        await looping
        if (isOff) return
        await flush()
        if (run !== undefined) await client.setStatus(run, status, Date.now())
      }
      const end = new AbortController()
      const late = sleep(grace, true, { signal: end.signal }).catch(() => false)
      const finished = finish().then(
        () => false,
        (error: unknown) => {
          trouble(error)
          return false
        },
      )
      if (await Promise.race([finished, late]))
        trouble(new MlflowRefusal(`no answer within ${grace / 1000} seconds`, true))
      end.abort()
      const lost = leftOut + metrics.length
      if (lost > 0 && !isOff) warn(`${lost} figures did not reach MLflow at ${url}; log.ndjson has them`)
    },
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof MlflowRefusal && error.mayPass
}

function statusAfter(event: RunEvent): MlflowStatus | undefined {
  if (event.type === 'end') return event.status === 'done' ? 'FINISHED' : 'KILLED'
  return event.type === 'failed' ? 'FAILED' : undefined
}
