/**
 * The memory of a training step according to XLA's own compiler for the declared GPU. No GPU is needed: the compiler uses a
 * description of it.
 */
import { stateDonation } from '../../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../../compiler/plan/plan.ts'
import { moduleText } from '../../../compiler/stablehlo/emit-module.ts'
import type { FetchEvent } from '../../plugins/fetch-wheel.ts'
import { cudaFlags, type XlaFlags } from '../pjrt/cuda-flags.ts'
import { PjrtError, xlaError } from '../pjrt/errors.ts'
import { compileInChild } from './compile-in-child.ts'
import { cudaEntries, fetchCudaTools } from './cuda-tools.ts'
import { exactKey, readFigures, type StoredFigures, writeFigures } from './exact-cache.ts'
import { findGpu, type GpuFigures, gpuTable, showCompute } from './gpus.ts'
import { readRefusal } from './refusal.ts'
import { targetConfig, topologyText } from './target-config.ts'

/** Bytes per device. */
export interface ExactFigures extends StoredFigures {
  /** The GPU that it was compiled for. */
  readonly gpu: string
  /** Whether the figures come from an earlier compilation of the same program. */
  readonly cached: boolean
}

export type ExactEvent =
  | { readonly phase: 'fetch'; readonly wheel: string; readonly event: FetchEvent }
  | { readonly phase: 'compile'; readonly gpu: string }

export interface ExactOptions {
  readonly onProgress?: (event: ExactEvent) => void
  /** Additional XLA flags, without dashes; for investigating XLA's behavior. */
  readonly flags?: XlaFlags
  /** A folder for XLA's dump of the program as text. This forces compilation. */
  readonly dump?: string
}

/** Flags for compiling without the GPU, in addition to those of a run. */
const withoutGpu: XlaFlags = {
  // How XLA searches for tilings of fused kernels. The newer method takes ten minutes for a transformer of twelve blocks, the
  // older one a minute; the memory is the same.
  xla_gpu_experimental_enable_tiling_propagation: false,
}

/**
 * Nothing can be timed without the GPU, and where there is no choice to make, disabling autotuning halves compile time. From
 * compute capability 8.0 on it is needed: Triton's matrix products have no default tiling, so without autotuning XLA rejects
 * them; with it, it picks one that compiles. Leaving products to cuBLAS would store sums that Triton rounds immediately: a sixth
 * more memory for a transformer.
 */
const withoutTriton: XlaFlags = { xla_gpu_autotune_level: 0 }

function exactFlags(gpu: GpuFigures): XlaFlags {
  const [major] = gpu.compute
  return major >= 8 ? withoutGpu : { ...withoutGpu, ...withoutTriton }
}

/** The declared GPU in XLA's terms. Throws ARC6011 if the device is not a GPU, ARC6012 if arcc does not know it. */
function targetGpu({ run }: Plan): GpuFigures {
  const { name, kind, compute, memory } = run.machine.device
  if (kind !== 'cuda') throw xlaError('ARC6011', { device: name })
  const gpu = compute === undefined ? undefined : findGpu(compute, memory)
  if (gpu !== undefined) return gpu
  throw xlaError('ARC6012', {
    device: name,
    compute: compute === undefined ? 'not given' : compute.toFixed(1),
    memory: gibibytes(memory),
    known: gpuTable.map((known) => `${known.name} (${showCompute(known)}, ${gibibytes(known.memory)})`).join(', '),
  })
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`
}

/**
 * XLA's figures for the step of a plan. The compiler is downloaded on first use and takes about ten seconds; results are saved,
 * so the same program is compiled only once. Throws ARC6011 to ARC6015 as described there, and download errors.
 */
export async function exactMemory(plan: Plan, options: ExactOptions = {}): Promise<ExactFigures> {
  const { onProgress = () => {}, flags = {}, dump } = options
  const gpu = targetGpu(plan)
  const entries = cudaEntries()
  const { nodes, devicesPerNode } = plan.run.machine
  const donate = stateDonation(plan.state)
  const { text, located } = moduleText(plan.graphs.step, { platform: plan.run.machine.device.kind, donate })
  const job = {
    replicas: plan.replicas,
    topology: { target_config: targetConfig(gpu), topology: topologyText(nodes, devicesPerNode) },
  }
  const tools = [entries.plugin, entries.ptxas].map((entry) => entry.sha256)
  const environment = process.env.XLA_FLAGS ?? ''
  const allFlags = { ...cudaFlags(plan.graphs.step), ...exactFlags(gpu), ...flags }
  const key = exactKey({ ...job, program: text, flags: allFlags, environment, tools })
  const known = dump === undefined ? await readFigures(key) : undefined
  if (known !== undefined) return { ...known, gpu: gpu.name, cached: true }

  const { plugin, dataFolder } = await fetchCudaTools(entries, (wheel, event) => {
    onProgress({ phase: 'fetch', wheel, event })
  })
  onProgress({ phase: 'compile', gpu: gpu.name })
  const answer = await compileInChild({
    ...job,
    plugin,
    program: located(),
    flags: {
      ...allFlags,
      xla_gpu_cuda_data_dir: dataFolder,
      ...(dump === undefined ? {} : { xla_dump_to: dump, xla_dump_hlo_as_text: true }),
    },
  })
  if (answer.kind === 'refused') {
    const { method, status, message } = answer
    const cause = new PjrtError(method, status, message)
    throw xlaError('ARC6014', { program: 'training step', ...readRefusal(message) }, cause)
  }
  const figures: StoredFigures = { ...answer.memory, seconds: answer.seconds }
  await writeFigures(key, figures)
  return { ...figures, gpu: gpu.name, cached: false }
}
