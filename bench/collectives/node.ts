/** One process of `npm run bench:collectives`; its argument is a `CollectiveJob` as JSON. Prints a `CollectiveReport` as one line. */
import { fileHost } from '../../cli/host/host.ts'
import { compileExperiment } from '../../compiler/driver.ts'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import { byteSize } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine } from '../../runtime/engine.ts'
import { packageFolder } from '../../runtime/package-folder.ts'
import { alone } from '../../runtime/peers/alone.ts'
import { join } from '../../runtime/peers/join.ts'
import { compileStep, newState } from '../../runtime/train/programs.ts'
import { trainSteps } from '../../runtime/train/train-steps.ts'
import { localReplicas, type World } from '../../runtime/world.ts'
import { createXlaEngine } from '../../runtime/xla/engine.ts'
import { noiseBatch } from '../noise-batch.ts'

export interface CollectiveJob {
  readonly nodes: number
  readonly rank: number
  /** Of all processes. */
  readonly devices: number
  /** Of the store, on loopback. */
  readonly port: number
  readonly what: 'sums' | 'step'
}

export interface CollectiveReport {
  /** Each step, or the median of each collective. `bytes`: of the result. */
  readonly times: readonly { readonly name: string; readonly bytes: number; readonly milliseconds: number }[]
  readonly losses: readonly number[]
}

const repeats = 9

/** A chain of collectives, so that starting a program counts little; the result is one number. */
const chained = 8

function probe(world: World, kind: 'all_reduce' | 'all_gather', elements: number): Graph {
  const b = new GraphBuilder(`${kind}_${elements}`, world.size)
  let x = b.input('x', { dtype: 'f32', shape: [elements] })
  for (let i = 0; i < chained; i++) {
    if (kind === 'all_reduce') x = need(ops.sumOverReplicas(b, [x])[0], 'a sum')
    else
      x = ops.sliceDim(
        b,
        b.add('all_gather', [ops.sliceDim(b, x, 0, 0, elements / world.size)], { dim: 0 }),
        0,
        0,
        elements,
      )
  }
  return b.finish([{ name: 'x', value: ops.sliceDim(b, x, 0, 0, 1) }])
}

async function sums(engine: Engine): Promise<CollectiveReport> {
  const times: { name: string; bytes: number; milliseconds: number }[] = []
  for (const kind of ['all_reduce', 'all_gather'] as const) {
    for (const kibibytes of [4, 64, 1024, 16_384, 65_536]) {
      const elements = ((kibibytes * 256) / engine.world.size) * engine.world.size
      const graph = probe(engine.world, kind, elements)
      const program = await engine.compile(graph)
      const type = need(graph.inputs[0], 'an input').type
      const inputs = [[await engine.upload(0, { ...type, data: new Float32Array(elements) })]]
      const each: number[] = []
      for (let i = 0; i < repeats; i++) {
        const begun = performance.now()
        const outputs = await program.run(inputs)
        each.push((performance.now() - begun) / chained)
        for (const tensor of outputs.flat()) tensor.dispose()
      }
      const milliseconds = need(each.toSorted((a, b) => a - b)[repeats >> 1], 'a median')
      times.push({ name: kind, bytes: byteSize(type), milliseconds })
      for (const tensor of inputs.flat()) tensor.dispose()
      program.dispose()
    }
  }
  return { times, losses: [] }
}

function planOf(devices: number): Plan {
  const text = `
use std.backbones: r18
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

experiment measured {
  dataset  = synthetic(identities: 10000, per_identity: 10)
  backbone = r18(embedding: 512)
  margin   = cosface(m: 0.4, scale: 64)
  machine  = cpu(devices: ${devices}, memory: 32 GiB)
  train { batch = 16 per device, steps = 1000, optimizer = sgd(lr: 0.02, momentum: 0.9, weight_decay: 5e-4) }
}
`
  const host = { ...fileHost(packageFolder), countDataset: () => undefined }
  const { plan, diagnostics } = compileExperiment({ entry: { path: 'measured.arc', text } }, host)
  return need(plan, `a plan: ${diagnostics.map(({ message }) => message).join('; ')}`)
}

const warmUp = 2
const measured = 5

async function step(engine: Engine): Promise<CollectiveReport> {
  const plan = planOf(engine.world.size)
  const executable = await compileStep(engine, plan)
  const state = await newState(engine, plan)
  const whole = noiseBatch(plan)
  const batch = {
    ...whole,
    replicas: localReplicas(engine.world).map((replica) => need(whole.replicas[replica], 'a replica')),
  }
  async function* batches() {
    for (let number = 0; number < warmUp + measured; number++) yield { ...batch, step: number }
  }
  const losses: number[] = []
  const times: { name: string; bytes: number; milliseconds: number }[] = []
  for await (const { metrics, seconds } of trainSteps({
    engine,
    executable,
    state,
    batches: batches(),
    image: plan.run.image,
  })) {
    losses.push(metrics.loss)
    if (losses.length > warmUp) times.push({ name: 'step', bytes: 0, milliseconds: 1000 * seconds })
  }
  state.dispose()
  executable.dispose()
  return { times, losses }
}

const { nodes, rank, devices, port, what } = JSON.parse(process.argv[2] ?? '') as CollectiveJob
const rendezvous = { host: '127.0.0.1', port }
const options = { nodes, rank, rendezvous, token: '', version: 'bench', timeoutMs: 30_000, onNotice: () => undefined }
const peers = nodes === 1 ? alone() : await join(options)
const engine = await createXlaEngine({ world: { size: devices, local: devices / nodes, rank }, peers })
const report = what === 'sums' ? await sums(engine) : await step(engine)
engine.dispose()
await peers.close()
process.stdout.write(`${JSON.stringify(report)}\n`)
