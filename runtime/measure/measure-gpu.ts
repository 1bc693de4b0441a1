/** Measures one GPU with the engine that will run on it: what `arcc doctor --write-machine` records for this kind of card. */
import type { GpuDtype, GpuProfile } from '../../compiler/host/machine-profile.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { CudaGpu } from '../cuda/driver.ts'
import type { Engine } from '../engine.ts'
import {
  convolutionProbes,
  type GpuProbe,
  type GpuProbeSizes,
  gpuProbeSizes,
  productProbes,
  streamProbes,
} from './gpu-probes.ts'
import { chainGraph } from './probes.ts'
import { manyRounds, timeGraphs } from './time-graphs.ts'

/** Number of kernels in the chain that measures the overhead of a kernel. */
const chainLength = 200

/** From this compute capability on, a card multiplies in bf16. */
const bf16Since = 8

/** Measurements are accurate to three digits. */
const rounded = (value: number) => Number(value.toPrecision(3))

/**
 * Cards of `gpus` by name: one of each kind is measured. `start` starts the engine on a card; it is disposed here. `report`
 * receives the name of the current measurement. Throws the engine's errors.
 */
export async function measureGpus(
  gpus: readonly CudaGpu[],
  start: (gpu: CudaGpu) => Promise<Engine>,
  report: (what: string) => void,
): Promise<GpuProfile[]> {
  const kinds = gpus.filter((gpu, i) => gpus.findIndex(({ name }) => name === gpu.name) === i)
  const profiles: GpuProfile[] = []
  for (const gpu of kinds) {
    const engine = await start(gpu)
    try {
      profiles.push(await measureGpu(engine, gpu, report))
    } finally {
      engine.dispose()
    }
  }
  return profiles
}

/** All rates of one card. */
export async function measureGpu(
  engine: Engine,
  { name, compute }: CudaGpu,
  report: (what: string) => void,
  sizes: GpuProbeSizes = gpuProbeSizes,
): Promise<GpuProfile> {
  const dtypes: readonly GpuDtype[] = compute[0] >= bf16Since ? ['f32', 'f16', 'bf16'] : ['f32', 'f16']
  const start = chainGraph(1)
  const chain = chainGraph(chainLength)
  const products = productProbes(sizes, dtypes)
  const convolutions = convolutionProbes(sizes)
  const streams = streamProbes(sizes)
  const probes = [
    { what: 'the start of a program', graph: start },
    { what: 'starts of kernels', graph: chain },
    ...[...streams, ...products, ...convolutions].map(({ what, graph }) => ({ what: `${what}, ${name}`, graph })),
  ]
  // No one else uses the card, so one round is as good as three; the inputs are large.
  const times = await timeGraphs(engine, probes, report, { ...manyRounds, rounds: 1, compiling: 1 })
  const whole = (graph: GpuProbe<unknown>['graph']) => need(times.get(graph), 'a time').middle
  const program = whole(start)
  const rates = <At>(all: readonly GpuProbe<At>[]) =>
    all.map(({ at, work, graph }) => {
      const seconds = Math.max(whole(graph) - program, whole(graph) / 10)
      return { ...at, rate: rounded(work / seconds) }
    })
  return {
    name,
    engine: engine.description,
    seconds: {
      program: rounded(program),
      kernel: rounded(Math.max(whole(chain) - program, 1e-7 * chainLength) / chainLength),
    },
    streams: rates(streams),
    products: rates(products),
    convolutions: rates(convolutions),
  }
}
