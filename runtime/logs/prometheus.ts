/**
 * An endpoint from which Prometheus reads the state of a run: `GET /metrics` in the text format 0.0.4
 * (prometheus.io/docs/instrumenting/exposition_formats). A port that cannot be used is a warning before the first step, and the run
 * goes on without the endpoint.
 */
import { createServer, type Server } from 'node:http'
import type { NetworkAddress } from '../../compiler/plan/plan.ts'
import { reasonOf } from '../system-errors.ts'
import type { LogSink, Warn } from './log-sink.ts'
import { createMetrics, type Metrics, metricTable, type Sample } from './metrics.ts'

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

/** JavaScript's numbers in the spelling of Go. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}

function sampleLine(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`
}

/** All metrics as text. */
export function expositionText(metrics: Metrics): string {
  const lines = metrics.all().flatMap(([name, samples]) => {
    const { type, help } = metricTable[name]
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => sampleLine(name, sample))]
  })
  return `${lines.join('\n')}\n`
}

function listen(server: Server, { host, port }: NetworkAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** `undefined` if the address cannot be used, after a warning. */
export async function prometheusSink(address: NetworkAddress, warn: Warn): Promise<LogSink | undefined> {
  const metrics = createMetrics()
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    const status = path !== '/metrics' ? 404 : request.method === 'GET' || request.method === 'HEAD' ? 200 : 405
    const text = status === 200 ? expositionText(metrics) : 'GET /metrics\n'
    const type = status === 200 ? 'text/plain; version=0.0.4; charset=utf-8' : 'text/plain'
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
    response.end(request.method === 'HEAD' ? undefined : text)
  })
  // Slow or idle clients are cut off.
  server.requestTimeout = 10_000
  server.maxConnections = 64
  try {
    await listen(server, address)
  } catch (error) {
    const at = `${address.host}:${address.port}`
    warn(`no metrics for Prometheus at ${at}: ${reasonOf(error)}; the run goes on without them (log.prometheus)`)
    return undefined
  }
  server.on('error', (error) => warn(`the metrics for Prometheus end here: ${reasonOf(error)}`))
  server.unref()
  return {
    event: (event) => metrics.update(event),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
