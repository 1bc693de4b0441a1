/** Measures this computer with the engine that will run on it, for plans. */
import { availableParallelism, cpus } from 'node:os'
import type { MachineProfile } from '../../compiler/host/machine-profile.ts'
import { graphCost } from '../../compiler/ir/cost.ts'
import { byteSize } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Engine } from '../engine.ts'
import { oneProcess } from '../world.ts'
import { createXlaEngine } from '../xla/engine.ts'
import { type Extent, extents } from './extent.ts'
import { measureImages } from './measure-images.ts'
import {
  cachedGraph,
  chainGraph,
  convProbe,
  f32,
  probeGraph,
  productGraph,
  streamGraph,
  streamKinds,
} from './probes.ts'
import { manyRounds, type Probe, timeGraphs } from './time-graphs.ts'

/** Number of ops in the chain that measures the overhead of an op. */
const chainLength = 200
/** Number of devices in the measured collectives, the bytes they sum, and a nearly empty transfer. */
const link = { devices: 2, bytes: 2 ** 24, little: 64 }

type Report = (what: string) => void
type SecondsOf = (graph: Graph) => number

/** Lower bound for rates: on a busy computer the difference of two times may be zero. */
const atLeast = (value: number, least: number) => Math.max(value, least)
/** Measurements are accurate to three digits. */
const rounded = (value: number) => Number(value.toPrecision(3))

/** `report` receives the name of the current measurement. Throws the engine's errors. */
export async function measureMachine(report: Report, extent: Extent = 'whole'): Promise<MachineProfile> {
  const engine = await createXlaEngine({ world: oneProcess(1), cacheAbove: Number.POSITIVE_INFINITY })
  try {
    return {
      schema: 1,
      ...(extent === 'quick' ? { quick: true } : {}),
      computer: cpus()[0]?.model.trim() ?? 'CPU',
      cores: availableParallelism(),
      engine: `XLA CPU (PJRT ${engine.apiVersion})`,
      ...(await measureDevice(engine, report, extent)),
      links: await measureLinks(report, extent),
      images: await measureImages(extents[extent].pictures, report),
    }
  } finally {
    engine.dispose()
  }
}

type OfDevice = Pick<MachineProfile, 'seconds' | 'streams' | 'cached' | 'products' | 'convolutions'>

/** All graphs are timed together, round by round; the rates are computed afterwards. */
async function measureDevice(engine: Engine, report: Report, extent: Extent): Promise<OfDevice> {
  const sizes = extents[extent]
  const { freshBytes } = sizes
  const start = chainGraph(1)
  const chain = chainGraph(chainLength)
  const fresh = f32(freshBytes / 4)
  const written = probeGraph([fresh], (b, v) => v.map((x) => ops.add(b, x, 1)))
  const read = probeGraph([fresh], (b, v) => v.map((x) => ops.sumOver(b, x, [0])))
  const streams = sizes.streams.flatMap((shape) =>
    streamKinds.map((kind) => ({ kind, shape, graph: streamGraph(kind, shape, sizes.streamBytes) })),
  )
  const cached = cachedGraph()
  const products = sizes.products.map((shape) => ({ shape, graph: productGraph(shape) }))
  const convolutions = sizes.convolutions.map((shape) => ({ shape, probe: convProbe(shape) }))
  const probes: readonly Probe[] = [
    { what: 'the start of a program', graph: start },
    { what: 'starts of ops', graph: chain },
    ...streams.map(({ kind, shape, graph }) => ({ what: `${kind} over ${shape.join('×')}`, graph })),
    { what: 'caches', graph: cached },
    ...products.map(({ shape: [m, k, n], graph }) => ({ what: `a product of ${m}×${k} and ${k}×${n}`, graph })),
    ...convolutions.flatMap(({ shape: [side, channels, features, window], probe }) =>
      [probe.forward, probe.inputGrad, probe.filterGrad, sizes.together ? probe.gradients : undefined].flatMap(
        (graph) => {
          const what = `${window}×${window} convolutions of ${channels} to ${features} channels at ${side}`
          return graph === undefined ? [] : [{ what, graph }]
        },
      ),
    ),
  ]
  const times = await timeGraphs(engine, probes, report, sizes.rounds)
  // Sometimes the system temporarily runs out of large pages, and a probe's memory takes ten times as long; a run keeps the pages it
  // has. The fastest of several rounds counts.
  const pages = await timeGraphs(
    engine,
    [
      { what: 'fresh memory', graph: written },
      { what: 'memory', graph: read },
    ],
    report,
    { ...sizes.rounds, rounds: manyRounds.rounds },
  )
  const whole: SecondsOf = (graph) => need(times.get(graph), 'a time').middle
  const least: SecondsOf = (graph) => need(pages.get(graph), 'a time').least
  const program = whole(start)
  const work: SecondsOf = (graph) => atLeast(whole(graph) - program, whole(graph) / 10)
  return {
    seconds: {
      program: rounded(program),
      kernel: rounded(atLeast(whole(chain) - program, 1e-6) / chainLength),
      byte: rounded(atLeast((least(written) - 2 * least(read)) / freshBytes, 1e-12)),
    },
    streams: streams.map(({ kind, shape, graph }) => {
      return { kind, bytes: byteSize(f32(...shape)), channels: shape[3], rate: rounded(bytesOf(graph) / work(graph)) }
    }),
    cached: rounded(bytesOf(cached) / work(cached)),
    products: products.map(({ shape: [m, k, n], graph }) => ({
      width: Math.min(m, k, n),
      rate: rounded((2 * m * k * n) / work(graph)),
    })),
    convolutions: convolutions.flatMap(({ probe }) => convolutionRates(probe, work, times)),
  }
}

