/**
 * `npm run bench:loader`: images per second that the loader reads from a RecordIO file of 112 × 112 JPEGs, decoded and augmented
 * (crop, jitter, flip), by number of threads; how long the event loop is blocked meanwhile; and how busy threads are when a
 * verification set is read. `-- --check` enforces the bounds. `-- --python PYTHON` compares with PyTorch's DataLoader on the same
 * file, in turns; that Python needs torch, numpy and Pillow. Each figure is the best of several rounds, since other programs only slow
 * it down; the computer should be idle.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderTable } from '../cli/render/table.ts'
import type { AugmentSpec } from '../compiler/plan/plan.ts'
import { FACE_SIZE } from '../runtime/data/image.ts'
import { findJpegDecoder } from '../runtime/data/jpeg/find.ts'
import { createLoader } from '../runtime/data/loader/loader.ts'
import { startDecodeWorkers } from '../runtime/data/loader/start-workers.ts'
import { threadPoolEnvironment } from '../runtime/data/loader/thread-pool.ts'
import { restartWith } from '../runtime/restart.ts'
import { type FaceRecords, writeFaceRecords } from './loader-set.ts'
import { watchLoop } from './loop-delay.ts'

const records = 16_000
const batch = 128
const rounds = 3
/** Seconds of one round. */
const roundSeconds = 1
/** Images of a verification set of 6,000 pairs. */
const verified = 12_000

/** The device mirrors images; its share costs the loader nothing, as in a run. */
const augment: AugmentSpec = {
  flip: 0.5,
  ops: [
    { op: 'crop', probability: 1, scale: 0.8, ratio: 1, resize: true },
    { op: 'jitter', probability: 1, brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0 },
  ],
}

/** In the order in which arcc tries them, with what the environment needs for it, whatever it was. `ARCC_TURBOJPEG` may name a library. */
const decoders = {
  libturbojpeg: { kind: 'turbojpeg', env: { ARCC_JPEG: '' } },
  WebAssembly: { kind: 'wasm', env: { ARCC_JPEG: '', ARCC_TURBOJPEG: 'off' } },
  sharp: { kind: 'sharp', env: { ARCC_JPEG: 'sharp' } },
} as const
type Decoder = keyof typeof decoders

const bars = {
  /** Pictures per second of one thread. */
  one: { libturbojpeg: 8000, WebAssembly: 5000, sharp: 1300 },
  twoThreads: 1.8,
  /** Of PyTorch's rate with arcface_torch's transforms, and with decoding alone. */
  transforms: 3,
  bytes: 1.8,
  /** Milliseconds. */
  blocked: 2,
  busy: 0.9,
}

interface Rate {
  readonly perSecond: number
  /** Longest time in milliseconds for which the process itself blocked its event loop. */
  readonly blocked: number
  /** Part of the time that the threads spent on pictures. */
  readonly busy: number
}

const shape = [FACE_SIZE, FACE_SIZE, 3] as const

/** Reads batches for a while with this many threads, three of them at a time. */
async function measure(recipe: FaceRecords, threads: number, spec: AugmentSpec | undefined): Promise<Rate> {
  const workers = startDecodeWorkers(threads)
  const loader = await createLoader({ recipe, images: records, shape, rows: batch, augment: spec }, workers)
  const readOne = async (step: number) => {
    const numbers = Uint32Array.from({ length: batch }, (_, row) => (step * batch + row) % records)
    const { release } = await loader.read(numbers, { seed: 1, epoch: 0 })
    release()
  }
  for (let step = 0; step < 12; step++) await readOne(step)
  const endWatch = watchLoop()
  const began = performance.now()
  const busyBefore = loader.busySeconds
  let step = 0
  const reader = async () => {
    while (performance.now() - began < roundSeconds * 1000) await readOne(step++)
  }
  await Promise.all([reader(), reader(), reader()])
  const seconds = (performance.now() - began) / 1000
  const blocked = endWatch()
  const busy = (loader.busySeconds - busyBefore) / seconds / Math.max(1, threads)
  loader.dispose()
  await workers.dispose()
  return { perSecond: (step * batch) / seconds, blocked, busy }
}

/** PyTorch's images per second; why there is no figure, as text. */
function measureTorch(python: string | undefined, path: string, mode: 'transforms' | 'bytes'): number | string {
  if (python === undefined) return 'no --python PYTHON was given'
  const script = fileURLToPath(new URL('./loader_torch.py', import.meta.url))
  const { status, stdout, stderr, error } = spawnSync(python, [script, path, '6400', mode], { encoding: 'utf8' })
  if (status === 0) return Number(stdout)
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? `${python} exited with ${status}`
}

function best(rates: readonly Rate[]): Rate {
  return {
    perSecond: Math.max(...rates.map(({ perSecond }) => perSecond)),
    blocked: Math.min(...rates.map(({ blocked }) => blocked)),
    busy: Math.max(...rates.map(({ busy }) => busy)),
  }
}

