/** The logs beside `log.ndjson`, one by one: their formats, resumed runs, and servers and disks that fail. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { crc32c } from '../../../runtime/logs/event-file.ts'
import { mlflowSink } from '../../../runtime/logs/mlflow.ts'
import { prometheusSink } from '../../../runtime/logs/prometheus.ts'
import { scalarsOf, thinning } from '../../../runtime/logs/scalars.ts'
import { tensorboardSink } from '../../../runtime/logs/tensorboard.ts'
import { readEventFile } from '../../helpers/event-file.ts'
import { evaluationEvent, eventsOfAllTypes, gpuEvent, progressEvent } from '../../helpers/log-events.ts'
import { type FakeMlflow, fakeMlflow } from '../../helpers/mlflow-server.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()
let count = 0
let warnings: string[] = []
const warn = (message: string) => warnings.push(message)
let folder = ''
beforeEach(() => {
  folder = join(root, `run-${++count}`)
  mkdirSync(folder)
  warnings = []
})

const at = Date.UTC(2026, 10, 27)

/** A Python with TensorBoard, if there is one: `ARCC_TENSORBOARD_PYTHON`, or the usual one. */
const python = process.env.ARCC_TENSORBOARD_PYTHON ?? 'python3'
const hasTensorboard = spawnSync(python, ['-c', 'import tensorboard']).status === 0

