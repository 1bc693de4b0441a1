/** A run that starts from weights: the state on the devices, and what is refused before anything is compiled. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from '../../../compiler/plan/plan.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { newestIntact } from '../../../runtime/checkpoint/newest-intact.ts'
import { createCollections } from '../../../runtime/data/formats/data-formats.ts'
import { createLoader } from '../../../runtime/data/loader/loader.ts'
import { startDecodeWorkers } from '../../../runtime/data/loader/start-workers.ts'
import { splitCollection } from '../../../runtime/data/select/selection.ts'
import type { Engine, Executable } from '../../../runtime/engine.ts'
import { bf16ToF32, f32ToBf16 } from '../../../runtime/half.ts'
import { fillState } from '../../../runtime/start/fill-state.ts'
import { openStart } from '../../../runtime/start/open-start.ts'
import { openWeightsFile } from '../../../runtime/start/weights-file.ts'
import type { DeviceState } from '../../../runtime/state/device-state.ts'
import { namedStreams, tableStreams } from '../../../runtime/state/named-streams.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { newState } from '../../../runtime/train/programs.ts'
import { train } from '../../../runtime/train/train.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { anError } from '../../helpers/facts.ts'
import { type NarrowOptions, narrowPlan } from '../../helpers/narrow.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { wholeOf } from '../../helpers/whole-stream.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/torch/${name}`, import.meta.url))
const folder = temporaryFolder()
const expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as {
  readonly embeddings: readonly (readonly number[])[]
  readonly centers: readonly (readonly number[])[]
}
const D = 8

const declarations = `
backbone small() on Image(28, 28, 3) -> Vector(${D}) {
  let first = input |> conv(4, kernel: 3) as conv1 |> batch_norm as bn1 |> prelu as prelu
  let last = first |> residual(4, stride: 2) as "layer1.0" |> residual(8, stride: 2) as "layer2.0"
  last |> batch_norm as bn2 |> flatten |> linear(${D}, precise: true) as fc |> batch_norm(scaled: false) as features
}`

const planFrom = (start: string, options: Partial<NarrowOptions> = {}) =>
  narrowPlan({
    devices: 2,
    batch: 2,
    classes: 5,
    declarations,
    backbone: 'small()',
    train: `start = ${start}`,
    ...options,
  })

/** A safetensors file of one tensor. */
function centersFile(data: Float32Array, shape: readonly number[]): Buffer {
  const entry = { dtype: 'F32', shape, data_offsets: [0, data.byteLength] }
  const header = Buffer.from(JSON.stringify({ centers: entry }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, Buffer.from(data.buffer)])
}

let engine: Engine
beforeAll(async () => {
  engine = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
})
afterAll(() => {
  expect(engine.alive).toBe(0)
  engine.dispose()
})

/** Fills the state of a plan and passes it on. */
async function started(plan: Plan, body: (state: DeviceState, embed: Executable) => Promise<void>) {
  const start = need(await openStart(plan, undefined), 'a start')
  const state = await newState(engine, plan)
  const embed = await engine.compile(plan.graphs.embed)
  const workers = startDecodeWorkers(0)
  const data = splitCollection(createCollections().open(plan.run.dataset), 0).train
  const { signal } = new AbortController()
  try {
    const loaded = await fillState(state, start, { engine, plan, embed, data, workers, signal })
    await body(state, embed)
    return loaded
  } finally {
    await start.close()
    state.dispose()
    embed.dispose()
    await workers.dispose()
  }
}

async function tableOf(state: DeviceState, classes = 5): Promise<number[][]> {
  const stream = need(tableStreams(state, { start: 0, count: classes }).get('centers'), 'centers')
  const { dtype, data } = await wholeOf(stream)
  const values = dtype === 'bf16' && data instanceof Uint16Array ? bf16ToF32(data) : data
  return Array.from({ length: data.length / D }, (_, i) => [...values.subarray(i * D, (i + 1) * D)])
}

async function embeddingsOf(state: DeviceState, embed: Executable, plan: Plan, pixels: Uint8Array[]) {
  const weights = await state.forEmbed(engine)
  const inputs = await Promise.all(
    weights.of.map(async (own, device) => {
      const shape = [plan.run.embedBatch, ...plan.run.image]
      const data = new Uint8Array(shape.reduce((a, b) => a * b, 1))
      if (pixels[device] !== undefined) data.set(pixels[device])
      return [...own, await engine.upload(device, { dtype: 'u8', shape, data })]
    }),
  )
  const outputs = await embed.run(inputs)
  const rows = await Promise.all(outputs.map(async ([first]) => [...(await need(first, 'embeddings').read()).data]))
  for (const tensor of [...outputs.flat(), ...inputs.map((own) => need(own.at(-1), 'images'))]) tensor.dispose()
  weights.release()
  return rows
}

