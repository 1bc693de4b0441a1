/** Seconds for one run of a graph on an engine, with the inputs already on the device. */
import { elementCount, type TensorType } from '../../compiler/ir/dtype.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, Executable, HostTensor } from '../engine.ts'
import { f32ToBf16, f32ToF16 } from '../half.ts'

/** Finite numbers of both signs, without special cases for a kernel: one block repeated. */
const block = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i) * 0.1)

const halfBlocks = { f16: f32ToF16(block), bf16: f32ToBf16(block) }

/** Sample contents for an input of type f32, f16, bf16, u8 or i32. */
export function sampleTensor({ dtype, shape }: TensorType): HostTensor {
  const count = elementCount(shape)
  if (dtype === 'u8') return { dtype, shape, data: new Uint8Array(count).fill(100) }
  if (dtype === 'i32') return { dtype, shape, data: new Int32Array(count) }
  if (dtype === 'f16' || dtype === 'bf16')
    return { dtype, shape, data: filled(new Uint16Array(count), halfBlocks[dtype]) }
  if (dtype !== 'f32') bug(`no sample of ${dtype}`)
  return { dtype, shape, data: filled(new Float32Array(count), block) }
}

function filled<A extends Float32Array | Uint16Array>(data: A, part: A): A {
  for (let at = 0; at < data.length; at += part.length) data.set(part.subarray(0, data.length - at), at)
  return data
}

/** A graph to time, with a description for the user. */
export interface Probe {
  readonly what: string
  readonly graph: Graph
}

/** How often graphs are timed. */
export interface Rounds {
  readonly rounds: number
  /** A round runs each graph at least this many times, not counting the first run, and for this many seconds. */
  readonly runs: number
  readonly seconds: number
  /** How many graphs are compiled at the same time. */
  readonly compiling: number
}

/** A shared computer is occasionally slow for a second, which spoils at most one of three rounds. */
export const manyRounds: Rounds = { rounds: 3, runs: 3, seconds: 0.05, compiling: 2 }

export interface Timing {
  /** Seconds: the median of several rounds, each the mean of the faster half of its runs. */
  readonly middle: number
  /** That of the fastest round. */
  readonly least: number
}

/** Times graphs, in several rounds over all of them. `report` receives the name of the current measurement. */
export async function timeGraphs(
  engine: Engine,
  probes: readonly Probe[],
  report: (what: string) => void,
  how: Rounds = manyRounds,
): Promise<ReadonlyMap<Graph, Timing>> {
  const { rounds } = how
  const programs: { readonly graph: Graph; readonly what: string; readonly program: Executable; times: number[] }[] = []
  const compileRest = async (rest: Iterator<Probe>) => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const { graph, what } = next.value
      programs.push({ graph, what, program: await engine.compile(graph), times: [] })
    }
  }
  try {
    const waiting = probes.values()
    const compiled = Array.from({ length: how.compiling }, () => compileRest(waiting))
    await Promise.allSettled(compiled)
    await Promise.all(compiled)
    for (let round = 1; round <= rounds; round++) {
      for (const { graph, what, program, times } of programs) {
        report(rounds === 1 ? what : `${what} (${round} of ${rounds})`)
        times.push(await timeProgram(engine, program, graph, how))
      }
    }
    return new Map(programs.map(({ graph, times }) => [graph, timing(times)]))
  } finally {
    for (const { program } of programs) program.dispose()
  }
}

function timing(times: readonly number[]): Timing {
  return { middle: middle(times), least: Math.min(...times) }
}

/** The upper median. */
export function middle(times: readonly number[]): number {
  return need([...times].sort((a, b) => a - b)[Math.floor(times.length / 2)], 'a time')
}

/**
 * The mean of the faster half of the runs, which corresponds to a quiet computer; the first run, which warms up caches, is
 * excluded.
 */
async function timeProgram(
  engine: Engine,
  program: Executable,
  graph: Graph,
  { runs, seconds }: Rounds,
): Promise<number> {
  const inputs: DeviceTensor[][] = []
  try {
    for (let replica = 0; replica < engine.world.local; replica++) {
      const own: DeviceTensor[] = []
      inputs.push(own)
      for (const value of graph.inputs) own.push(await engine.upload(replica, sampleTensor(value.type)))
    }
    const times: number[] = []
    const began = performance.now()
    for (let run = 0; run <= runs || performance.now() - began < seconds * 1000; run++) {
      const start = performance.now()
      const outputs = await program.run(inputs)
      if (run > 0) times.push((performance.now() - start) / 1000)
      for (const output of outputs.flat()) output.dispose()
    }
    const faster = times.sort((a, b) => a - b).slice(0, Math.ceil(times.length / 2))
    return faster.reduce((sum, seconds) => sum + seconds, 0) / faster.length
  } finally {
    for (const tensor of inputs.flat()) tensor.dispose()
  }
}