const readWithTensorboard = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
a = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'tensors': 0})
a.Reload()
texts = {t: [v.tensor_proto.string_val[0].decode() for v in a.Tensors(t)] for t in a.Tags()['tensors']}
scalars = {t: [[e.step, e.value, e.wall_time] for e in a.Scalars(t)] for t in a.Tags()['scalars']}
print(json.dumps({'texts': texts, 'scalars': scalars}))`

describe('TensorBoard', () => {
  async function write(events: readonly RunEvent[]) {
    const sink = tensorboardSink({ folder, texts: new Map([['experiment', '**small**']]), warn })
    for (const event of events) sink.event(event, at)
    await sink.close()
  }
  const files = () =>
    readdirSync(join(folder, 'tensorboard'))
      .sort()
      .map((name) => readEventFile(readFileSync(join(folder, 'tensorboard', name))).records)

  test('the checksum is that of RFC 3720, B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
  })

  test('a file has a version, the texts and the scalars; a resumed run adds one that replaces what follows its step', async () => {
    await write([evaluationEvent(0), progressEvent(1), progressEvent(2), progressEvent(3), gpuEvent])
    await write([progressEvent(3, { loss: 0.5 }), eventsOfAllTypes.end])
    const [first = [], second = []] = files()
    expect(first.map(({ version, step }) => version ?? step)).toEqual(['brain.Event:2', 0, 0, 1, 2, 3, 10])
    expect(first[1]?.tags.get('experiment')).toBe('**small**')
    expect(first[3]?.wallTime).toBe(at / 1000)
    expect(first[2]?.tags.get('verification/lfw/tar_at_far_1e-4')).toBeCloseTo(0.91, 6)
    expect(first[6]?.tags.get('gpu/0/watts')).toBe(642.5)
    expect(first.some(({ isRestart }) => isRestart)).toBe(false)
    expect(second.map(({ isRestart, step }) => [isRestart, step])).toContainEqual([true, 3])
    expect(warnings).toEqual([])
  })

  test.skipIf(!hasTensorboard)(
    `TensorBoard's own reader has the same (skipped without: ${python} -c 'import tensorboard')`,
    async () => {
      await write([evaluationEvent(0), progressEvent(1), progressEvent(2), progressEvent(3)])
      await write([progressEvent(3, { loss: 0.5 })])
      const { status, stdout, stderr } = spawnSync(python, ['-c', readWithTensorboard, join(folder, 'tensorboard')])
      expect(status, String(stderr)).toBe(0)
      const { texts, scalars } = JSON.parse(String(stdout))
      expect(texts.experiment).toContain('**small**')
      const [one, two, three] = [10, 5, 0.5].map((loss, i) => [i + 1, loss, at / 1000])
      expect(scalars['train/loss']).toEqual([one, two, three])
      expect(scalars['verification/lfw/accuracy']).toEqual([[0, Math.fround(0.995), at / 1000]])
    },
  )

  test('a folder that cannot be written is one warning', async () => {
    writeFileSync(join(folder, 'tensorboard'), 'a file in its place')
    await write([progressEvent(1), progressEvent(2)])
    expect(warnings).toEqual([expect.stringMatching(/^TensorBoard's files in .* end here: /)])
  })

  test('figures that are not finite are left out, and names of sets are made safe', () => {
    const scalars = scalarsOf(progressEvent(1, { loss: Number.NaN }))?.scalars ?? []
    expect(scalars.map(({ name }) => name)).not.toContain('train/loss')
    const [first] = scalarsOf(evaluationEvent(1, 'my faces/lfw.bin'))?.scalars ?? []
    expect(first?.name).toBe('verification/my_faces_lfw.bin/accuracy')
  })

  test('days of progress become a few thousand points, with the last one', () => {
    const isKept = thinning()
    const [seconds, every] = [3 * 86_400, 0.5]
    let kept = 0
    for (let i = 1; i * every <= seconds; i++)
      if (isKept(progressEvent(i, { steps: seconds / every, elapsedSeconds: i * every }))) kept++
    expect(kept).toBeGreaterThan(10_000)
    expect(kept).toBeLessThan(20_000)
    const early = thinning()
    expect([1, 2, 3].map((i) => early(progressEvent(i, { elapsedSeconds: i / 2 })))).toEqual([true, true, true])
  })
})

describe('Prometheus', () => {
  /** The samples by name and labels, with each name's type; throws for a line that is not of the format. */
  function parse(text: string) {
    const types = new Map<string, string>()
    const samples = new Map<string, number>()
    expect(text.endsWith('\n')).toBe(true)
    for (const line of text.trimEnd().split('\n')) {
      const [, keyword, name, rest] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? []
      if (keyword === 'TYPE') types.set(need(name, 'a name'), need(rest, 'a type'))
      if (keyword !== undefined) continue
      const [, sample, of, value] =
        /^(([a-z_]+)(?:\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\})?) (\S+)$/.exec(line) ??
        []
      expect(types.has(need(of, `a sample in ${line}`)), line).toBe(true)
      expect(samples.has(need(sample, 'a sample'))).toBe(false)
      samples.set(need(sample, 'a sample'), value === 'NaN' ? Number.NaN : Number(value))
    }
    return { types, samples }
  }

  test('the endpoint tells the newest state in the text format', async () => {
    const sink = need(await prometheusSink({ host: '127.0.0.1', port: 39_411 }, warn), 'an endpoint')
    const read = async (path: string, method = 'GET') => fetch(`http://127.0.0.1:39411${path}`, { method })
    const { start, ...others } = eventsOfAllTypes
    sink.event({ ...start, folder: 'a "b"\\c\n' }, at)
    sink.event(progressEvent(9, { loss: Number.NaN }), at)
    for (const event of Object.values(others)) sink.event(event, at)
    const reply = await read('/metrics')
    expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const { types, samples } = parse(await reply.text())
    expect(
      samples.get(String.raw`arcc_run_info{experiment="small",folder="a \"b\"\\c\n",engine="${start.engine}"}`),
    ).toBe(1)
    expect(samples.get('arcc_step')).toBe(100)
    expect(samples.get('arcc_loss')).toBe(1)
    expect(samples.get('arcc_data_share_ratio')).toBe(0.25)
    expect(samples.get('arcc_skipped_steps_total')).toBe(3)
    expect(samples.get('arcc_gpu_utilization_ratio{gpu="00000000:17:00.0",name="NVIDIA H100"}')).toBe(0.97)
    expect(samples.get('arcc_verification_tar_ratio{set="lfw",far="1e-4"}')).toBe(0.91)
    expect(samples.get('arcc_warnings_total')).toBe(1)
    expect(types.get('arcc_warnings_total')).toBe('counter')
    expect([(await read('/')).status, (await read('/metrics', 'POST')).status]).toEqual([404, 405])
    // The same port again: a warning, and the run goes on.
    expect(await prometheusSink({ host: '127.0.0.1', port: 39_411 }, warn)).toBeUndefined()
    expect(warnings).toEqual([
      expect.stringMatching(/127\.0\.0\.1:39411: another process uses the port; the run goes on/),
    ])
    await sink.close()
    await expect(read('/metrics')).rejects.toThrow()
  })
})