/** The pictures of `make.py`. */
const picture = (n: number) =>
  Uint8Array.from({ length: 28 * 28 * 3 }, (_, i) => {
    const [h, w, c] = [Math.floor(i / 84), Math.floor(i / 3) % 28, i % 3]
    return (31 * n + 7 * h + 3 * w + 101 * c + h * w) % 256
  })

describe('the network', () => {
  test.each(['narrow.pt', 'narrow-legacy.pth', 'checkpoint_gpu_0.pt'])(
    "%s gives PyTorch's embeddings",
    async (name) => {
      const plan = planFrom(`weights("${fixture(name)}", new_centers: random)`)
      const loaded = await started(plan, async (state, embed) => {
        const rows = await embeddingsOf(state, embed, plan, [picture(0), picture(1)])
        for (const [device, row] of rows.entries()) {
          const due = need(expected.embeddings[device], 'figures')
          for (const [i, value] of due.entries()) expect(Math.abs((row[i] ?? 0) - value)).toBeLessThan(1e-5)
        }
      })
      expect(loaded).toMatchObject({ tensors: 56, ignored: 11, leftOut: 0 })
    },
  )

  test.each(['cpu', 'cuda'] as const)(
    'as stored for %s, every tensor is that of the file, on every device',
    async (kind) => {
      const plan = planFrom(`weights("${fixture('narrow.pt')}", new_centers: random)`, { kind })
      const file = await openWeightsFile(fixture('narrow.pt'))
      await started(plan, async (state) => {
        const streams = namedStreams(state, ({ role }) => role === 'parameter' || role === 'buffer')
        for (const [name, { shape, rows }] of need(file.dictionaries[0], 'tensors').tensors) {
          if (name.endsWith('tracked')) continue
          const tensor = await wholeOf(need(streams.get(name), name))
          expect([name, tensor.shape, [...tensor.data]]).toEqual([name, shape, [...(await rows(0, shape[0] ?? 1))]])
        }
        for (const [index, { placement }] of plan.state.entries()) {
          if (placement === 'sharded') continue
          expect((await state.read(1, index)).data).toEqual((await state.read(0, index)).data)
        }
      })
      await file.close()
    },
  )

  test('parts that start anew keep their initial values, also within joined vectors', async () => {
    const plan = planFrom(`weights("${fixture('narrow.pt')}", except: ["fc", "layer2.0.bn1"], new_centers: random)`)
    const names = ['fc.weight', 'fc.bias', 'layer2.0.bn1.weight', 'conv1.weight']
    const initial = await newState(engine, plan)
    const valuesOf = async (state: DeviceState) => {
      const streams = namedStreams(state, ({ role }) => role === 'parameter')
      return Promise.all(names.map(async (name) => (await wholeOf(need(streams.get(name), name))).data))
    }
    const before = await valuesOf(initial)
    initial.dispose()
    const loaded = await started(plan, async (state) => {
      const after = await valuesOf(state)
      expect(after.slice(0, 3)).toEqual(before.slice(0, 3))
      expect(after[3]).not.toEqual(before[3])
    })
    expect(loaded).toMatchObject({ tensors: 50, leftOut: 6 })
  })
})

