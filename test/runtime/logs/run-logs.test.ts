/** A whole run with every log: the lines of `log.ndjson` fit the published schema, and all logs have the same figures. */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunEvent } from '../../../runtime/events.ts'
import { eventLine, eventLineSchema } from '../../../runtime/logs/event-line.ts'
import { train } from '../../../runtime/train/train.ts'
import { readEventFile } from '../../helpers/event-file.ts'
import { eventsOfAllTypes, progressEvent } from '../../helpers/log-events.ts'
import { type FakeMlflow, fakeMlflow } from '../../helpers/mlflow-server.ts'
import { narrowText } from '../../helpers/narrow.ts'
import { planOf } from '../../helpers/plan.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = join(temporaryFolder(), 'run-1')
const validate = new Ajv({ allErrors: true, strictTypes: false }).compile(eventLineSchema)
let mlflow: FakeMlflow
const events: RunEvent[] = []
let metricsText = ''
let lines: string[] = []

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

beforeAll(async () => {
  mlflow = await fakeMlflow()
  const port = await freePort()
  const text = narrowText({
    devices: 1,
    batch: 4,
    classes: 5,
    declarations: 'backbone flat() on Image(12, 12, 3) -> Vector(8) { input |> flatten |> linear(8) |> batch_norm }',
    backbone: 'flat()',
    train: 'steps = 6',
  })
    .replace('per_identity: 8', 'per_identity: 8, holdout: 6')
    .replace('    steps     = 20\n', '')
    .replace(
      'centers {',
      `evaluate { sets = [holdout], pairs = 20 }
  log { tensorboard = true, mlflow = "${mlflow.url}", prometheus = ${port} }
  centers {`,
    )
  await train(planOf(text), {
    engine: 'tfjs',
    folder,
    signal: new AbortController().signal,
    onEvent(event) {
      events.push(event)
      // After the last step, while the run saves and verifies.
      if (event.type === 'telemetry') reading = fetch(`http://127.0.0.1:${port}/metrics`).then((reply) => reply.text())
    },
  })
  metricsText = await reading
  lines = readFileSync(join(folder, 'log.ndjson'), 'utf8').trimEnd().split('\n')
}, 60_000)
let reading: Promise<string> = Promise.resolve('')
afterAll(() => mlflow.close())

describe('log.ndjson', () => {
  test('every line of the run fits the schema, and is the event with version and time', () => {
    for (const line of lines)
      expect(validate(JSON.parse(line)), `${line}: ${JSON.stringify(validate.errors)}`).toBe(true)
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(events.map(({ type }) => type))
    const { v, time, ...first } = JSON.parse(lines[0] ?? '')
    expect(v).toBe(1)
    expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(300_000)
    expect(first).toEqual(JSON.parse(JSON.stringify(events[0])))
  })

  test.each(Object.values(eventsOfAllTypes))('an event $type fits', (event) => {
    const line = JSON.parse(eventLine(event, Date.UTC(2026, 10, 27)))
    expect(validate(line), JSON.stringify(validate.errors)).toBe(true)
    expect(line.time).toBe('2026-11-27T00:00:00.000Z')
    expect(validate({ ...line, other: 1 })).toBe(false)
    expect(validate({ ...line, v: 2 })).toBe(false)
  })

  test('a figure that is not finite is null', () => {
    const line = JSON.parse(
      eventLine(progressEvent(1, { loss: Number.NaN, gradientNorm: Number.POSITIVE_INFINITY }), 0),
    )
    expect([line.loss, line.gradientNorm]).toEqual([null, null])
    expect(validate(line)).toBe(true)
  })

  test('the published schema is that of the code (npm run events)', () => {
    const published = readFileSync(new URL('../../../docs/events.schema.json', import.meta.url), 'utf8')
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(eventLineSchema)))
  })
})

test('TensorBoard has the scalars of the run', () => {
  const [name = ''] = readdirSync(join(folder, 'tensorboard'))
  const { records } = readEventFile(readFileSync(join(folder, 'tensorboard', name)))
  const last = events.findLast((event) => event.type === 'progress')
  const loss = records.filter((record) => record.tags.has('train/loss')).at(-1)
  expect(loss?.step).toBe(6)
  expect(loss?.tags.get('train/loss')).toBe(Math.fround(last?.type === 'progress' ? last.loss : 0))
  const tags = new Set(records.flatMap((record) => [...record.tags.keys()]))
  expect([...tags]).toEqual(
    expect.arrayContaining(['experiment', 'verification/holdout/accuracy', 'memory/host_bytes', 'speed/data_share']),
  )
})

test('Prometheus could read the run', () => {
  expect(metricsText).toContain('arcc_step 6\n')
  expect(metricsText).toMatch(/^arcc_verification_accuracy_ratio\{set="holdout"\} [\d.]+$/m)
})

test('MLflow has parameters, metrics and the end', () => {
  const paths = mlflow.received.map(({ path }) => path)
  expect(paths.slice(0, 3)).toEqual(['experiments/get-by-name', 'experiments/create', 'runs/create'])
  expect(mlflow.received.at(-1)).toMatchObject({ path: 'runs/update', body: { run_id: 'run-1', status: 'FINISHED' } })
  const sent = mlflow.received.filter(({ path }) => path === 'runs/log-batch').map(({ body }) => body)
  expect(sent.flatMap(({ params }) => params ?? [])).toContainEqual({ key: 'train.steps', value: '6' })
  expect(sent.flatMap(({ metrics }) => metrics ?? [])).toContainEqual(
    expect.objectContaining({ key: 'train/loss', step: 6, value: expect.any(Number), timestamp: expect.any(Number) }),
  )
  expect(JSON.parse(readFileSync(join(folder, 'mlflow.json'), 'utf8'))).toEqual({ url: mlflow.url, run: 'run-1' })
})
