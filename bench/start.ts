/**
 * `npm run bench:start -- --python PYTHON --arcface-torch FOLDER`: arcface_torch's own networks (its folder `backbones`), saved by
 * PyTorch, read by arcc, and embedding four pictures at step 0. Exit code 1 if an embedding differs by more than 1e-5.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { need } from '../grammar/diagnostic.ts'
import { createCollections } from '../runtime/data/formats/data-formats.ts'
import { startDecodeWorkers } from '../runtime/data/loader/start-workers.ts'
import { splitCollection } from '../runtime/data/select/selection.ts'
import { createEngine } from '../runtime/engines/create-engine.ts'
import { fillState } from '../runtime/start/fill-state.ts'
import { openStart } from '../runtime/start/open-start.ts'
import { newState } from '../runtime/train/programs.ts'
import { oneProcess } from '../runtime/world.ts'
import { planOf } from '../test/helpers/plan.ts'

const TOLERANCE = 1e-5
const PICTURES = 4

const { values } = parseArgs({ options: { python: { type: 'string' }, 'arcface-torch': { type: 'string' } } })
const { python, 'arcface-torch': arcfaceTorch } = values
if (python === undefined || arcfaceTorch === undefined) {
  process.stderr.write('usage: npm run bench:start -- --python PYTHON --arcface-torch FOLDER\n')
  process.exit(1)
}

const experiment = (net: string, file: string) => `
use std.backbones
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

experiment start {
  dataset  = synthetic(identities: 8, per_identity: 2)
  backbone = ${net}
  margin   = arcface(m: 0.5 rad)
  machine  = cpu(devices: 1)
  train {
    batch     = ${PICTURES} per device
    steps     = 1
    optimizer = sgd(lr: 0.1)
    start     = weights("${file}", new_centers: random)
  }
}
`

/** The embeddings of the pictures in `start_torch.py`, row by row. */
async function embed(net: string, file: string): Promise<Float32Array> {
  const plan = planOf(experiment(net, file))
  const start = need(await openStart(plan, undefined), 'a start')
  const engine = await createEngine('xla', oneProcess(1), () => {})
  const workers = startDecodeWorkers(0)
  try {
    const program = await engine.compile(plan.graphs.embed)
    const state = await newState(engine, plan)
    const data = splitCollection(createCollections().open(plan.run.dataset), 0).train
    const { signal } = new AbortController()
    await fillState(state, start, { engine, plan, embed: program, data, workers, signal })
    const shape = [plan.run.embedBatch, ...plan.run.image]
    const pixels = new Uint8Array(shape.reduce((product, size) => product * size, 1))
    for (let i = 0; i < PICTURES * 112 * 112 * 3; i++) {
      const [n, h, w, c] = [Math.floor(i / 37632), Math.floor(i / 336) % 112, Math.floor(i / 3) % 112, i % 3]
      pixels[i] = (31 * n + 7 * h + 3 * w + 101 * c + h * w) % 256
    }
    const images = await engine.upload(0, { dtype: 'u8', shape, data: pixels })
    const weights = await state.forEmbed(engine)
    const [outputs = []] = await program.run([[...need(weights.of[0], 'weights'), images]])
    const { data: rows } = await need(outputs[0], 'embeddings').read()
    return Float32Array.from(rows)
  } finally {
    await start.close()
    await workers.dispose()
    engine.dispose()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'arcc-start-'))
let worst = 0
try {
  for (const net of ['r18', 'mbf']) {
    execFileSync(python, [join(import.meta.dirname, 'start_torch.py'), arcfaceTorch, net, folder], { stdio: 'inherit' })
    const file = join(folder, `${net}.pt`)
    const golden = JSON.parse(readFileSync(join(folder, `${net}.json`), 'utf8')) as readonly (readonly number[])[]
    const ours = await embed(net, file)
    const differences = golden.flat().map((value, i) => Math.abs(value - (ours[i] ?? Number.NaN)))
    const largest = Math.max(...golden.flat().map(Math.abs))
    const difference = Math.max(...differences)
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
    const size = (statSync(file).size / 1e6).toFixed(1)
    process.stdout.write(
      `${net}: ${size} MB, ${differences.length} numbers up to ${largest.toFixed(2)}, largest difference ${difference.toExponential(1)}\n`,
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(worst <= TOLERANCE ? 0 : 1)