/** Reads a verification set as `embed-pairs.ts` does: rounds of images, two of them at a time, for devices that take no time. */
async function measureVerification(recipe: FaceRecords): Promise<Rate> {
  const threads = 2
  const workers = startDecodeWorkers(threads)
  const loader = await createLoader({ recipe, images: verified, shape, rows: batch }, workers)
  // Threads start and load their libraries.
  for (let step = 0; step < 8; step++)
    (await loader.read(Uint32Array.from({ length: batch }, (_, row) => row))).release()
  const began = performance.now()
  const busyBefore = loader.busySeconds
  let next = 0
  const reader = async () => {
    while (next < verified) {
      const first = next
      next += batch
      const numbers = Uint32Array.from({ length: Math.min(batch, verified - first) }, (_, row) => first + row)
      const { release } = await loader.read(numbers)
      release()
    }
  }
  await Promise.all([reader(), reader()])
  const seconds = (performance.now() - began) / 1000
  const busy = (loader.busySeconds - busyBefore) / seconds / threads
  loader.dispose()
  await workers.dispose()
  return { perSecond: verified / seconds, blocked: 0, busy }
}

interface Figures {
  readonly one: Rate
  readonly two: Rate
  readonly plain: Rate
  readonly verification: Rate
  readonly transforms: number | string
  readonly bytes: number | string
}

/** All figures of one decoder, in turns with PyTorch. */
async function measureAll(recipe: FaceRecords, python: string | undefined): Promise<Figures> {
  const found = { one: [] as Rate[], two: [] as Rate[], plain: [] as Rate[], verification: [] as Rate[] }
  let transforms: number | string = ''
  let bytes: number | string = ''
  const faster = (a: number | string, b: number | string) =>
    typeof a === 'number' && typeof b === 'number' ? Math.max(a, b) : b
  for (let round = 0; round < rounds; round++) {
    found.one.push(await measure(recipe, 1, augment))
    found.two.push(await measure(recipe, 2, augment))
    transforms = faster(transforms, measureTorch(python, recipe.files[0], 'transforms'))
    found.plain.push(await measure(recipe, 2, undefined))
    bytes = faster(bytes, measureTorch(python, recipe.files[0], 'bytes'))
    found.verification.push(await measureVerification(recipe))
  }
  return {
    one: best(found.one),
    two: best(found.two),
    plain: best(found.plain),
    verification: best(found.verification),
    transforms,
    bytes,
  }
}

/** What is measured, the figure, its bound, and whether it holds. */
type Row = readonly [what: string, figure: string, bound: string, holds: boolean]

function rowsOf(name: Decoder, figures: Figures): Row[] {
  const { one, two, plain, verification, transforms, bytes } = figures
  const rate = (value: number) => `${Math.round(value).toLocaleString('en')} /s`
  const times = (value: number) => `${value.toFixed(2)} ×`
  const compared = (what: string, mine: number, torch: number | string, bound: number): Row[] => {
    if (typeof torch === 'string') return [[`  of PyTorch's, ${what}`, `skipped: ${torch}`, '', true]]
    const row: Row = [
      `  of PyTorch's ${rate(torch)}, ${what}`,
      times(mine / torch),
      times(bound),
      mine / torch >= bound,
    ]
    return name === 'libturbojpeg' ? [row] : [[row[0], row[1], '', true]]
  }
  return [
    [`${name}, 1 thread, augmented`, rate(one.perSecond), rate(bars.one[name]), one.perSecond >= bars.one[name]],
    ['  event loop blocked', `${one.blocked.toFixed(2)} ms`, `${bars.blocked} ms`, one.blocked < bars.blocked],
    [`${name}, 2 threads, augmented`, rate(two.perSecond), '', true],
    [
      '  of 1 thread',
      times(two.perSecond / one.perSecond),
      name === 'sharp' ? '' : times(bars.twoThreads),
      name === 'sharp' || two.perSecond / one.perSecond >= bars.twoThreads,
    ],
    ...compared("arcface_torch's transforms", two.perSecond, transforms, bars.transforms),
    [`${name}, 2 threads, decoded only`, rate(plain.perSecond), '', true],
    ...compared('decoded only', plain.perSecond, bytes, bars.bytes),
    [`${name}, verification of 12,000, 2 threads`, rate(verification.perSecond), '', true],
    [
      '  threads busy',
      `${Math.round(verification.busy * 100)} %`,
      `${bars.busy * 100} %`,
      verification.busy >= bars.busy,
    ],
  ]
}

restartWith(threadPoolEnvironment)
const at = process.argv.indexOf('--python')
const python = at < 0 ? undefined : process.argv[at + 1]
const folder = mkdtempSync(join(tmpdir(), 'arcc-bench-loader-'))
try {
  const recipe = await writeFaceRecords(join(folder, 'faces.rec'), records)
  const rows: Row[] = []
  for (const name of Object.keys(decoders) as Decoder[]) {
    const { kind, env } = decoders[name]
    Object.assign(process.env, env)
    const choice = findJpegDecoder()
    if (choice.kind !== kind)
      rows.push([name, `skipped: ${'reason' in choice ? choice.reason : choice.library}`, '', true])
    else rows.push(...rowsOf(name, await measureAll(recipe, name === 'libturbojpeg' ? python : undefined)))
  }
  const right = { align: 'right' } as const
  const cells = rows.map(([what, figure, bound, holds]) => [what, figure, bound, holds ? '' : 'MISSED'])
  process.stdout.write(`${renderTable([{}, right, { title: 'bound', ...right }, {}], cells).join('\n')}\n`)
  const missed = rows.filter(([, , , holds]) => !holds)
  if (process.argv.includes('--check')) process.exitCode = missed.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
