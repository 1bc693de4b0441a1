/**
 * `npm run bench:checkpoint`: what a checkpoint costs training, measured on this computer with an IResNet-18 and 100,000 classes on two
 * virtual devices: how long the steps wait while the state is copied, how much longer they take while a thread writes it, and both
 * as a share of a minute. `--steps 24` sets the number of steps, `--folder DIR` where to write. Exit code 1 with `--check` if it is 5 % or more.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { need } from '../grammar/diagnostic.ts'
import { openStore, type WrittenCheckpoint } from '../runtime/checkpoint/checkpoint-store.ts'
import { restartWith } from '../runtime/restart.ts'
import { compileStep, newState } from '../runtime/train/programs.ts'
import { oneProcess } from '../runtime/world.ts'
import { createXlaEngine } from '../runtime/xla/engine.ts'
import { hugePageEnvironment } from '../runtime/xla/huge-pages.ts'
import { narrowBatch } from '../test/helpers/narrow.ts'
import { planOf } from '../test/helpers/plan.ts'
import { factsAt } from '../test/helpers/state.ts'

const bar = 0.05
const secondsBetween = 60

restartWith(hugePageEnvironment)
const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '24' },
    folder: { type: 'string', default: tmpdir() },
    check: { type: 'boolean', default: false },
  },
})
const steps = Number(values.steps)

const plan = planOf(`
use std.backbones: r18
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface
experiment cost {
  dataset  = synthetic(identities: 100000, per_identity: 2)
  backbone = r18()
  margin   = arcface()
  machine  = cpu(devices: 2, memory: 16 GiB)
  centers { sample_rate = 1% }
  train { batch = 8 global, steps = 100, optimizer = sgd(lr: 0.01, momentum: 0.9) }
}`)

const folder = mkdtempSync(join(values.folder, 'arcc-cost-'))
const engine = await createXlaEngine({ world: oneProcess(plan.replicas) })
try {
  const state = await newState(engine, plan)
  const program = await compileStep(engine, plan)
  let writtenAt: number | undefined
  let written: WrittenCheckpoint | undefined
  const store = await openStore({
    folder,
    keep: 1,
    best: undefined,
    onWritten(checkpoint) {
      written = checkpoint
      writtenAt = performance.now()
    },
    onFailed(error) {
      throw error
    },
  })
  const step = async (index: number) => {
    const given = await engine.uploadAll(narrowBatch(plan, index))
    const begun = performance.now()
    const run = await state.step(program, given)
    await run.end()
    const milliseconds = performance.now() - begun
    for (const tensor of [...given.flat(), ...run.outputs.flat()]) tensor.dispose()
    return milliseconds
  }
  const quiet: number[] = []
  for (let index = 0; index < steps; index++) quiet.push(await step(index))
  // The first steps warm up caches.
  const usual = need(quiet.slice(2).sort((a, b) => a - b)[Math.floor((steps - 2) / 2)], 'a step')
  // The second checkpoint finds the thread running, as all but the first of a run do.
  await store.save(state, factsAt(1))
  while (writtenAt === undefined) await step(steps)
  writtenAt = undefined
  const begun = performance.now()
  await store.save(state, factsAt(2))
  const pause = performance.now() - begun
  let during = 0
  let count = 0
  while (writtenAt === undefined) {
    during += await step(steps)
    count++
  }
  const slower = Math.max(0, during - count * usual)
  const share = (pause + slower) / 1000 / secondsBetween
  const megabytes = need(written, 'a checkpoint').bytes / 1e6
  const say = (text: string) => void process.stdout.write(`${text}\n`)
  say(`checkpoint        ${megabytes.toFixed(0)} MB in ${((writtenAt - begun) / 1000).toFixed(2)} s`)
  say(`step              ${usual.toFixed(0)} ms`)
  say(`training waits    ${pause.toFixed(0)} ms`)
  say(`slower meanwhile  ${slower.toFixed(0)} ms over ${count} steps`)
  say(`cost              ${(share * 100).toFixed(2)} % at one checkpoint a minute`)
  await store.dispose()
  state.dispose()
  program.dispose()
  if (values.check && share >= bar) process.exitCode = 1
} finally {
  engine.dispose()
  rmSync(folder, { recursive: true, force: true })
}
