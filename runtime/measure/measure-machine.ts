/** Measures this computer through the engine that will run on it: what `arcc doctor --write-machine` writes down. */
import { availableParallelism, cpus } from 'node:os'
import { graphCost } from '../../compiler/ir/cost.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import type { MachineProfile, StreamKind } from '../../compiler/plan/machine-profile.ts'
import type { Engine } from '../engine.ts'
import { createXlaEngine } from '../xla/engine.ts'
import { measureImages } from './measure-images.ts'
import {
  chainGraph,
  convProbe,
  convShapes,
  f32,
  probeGraph,
  productShapes,
  streamGraph,
  streamShapes,
} from './probes.ts'
import { timeGraph } from './time-graph.ts'

const streamKinds: readonly StreamKind[] = ['elementwise', 'reduce', 'batch_norm_training', 'batch_norm_grad']
/** Ops of the chain that shows what an op costs by itself. */
const chainLength = 200
/** Devices that meet in the measured collectives, bytes that they add up, and bytes of next to nothing. */
const link = { devices: 2, bytes: 2 ** 24, little: 64 }
/** Bytes of memory that a run gets anew. */
const freshBytes = 2 ** 27

/** Rates are never below this: a difference of two times can come out as nothing on a busy computer. */
const atLeast = (value: number, least: number) => Math.max(value, least)

/** `report` is told what is being measured. Throws what the engine throws. */
export async function measureMachine(report: (what: string) => void): Promise<MachineProfile> {
  const engine = await createXlaEngine({ replicas: 1, cacheAbove: Number.POSITIVE_INFINITY })
  try {
    report('program and op starts')
    const program = await timeGraph(engine, chainGraph(1))
    const kernel = atLeast((await timeGraph(engine, chainGraph(chainLength))) - program, 1e-6) / chainLength
    report('fresh memory')
    const early = await secondsPerFreshByte(engine)
    const streams = await measureStreams(engine, program, report)
    const products = await measureProducts(engine, program, report)
    const convolutions = await measureConvolutions(engine, program, report)
    // Now and then the system is out of large pages for a moment, and all memory costs ten times as much.
    const byte = Math.min(early, await secondsPerFreshByte(engine))
    return {
      schema: 1,
      computer: cpus()[0]?.model.trim() ?? 'CPU',
      cores: availableParallelism(),
      engine: `XLA CPU (PJRT ${engine.apiVersion})`,
      seconds: { program: rounded(program), kernel: rounded(kernel), byte: rounded(byte) },
      streams,
      products,
      convolutions,
      links: await measureLinks(report),
      images: await measureImages(report),
    }
  } finally {
    engine.dispose()
  }
}

/** Seconds of a graph's ops, without the start of the program. */
async function opSeconds(engine: Engine, graph: Graph, program: number): Promise<number> {
  const seconds = await timeGraph(engine, graph)
  return atLeast(seconds - program, seconds / 10)
}

async function secondsPerFreshByte(engine: Engine): Promise<number> {
  const type = f32(freshBytes / 4)
  const written = await timeGraph(
    engine,
    probeGraph([type], (b, v) => v.map((x) => ops.add(b, x, 1))),
  )
  const read = await timeGraph(
    engine,
    probeGraph([type], (b, v) => v.map((x) => ops.sumOver(b, x, [0]))),
  )
  return atLeast((written - 2 * read) / freshBytes, 1e-12)
}

async function measureStreams(engine: Engine, program: number, report: (what: string) => void) {
  const streams: MachineProfile['streams'][number][] = []
  for (const shape of streamShapes) {
    for (const kind of streamKinds) {
      const graph = streamGraph(kind, shape)
      report(`${kind} over ${shape.join('×')}`)
      const { bytesRead, bytesWritten } = graphCost(graph)
      const seconds = await opSeconds(engine, graph, program)
      const bytes = 4 * shape.reduce((product, n) => product * n, 1)
      streams.push({ kind, bytes, channels: shape[3], rate: rounded((bytesRead + bytesWritten) / seconds) })
    }
  }
  return streams
}

async function measureProducts(engine: Engine, program: number, report: (what: string) => void) {
  const products: MachineProfile['products'][number][] = []
  for (const [m, k, n] of productShapes) {
    report(`a product of ${m}×${k} and ${k}×${n}`)
    const graph = probeGraph([f32(m, k), f32(k, n)], (b, [x, y]) =>
      x === undefined || y === undefined ? [] : [ops.matmul(b, x, y)],
    )
    const seconds = await opSeconds(engine, graph, program)
    products.push({ width: Math.min(m, k, n), rate: rounded((2 * m * k * n) / seconds) })
  }
  return products
}

async function measureConvolutions(engine: Engine, program: number, report: (what: string) => void) {
  const convolutions: MachineProfile['convolutions'][number][] = []
  for (const shape of convShapes) {
    const [side, channels, features, window] = shape
    report(`${window}×${window} convolutions of ${channels} to ${features} channels at ${side}`)
    const { flops, rates, forward, filterGrad, gradients } = convProbe(shape)
    const filter = await opSeconds(engine, filterGrad, program)
    const both = await opSeconds(engine, gradients, program)
    const seconds = {
      conv2d: await opSeconds(engine, forward, program),
      conv2d_filter_grad: filter,
      // What the other gradient adds: where one of them leaves cores idle, the other takes them.
      conv2d_input_grad: atLeast(both - filter, both / 10),
    }
    for (const kind of ['conv2d', 'conv2d_input_grad', 'conv2d_filter_grad'] as const)
      convolutions.push({ ...rates[kind], rate: rounded(flops / seconds[kind]) })
  }
  return convolutions
}

/** The two virtual devices share the computer's cores, as those of a run do. */
async function measureLinks(report: (what: string) => void): Promise<MachineProfile['links']> {
  const { devices, bytes, little } = link
  report(`sums over ${devices} virtual devices`)
  const engine = await createXlaEngine({ replicas: devices, cacheAbove: Number.POSITIVE_INFINITY })
  try {
    const time = (size: number) =>
      timeGraph(
        engine,
        probeGraph([f32(size / 4)], (b, v) => b.addAll('all_reduce', v, { reduction: 'sum' }), devices),
      )
    const nothing = await timeGraph(
      engine,
      probeGraph([f32(little / 4)], (b, v) => v.map((x) => ops.add(b, x, 1)), devices),
    )
    const small = atLeast((await time(little)) - nothing, 1e-6)
    const large = atLeast((await time(bytes)) - nothing - small, 1e-6)
    // A ring of two sends each byte once there and once back: two rounds of half the bytes.
    return { devices, bandwidth: rounded(bytes / large), latency: rounded(small / 2) }
  } finally {
    engine.dispose()
  }
}

/** Three digits are as many as a measurement has. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