function bytesOf(graph: Graph): number {
  const { bytesRead, bytesWritten } = graphCost(graph)
  return bytesRead + bytesWritten
}

/**
 * If one gradient leaves cores idle, the other uses them: together they take less time than sequentially; the total is divided
 * between them.
 */
function convolutionRates(
  probe: ReturnType<typeof convProbe>,
  secondsOf: SecondsOf,
  timed: ReadonlyMap<Graph, unknown>,
): MachineProfile['convolutions'] {
  const { flops, rates, forward, inputGrad, filterGrad, gradients } = probe
  const apart = secondsOf(inputGrad) + secondsOf(filterGrad)
  const share = gradients === undefined || !timed.has(gradients) ? 1 : secondsOf(gradients) / apart
  return [
    { ...rates.conv2d, rate: rounded(flops / secondsOf(forward)) },
    { ...rates.conv2d_input_grad, rate: rounded(flops / (secondsOf(inputGrad) * share)) },
    { ...rates.conv2d_filter_grad, rate: rounded(flops / (secondsOf(filterGrad) * share)) },
  ]
}

/** The two virtual devices share the computer's cores, as those of a run do. */
async function measureLinks(report: Report, extent: Extent): Promise<MachineProfile['links']> {
  const { devices, bytes, little } = link
  const engine = await createXlaEngine({ world: oneProcess(devices), cacheAbove: Number.POSITIVE_INFINITY })
  try {
    const summed = (size: number) =>
      probeGraph([f32(size / 4)], (b, v) => b.addAll('all_reduce', v, { reduction: 'sum' }), devices)
    const nothing = probeGraph([f32(little / 4)], (b, v) => v.map((x) => ops.add(b, x, 1)), devices)
    const [few, many] = [summed(little), summed(bytes)]
    const what = `sums over ${devices} virtual devices`
    const times = await timeGraphs(
      engine,
      [nothing, few, many].map((graph) => ({ what, graph })),
      report,
      extents[extent].rounds,
    )
    const whole: SecondsOf = (graph) => need(times.get(graph), 'a time').middle
    const small = atLeast(whole(few) - whole(nothing), 1e-6)
    const large = atLeast(whole(many) - whole(nothing) - small, 1e-6)
    // A ring of two sends each byte back and forth once: two rounds of half the bytes.
    return { devices, bandwidth: rounded(bytes / large), latency: rounded(small / 2) }
  } finally {
    engine.dispose()
  }
}
