/** The building blocks of the standard library's machine `local`: this computer, as detected. */
import type { LocalGpu } from '../host/local-machine.ts'
import { measuredFigures } from '../host/measured-figures.ts'
import type { Bool, Call, Float, Int, StringArg } from './types.ts'

/** Programs are the same on all devices, so if the GPUs differ, the one with the least memory determines what fits. */
function smallestGpu(call: Call): LocalGpu | undefined {
  return call.localMachine().gpus.toSorted((a, b) => a.memory - b.memory)[0]
}

/** Number of GPUs that the driver of this computer reports. */
export function local_gpus(call: Call): Int {
  return call.localMachine().gpus.length
}

/** The driver's name for the GPU of this computer; empty if there is none. Of several, the one with the least memory. */
export function local_gpu(call: Call): StringArg {
  return { kind: 'string', value: smallestGpu(call)?.name ?? '', pending: undefined }
}

/** Bytes of that GPU, or of this computer if it has no GPU. */
export function local_memory(call: Call): Int {
  return smallestGpu(call)?.memory ?? call.localMachine().memory
}

/** The CUDA compute capability of that GPU. */
export function local_compute(call: Call): Float {
  return smallestGpu(call)?.compute ?? call.fail('ARC4027', {})
}

/** Whether NVLink connects all GPUs of this computer. */
export function local_nvlink(call: Call): Bool {
  return call.localMachine().nvlink
}

/** CPU cores of this computer. */
export function local_cores(call: Call): Int {
  return call.localMachine().cores
}

const figures = ['f32', 'f16', 'bf16', 'bandwidth'] as const

/** A figure of that GPU measured by `arcc doctor --write-machine`: `f32`, `f16`, `bf16` in FLOP/s, `bandwidth` in B/s. */
export function local_rate(call: Call, figure: StringArg): Float {
  const gpu = smallestGpu(call) ?? call.fail('ARC4027', {})
  const known = figures.find((name) => name === figure.value)
  if (known === undefined) return call.fail('ARC4024', { found: `\`${figure.value}\``, known: figures })
  const measured = call.measuredGpus().find(({ name }) => name === gpu.name)
  if (measured === undefined)
    return call.fail('ARC4026', { gpu: gpu.name }, { notes: ['`arcc doctor --write-machine` measures it once'] })
  const { bandwidth, flops } = measuredFigures(measured)
  return known === 'bandwidth' ? bandwidth : (flops[known] ?? flops.f32)
}
