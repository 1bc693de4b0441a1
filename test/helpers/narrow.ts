/**
 * A narrow IResNet of two blocks with sharded centers: few programs' worth of compiling, and small enough that TensorFlow.js in plain
 * JavaScript trains it in a second.
 */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { HostTensor } from '../../runtime/engine.ts'
import { randomOf } from './op-case.ts'
import { planOf } from './plan.ts'

export interface NarrowOptions {
  readonly devices: number
  /** Of which kind they are; of the CPU where nothing is said. */
  readonly kind?: DeviceKind
  readonly batch: number
  readonly classes: number
  /** Entries of `centers { … }` and `train { … }` beyond the usual. */
  readonly centers?: string
  /** Instead of `arcface(m: 0.5 rad, scale: 16)`. */
  readonly margin?: string
  /** Instead of one computer with the devices. */
  readonly machine?: string
  readonly train?: string
  /** Instead of the narrow IResNet below. */
  readonly backbone?: string
  /** Declarations of the file beside the experiment. */
  readonly declarations?: string
  readonly optimizer?: string
}

const machines: { readonly [K in DeviceKind]: string } = { cpu: 'cpu', cuda: 'gpus' }

/** The experiment as `.arc` text. */
export function narrowText(options: NarrowOptions): string {
  return `
use std.backbones
use std.datasets: synthetic
use std.machines: cpu, cpu_device, h100_sxm5_80gb
use std.margins: arcface, combined, cosface, interclass_filter

machine gpus(devices: int) {
  nodes = 1, devices_per_node = devices, device = h100_sxm5_80gb
  links { within = nvlink(450 GB/s) }
}

backbone narrow_iresnet() on Image(28, 28, 3) -> Vector(24) {
  let first = input |> conv(4, kernel: 3) as conv1 |> batch_norm as bn1 |> prelu as prelu
  let last = first |> residual(4, stride: 2) as "layer1.0" |> residual(8, stride: 2) as "layer2.0"
  last |> batch_norm as bn2 |> flatten |> linear(24, precise: true) as fc |> batch_norm(scaled: false) as features
}

${options.declarations ?? ''}

experiment narrow {
  dataset  = synthetic(identities: ${options.classes}, per_identity: 8)
  backbone = ${options.backbone ?? 'narrow_iresnet'}
  margin   = ${options.margin ?? 'arcface(m: 0.5 rad, scale: 16)'}
  machine  = ${options.machine ?? `${machines[options.kind ?? 'cpu']}(devices: ${options.devices})`}
  centers { ${options.centers ?? ''} }
  train {
    batch     = ${options.batch} per device
    steps     = 20
    optimizer = ${options.optimizer ?? 'sgd(lr: 0.05, momentum: 0.9, weight_decay: 5e-4)'}
    clip      = 5
    ${options.train ?? ''}
  }
}
`
}

export const narrowPlan = (options: NarrowOptions): Plan => planOf(narrowText(options))

/** The inputs of a step beyond the state: seeded pictures, labels and mirroring of the global batch, cut for each replica. */
export function narrowBatch(plan: Plan, step: number): HostTensor[][] {
  const { batchPerDevice: b, classes, image } = plan.run
  const random = randomOf(`batch ${step}`)
  const rows = b * plan.replicas
  const pixels = image[0] * image[1] * image[2]
  const images = Uint8Array.from({ length: rows * pixels }, () => Math.floor(random() * 256))
  const labels = Int32Array.from({ length: rows }, () => Math.floor(random() * classes))
  const flip = Uint8Array.from({ length: rows }, () => (random() < 0.5 ? 1 : 0))
  return Array.from({ length: plan.replicas }, (_, r) => [
    { dtype: 'u8', shape: [b, ...image], data: images.slice(r * b * pixels, (r + 1) * b * pixels) },
    { dtype: 'i32', shape: [b], data: labels.slice(r * b, (r + 1) * b) },
    { dtype: 'u8', shape: [b], data: flip.slice(r * b, (r + 1) * b) },
    { dtype: 'i32', shape: [], data: Int32Array.of(step) },
  ])
}
