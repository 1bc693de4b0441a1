/** MLflow's REST API (mlflow.org/docs/latest/rest-api.html): the calls that a run needs. */
import { reasonOf } from '../system-errors.ts'

export interface MlflowMetric {
  readonly key: string
  readonly value: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly step: number
}

export interface MlflowText {
  readonly key: string
  readonly value: string
}

export interface MlflowBatch {
  readonly metrics?: readonly MlflowMetric[]
  readonly params?: readonly MlflowText[]
  readonly tags?: readonly MlflowText[]
}

export type MlflowStatus = 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED'

/** The most that the server takes in one batch, all kinds together 1000. */
export const mostMetrics = 800
export const mostTexts = 100
/** Characters of a value of a parameter or a tag that every version of the server takes. */
export const longestText = 500

/** A failed call. */
export class MlflowRefusal extends Error {
  /** Whether the same call may succeed later. */
  readonly mayPass: boolean
  /** MLflow's error code, if it sent one. */
  readonly code: string | undefined

  constructor(reason: string, mayPass: boolean, code?: string) {
    super(reason)
    this.mayPass = mayPass
    this.code = code
  }
}

export interface MlflowClient {
  /** The id of an experiment, which is created if it is missing. */
  experiment(name: string): Promise<string>
  /** Creates a run in an experiment; its id. */
  createRun(experiment: string, name: string, startTime: number, tags: readonly MlflowText[]): Promise<string>
  logBatch(run: string, batch: MlflowBatch): Promise<void>
  setStatus(run: string, status: MlflowStatus, endTime?: number): Promise<void>
}

/** The environment variables that MLflow's own clients read. */
export function authorization(env: NodeJS.ProcessEnv): string | undefined {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password } = env
  if (token) return `Bearer ${token}`
  return user ? `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` : undefined
}

/** A call that takes longer than this has failed, in milliseconds. */
const patience = 10_000

/** A client of the server at a URL. All calls throw `MlflowRefusal`. */
export function mlflowClient(url: string, env: NodeJS.ProcessEnv = process.env): MlflowClient {
  const base = `${url.replace(/\/+$/, '')}/api/2.0/mlflow`
  const allowed = authorization(env)
  const headers = {
    'content-type': 'application/json',
    ...(allowed === undefined ? {} : { authorization: allowed }),
  }
  const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    let response: Response
    let text: string
    try {
      response = await fetch(`${base}/${path}`, {
        method,
        headers,
        signal: AbortSignal.timeout(patience),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      text = await response.text()
    } catch (error) {
      throw new MlflowRefusal(connectionReason(error), true)
    }
    const reply = parsed(text)
    if (response.ok && reply !== undefined) return reply
    const code = textOf(reply, 'error_code')
    const said = textOf(reply, 'message') ?? (response.ok ? 'it does not answer as MLflow does' : response.statusText)
    const mayPass = response.status >= 500 || response.status === 429 || response.status === 408
    throw new MlflowRefusal(`${response.status} ${said.split('\n', 1)[0]?.slice(0, 200)}`, mayPass, code)
  }
  const idIn = (reply: unknown, ...path: readonly string[]): string => {
    const found = path.reduce<unknown>((value, key) => memberOf(value, key), reply)
    if (typeof found === 'string') return found
    throw new MlflowRefusal('it does not answer as MLflow does', false)
  }
  const known = async (name: string) =>
    idIn(
      await call('GET', `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`),
      'experiment',
      'experiment_id',
    )
  return {
    async experiment(name) {
      try {
        return await known(name)
      } catch (error) {
        if (!(error instanceof MlflowRefusal && error.code === 'RESOURCE_DOES_NOT_EXIST')) throw error
      }
      try {
        return idIn(await call('POST', 'experiments/create', { name }), 'experiment_id')
      } catch (error) {
        // Another run may have created it meanwhile.
        if (!(error instanceof MlflowRefusal && error.code === 'RESOURCE_ALREADY_EXISTS')) throw error
        return known(name)
      }
    },
    async createRun(experiment, name, startTime, tags) {
      const body = { experiment_id: experiment, run_name: name, start_time: startTime, tags }
      return idIn(await call('POST', 'runs/create', body), 'run', 'info', 'run_id')
    },
    async logBatch(run, batch) {
      await call('POST', 'runs/log-batch', { run_id: run, ...batch })
    },
    async setStatus(run, status, endTime) {
      await call('POST', 'runs/update', {
        run_id: run,
        status,
        ...(endTime === undefined ? {} : { end_time: endTime }),
      })
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined
}

function textOf(value: unknown, key: string): string | undefined {
  const found = memberOf(value, key)
  return typeof found === 'string' ? found : undefined
}

/** `fetch` reports what the system said as the cause of its own error. */
function connectionReason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${patience / 1000} seconds`
  return reasonOf(error instanceof Error && error.cause !== undefined ? error.cause : error)
}