describe('the centers', () => {
  const from = `weights("${fixture('checkpoint_gpu_0.pt')}"`

  test('classes of equal numbers keep theirs, merged from the ranks', async () => {
    const loaded = await started(planFrom(`${from})`), async (state) => {
      expect(await tableOf(state)).toEqual(expected.centers)
    })
    expect(loaded).toMatchObject({ classes: { kept: 5, new: 0, dropped: 0 }, pictures: 0, random: 0 })
    expect(loaded.files.map(({ path }) => path)).toEqual([
      fixture('checkpoint_gpu_0.pt'),
      fixture('checkpoint_gpu_1.pt'),
    ])
  })

  test.each([`"${fixture('softmax_fc_gpu_1.pt')}"`, `"${fixture('centers.pt')}"`])('from %s', async (centers) => {
    const plan = planFrom(`weights("${fixture('narrow.pt')}", centers: ${centers})`, { centers: 'weights = bf16' })
    const rounded = expected.centers.map((row) => [...bf16ToF32(f32ToBf16(Float32Array.from(row)))])
    await started(plan, async (state) => expect(await tableOf(state)).toEqual(rounded))
  })

  test('a map: kept, new from the mean embedding, dropped', async () => {
    writeFileSync(join(folder, 'map.csv'), 'class,old\n0,4\n3,1\n*,none\n')
    const plan = planFrom(`${from}, classes: "${join(folder, 'map.csv')}", pictures: 2)`, { classes: 6 })
    const loaded = await started(plan, async (state, embed) => {
      const table = await tableOf(state, 6)
      const [kept0, kept3] = [need(expected.centers[4], 'row'), need(expected.centers[1], 'row')]
      expect([table[0], table[3]]).toEqual([kept0, kept3])
      const { recipe } = splitCollection(createCollections().open(plan.run.dataset), 0).train
      const workers = startDecodeWorkers(0)
      const loader = await createLoader({ recipe, images: 48, shape: plan.run.image, rows: 2 }, workers)
      const { pixels } = await loader.read(Uint32Array.of(16, 17))
      // Pictures of class 2; their mirrored ones by hand.
      const size = 28 * 28 * 3
      const mirrored = (own: Uint8Array) =>
        Uint8Array.from(own, (_, i) => own[i - (i % 84) + 81 - (i % 84) + 2 * (i % 3)] ?? 0)
      const pictures = [0, 1].map((i) => pixels.slice(i * size, (i + 1) * size))
      const rows = [
        ...(await embeddingsOf(state, embed, plan, pictures)),
        ...(await embeddingsOf(state, embed, plan, pictures.map(mirrored))),
      ].map((row) => row.slice(0, D))
      const unit = (row: number[]) => row.map((x) => x / Math.hypot(...row))
      const mean = unit(Array.from({ length: D }, (_, i) => rows.reduce((sum, row) => sum + (unit(row)[i] ?? 0), 0)))
      const length = (Math.hypot(...kept0) + Math.hypot(...kept3)) / 2
      for (const [i, value] of need(table[2], 'row').entries()) expect(value).toBeCloseTo(length * (mean[i] ?? 0), 5)
      loader.dispose()
      await workers.dispose()
    })
    expect(loaded).toMatchObject({ classes: { kept: 2, new: 4, dropped: 3 }, pictures: 8, random: 0 })
  })

  test('two centers of each class: both are kept, and the mean is the first of a new class', async () => {
    writeFileSync(join(folder, 'two.csv'), 'class,old\n0,4\n*,none\n')
    const old = Float32Array.from({ length: 5 * 2 * D }, (_, i) => Math.sin(i))
    writeFileSync(join(folder, 'two.safetensors'), centersFile(old, [5, 2 * D]))
    const given = `"${fixture('narrow.pt')}", centers: "${join(folder, 'two.safetensors')}", classes: "${join(folder, 'two.csv')}"`
    const options = { centers: 'per_class = 2' }
    const initial = await newState(engine, planFrom(`weights(${given})`, options))
    const before = await tableOf(initial)
    initial.dispose()
    await started(planFrom(`weights(${given})`, options), async (state) => {
      const table = await tableOf(state)
      expect(table.slice(0, 2).flat()).toEqual([...old.subarray(4 * 2 * D)])
      const length = (Math.hypot(...need(table[0], 'a center')) + Math.hypot(...need(table[1], 'a center'))) / 2
      expect(Math.hypot(...need(table[2], 'a center'))).toBeCloseTo(length, 5)
      expect(table[3]).toEqual(before[3])
    })
    await expect(openStart(planFrom(`weights(${given})`), undefined)).rejects.toThrow(
      anError('ARC6765', { reason: 'they have 2 centers of each class, and `centers.per_class` is 1' }),
    )
  })

  test('random ones are those of a run without weights', async () => {
    const initial = await newState(engine, planFrom(`${from})`))
    const before = await tableOf(initial)
    initial.dispose()
    const plan = planFrom(`${from}, fresh_centers: true, new_centers: random)`)
    const loaded = await started(plan, async (state) => expect(await tableOf(state)).toEqual(before))
    expect(loaded).toMatchObject({ classes: { kept: 0, new: 5, dropped: 0 }, random: 5 })
  })
})