describe('MLflow', () => {
  let server: FakeMlflow
  beforeEach(async () => {
    server = await fakeMlflow()
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await server.close()
  })

  const open = (more: object = {}) =>
    mlflowSink({
      url: server.url,
      folder,
      experiment: 'small',
      params: Array.from({ length: 150 }, (_, i) => ({ key: `p${i}`, value: i === 0 ? 'x'.repeat(600) : `${i}` })),
      tags: [{ key: 'arcc.folder', value: folder }],
      warn,
      interval: 10,
      grace: 2000,
      ...more,
    })
  const batches = () => server.received.filter(({ path }) => path === 'runs/log-batch').map(({ body }) => body)
  const metrics = () => batches().flatMap(({ metrics: list }) => (Array.isArray(list) ? list : []))

  test('what a run sends, in batches that the server accepts', async () => {
    vi.stubEnv('MLFLOW_TRACKING_USERNAME', 'ann')
    vi.stubEnv('MLFLOW_TRACKING_PASSWORD', 'secret')
    const sink = open()
    for (let step = 1; step <= 200; step++) sink.event(progressEvent(step), at + step)
    sink.event({ ...eventsOfAllTypes.end, status: 'interrupted' }, at)
    await sink.close()
    expect(server.received[0]?.authorization).toBe(`Basic ${Buffer.from('ann:secret').toString('base64')}`)
    const created = server.received.find(({ path }) => path === 'runs/create')
    expect(created?.body).toMatchObject({
      experiment_id: '1',
      run_name: `run-${count}`,
      tags: expect.arrayContaining([{ key: 'arcc.folder', value: folder }]),
    })
    const sizes = batches().map(({ params, metrics: list }) =>
      [params, list].map((x) => (Array.isArray(x) ? x.length : 0)),
    )
    expect(sizes.slice(0, 2).map(([params]) => params)).toEqual([100, 50])
    for (const [, size = 0] of sizes) expect(size).toBeLessThanOrEqual(1000)
    expect(metrics()).toHaveLength(200 * 8)
    expect(metrics()[0]).toEqual({ key: 'train/loss', value: 10, timestamp: at + 1, step: 1 })
    expect(JSON.stringify(batches()[0])).toContain(`${'x'.repeat(499)}…`)
    expect(server.received.at(-1)?.body).toMatchObject({ run_id: 'run-1', status: 'KILLED' })
    expect(warnings).toEqual([])
  })

  test('a resumed run goes on in the same run of the server', async () => {
    await open().close()
    const second = open()
    second.event(progressEvent(7), at)
    second.event(eventsOfAllTypes.end, at)
    await second.close()
    expect(server.received.filter(({ path }) => path === 'runs/create')).toHaveLength(1)
    const updates = server.received.filter(({ path }) => path === 'runs/update').map(({ body }) => body.status)
    expect(updates).toEqual(['FAILED', 'RUNNING', 'FINISHED'])
    expect(batches().filter(({ params }) => params !== undefined)).toHaveLength(2)
  })

  test('a server that fails for a while is one warning, and gets everything later', async () => {
    server.fail = 503
    const sink = open()
    sink.event(progressEvent(1), at)
    await vi.waitFor(() => expect(server.received.length).toBeGreaterThan(2))
    server.fail = undefined
    sink.event(progressEvent(2), at)
    await sink.close()
    expect(metrics().map(({ step }) => step)).toEqual(expect.arrayContaining([1, 2]))
    expect(warnings).toEqual([
      expect.stringMatching(/503 out of order; the run goes on, and its figures are sent later/),
    ])
  })

  test.each([
    ['refuses', 401, /401 out of order; the run goes on without it/],
    ['fails to the end', 500, /500 out of order/],
  ])('a server that %s ends nothing', async (_, status, message) => {
    server.fail = status
    const sink = open()
    for (let step = 1; step <= 100; step++) sink.event(progressEvent(step), at)
    await sink.close()
    expect(warnings[0]).toMatch(message)
    expect(warnings).toHaveLength(status === 401 ? 1 : 2)
  })

  test('a server that is not there, or never answers, is waited for no longer than allowed', async () => {
    const nobody = open({ url: 'http://127.0.0.1:9' })
    nobody.event(progressEvent(1), at)
    await nobody.close()
    expect(warnings[0]).toMatch(/MLflow at http:\/\/127\.0\.0\.1:9 does not work: /)
    const never = () => new Promise<never>(() => {})
    const client = { experiment: never, createRun: never, logBatch: never, setStatus: never }
    const began = performance.now()
    const silent = open({ client, grace: 50 })
    for (let step = 1; step <= 5000; step++) silent.event(evaluationEvent(step), at)
    await silent.close()
    expect(performance.now() - began).toBeLessThan(2000)
    expect(warnings.at(-1)).toMatch(/^25000 figures did not reach MLflow/)
  })
})
