/** A local server that answers as MLflow does and records what it was sent. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Received {
  readonly method: string
  readonly path: string
  readonly body: Record<string, unknown>
  readonly authorization: string | undefined
}

export interface FakeMlflow {
  readonly url: string
  readonly received: Received[]
  /** Answers every request with this status instead. */
  fail: number | undefined
  close(): Promise<void>
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? {} : JSON.parse(text)
}

export async function fakeMlflow(): Promise<FakeMlflow> {
  const experiments = new Map<string, string>()
  const received: Received[] = []
  let runs = 0
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    const path = url.pathname.replace('/api/2.0/mlflow/', '')
    const body = await bodyOf(request)
    received.push({ method: request.method ?? '', path, body, authorization: request.headers.authorization })
    const send = (status: number, reply: object) => response.writeHead(status).end(JSON.stringify(reply))
    if (fake.fail !== undefined) return send(fake.fail, { error_code: 'INTERNAL_ERROR', message: 'out of order' })
    if (path === 'experiments/get-by-name') {
      const id = experiments.get(url.searchParams.get('experiment_name') ?? '')
      return id === undefined
        ? send(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no such experiment' })
        : send(200, { experiment: { experiment_id: id } })
    }
    if (path === 'experiments/create') {
      experiments.set(String(body.name), `${experiments.size + 1}`)
      return send(200, { experiment_id: `${experiments.size}` })
    }
    if (path === 'runs/create') return send(200, { run: { info: { run_id: `run-${++runs}` } } })
    return send(200, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const fake: FakeMlflow = {
    url: `http://127.0.0.1:${port}`,
    received,
    fail: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return fake
}
