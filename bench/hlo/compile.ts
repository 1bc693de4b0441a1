/** The steps of three experiments, compiled for an H100 without having one. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Plan } from '../../compiler/plan/plan.ts'
import { bug } from '../../grammar/diagnostic.ts'
import { type ExactOptions, exactMemory } from '../../runtime/xla/exact/exact-memory.ts'
import { planOnMachine } from '../on-machine.ts'
import type { Bars } from './bars.ts'

export interface Case {
  readonly file: string
  readonly experiment: string
  readonly settings: readonly string[]
  readonly bars: Bars
}

export const cases: Readonly<Record<string, Case>> = {
  r50: {
    file: 'experiments/arcface_torch/ms1mv3.arc',
    experiment: 'ms1mv3_r50',
    settings: [],
    bars: { elementwise: 17e9, small: 450 },
  },
  r100: {
    file: 'experiments/arcface_torch/glint360k.arc',
    experiment: 'glint360k_r100',
    settings: ['centers.sample_rate=10%'],
    bars: { elementwise: 27.5e9, small: 900 },
  },
  mbf: {
    file: 'experiments/arcface_torch/ms1mv3.arc',
    experiment: 'ms1mv3_mbf',
    settings: [],
    bars: { elementwise: 9e9 },
  },
}

function planFor({ file, experiment, settings }: Case, { replicas, more }: Variant): Plan {
  const devices = `machine.devices_per_node=${replicas}`
  return planOnMachine(file, experiment, 'dgx_h100(nodes: 1)', [devices, ...settings, ...more])
}

export interface Variant {
  /** Devices. */
  readonly replicas: number
  /** Additional settings, as for `--set`. */
  readonly more: readonly string[]
}

export interface Compiled {
  /** Optimized HLO. */
  readonly text: string
  readonly graphs: number
  readonly peak: number
}

/** The bounds were set with these flags: nothing is autotuned, so the figures change only with the step. */
const flags = { xla_gpu_autotune_level: 0, xla_gpu_enable_triton_gemm: false } as const

/** Compiles a case in ten to fifty seconds. */
export function compileCase(which: Case, variant: Variant): Promise<Compiled> {
  return compilePlan(planFor(which, variant), flags)
}

/** Compiles the step of a plan, also if its figures are known; XLA's dump goes through a temporary folder. */
export async function compilePlan(plan: Plan, flags?: ExactOptions['flags']): Promise<Compiled> {
  const dump = await mkdtemp(join(tmpdir(), 'arcc-hlo-'))
  try {
    const { peak } = await exactMemory(plan, { dump, ...(flags === undefined ? {} : { flags }) })
    const names = await readdir(dump)
    const read = (end: string) => {
      const name = names.find((candidate) => candidate.includes('.step.') && candidate.endsWith(end))
      return readFile(join(dump, name ?? bug(`XLA wrote no ${end}`)), 'utf8')
    }
    const schedule = await read('thunk_sequence_after_thunk_passes.txt')
    const graphs = schedule.split('kCommandBuffer').length - 1
    return { text: await read('gpu_after_optimizations.txt'), graphs, peak }
  } finally {
    await rm(dump, { recursive: true, force: true })
  }
}