test('a run of arcc: its newest checkpoint, with centers, and with the state of the optimizer', async () => {
  const run = join(folder, 'run')
  const short = narrowPlan({ devices: 2, batch: 2, classes: 5, declarations, backbone: 'small()' })
  const first = { ...short, run: { ...short.run, steps: 2 } }
  const { signal } = new AbortController()
  await train(first, { engine: 'tfjs', folder: run, onEvent: () => {}, signal })
  const { checkpoint } = await newestIntact(run)
  const source = need(checkpoint, 'a checkpoint')
  const loaded = await started(planFrom(`weights("${run}", keep_optimizer: true)`), async (state) => {
    const streams = new Map([
      ...namedStreams(state, ({ role }) => role === 'parameter' || role === 'optimizer'),
      ...tableStreams(state, { start: 0, count: 5 }),
    ])
    expect(streams.has('centers.velocity')).toBe(true)
    for (const [name, stream] of streams) {
      const tensor = await wholeOf(stream)
      expect([name, tensor.data]).toEqual([name, (await source.rows(name, 0, tensor.shape[0] ?? 1)).data])
    }
  })
  await source.close()
  expect(loaded).toMatchObject({ optimizer: true, classes: { kept: 5, new: 0, dropped: 0 } })
  // A damaged one that is newer is passed over, and named.
  const newer = join(run, 'checkpoints', 'step-000009')
  mkdirSync(newer)
  writeFileSync(join(newer, 'manifest.json'), '{')
  const start = need(await openStart(planFrom(`weights("${run}")`), undefined), 'a start')
  await start.close()
  expect(start.damaged).toMatchObject([{ step: 9, path: newer }])
})

describe('what does not fit is refused before anything is compiled', () => {
  const ranks = join(folder, 'ranks')
  mkdirSync(ranks)
  copyFileSync(fixture('softmax_fc_gpu_0.pt'), join(ranks, 'softmax_fc_gpu_0.pt'))
  copyFileSync(fixture('softmax_fc_gpu_0.pt'), join(ranks, 'softmax_fc_gpu_2.pt'))
  copyFileSync(fixture('softmax_fc_gpu_1.pt'), join(ranks, 'x_gpu_0.pt'))
  copyFileSync(fixture('softmax_fc_gpu_0.pt'), join(ranks, 'x_gpu_1.pt'))
  const narrow = fixture('narrow.pt')
  const all = fixture('checkpoint_gpu_0.pt')
  test.each([
    ['no file', '"none.pt"', 'ARC6760', {}],
    ['an empty folder', `"${ranks}"`, 'ARC6760', { reason: expect.stringContaining('neither checkpoints') }],
    ['other names', `"${fixture('kinds-legacy.pt')}"`, 'ARC6763', { fits: 0 }],
    ['another number of classes', `"${all}"`, 'ARC6767', { old: 5, classes: 7 }],
    ['a map without centers', `"${narrow}", classes: "map.csv"`, 'ARC6769', { field: 'classes' }],
    ['a missing map', `"${all}", classes: "none.csv"`, 'ARC6760', { file: 'none.csv' }],
    ['a misspelt path', `"${narrow}", except: ["featurs"]`, 'ARC6771', { path: 'featurs', meant: 'features' }],
    [
      'a missing rank',
      `"${narrow}", centers: "${join(ranks, 'softmax_fc_gpu_0.pt')}"`,
      'ARC6766',
      { reason: 'of 3 ranks, softmax_fc_gpu_1.pt is missing' },
    ],
    [
      'ranks of two runs',
      `"${narrow}", centers: "${join(ranks, 'x_gpu_0.pt')}"`,
      'ARC6766',
      { reason: expect.stringContaining('5 classes over 2 ranks are 3 on rank 0') },
    ],
    [
      'no centers',
      `"${narrow}", centers: "${narrow}"`,
      'ARC6765',
      { reason: expect.stringContaining('0 of its tensors') },
    ],
    [
      'an optimizer that is not there',
      `"${narrow}", keep_optimizer: true`,
      'ARC6773',
      { reason: 'it is not a checkpoint of arcc' },
    ],
    [
      'a variable that is not set',
      '"{env("NOT_SET_HERE")}/a.pt"',
      'ARC6772',
      { pending: 'environment variable NOT_SET_HERE' },
    ],
  ])('%s', async (_, given, code, params) => {
    await expect(openStart(planFrom(`weights(${given})`, { classes: 7 }), undefined)).rejects.toThrow(
      anError(code, params),
    )
  })

  test('numbers that are not finite', async () => {
    const bytes = readFileSync(fixture('narrow-legacy.pth'))
    const file = await openWeightsFile(fixture('narrow-legacy.pth'))
    const tensor = need(file.dictionaries[0]?.tensors.get('module.prelu.weight'), 'a tensor')
    bytes.writeFloatLE(Number.NaN, bytes.indexOf(Buffer.from((await tensor.rows(0, 4)).buffer)))
    await file.close()
    writeFileSync(join(folder, 'nan.pth'), bytes)
    const plan = planFrom(`weights("${join(folder, 'nan.pth')}")`)
    await expect(started(plan, async () => {})).rejects.toThrow(anError('ARC6770', { tensors: ['prelu.weight'] }))
  })
})
