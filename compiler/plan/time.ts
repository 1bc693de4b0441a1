/**
 * The time model: a roofline for each op on the device's published figures, and the slowest link for each collective. Nothing is
 * assumed to overlap.
 */
import type { DeviceSpec, MachineSpec } from '../experiment.ts'
import { type OpCost, opCosts } from '../ir/cost.ts'
import type { DType } from '../ir/dtype.ts'
import type { Graph, Op } from '../ir/graph.ts'
import type { PlanDocument } from './document.ts'

type Time = PlanDocument['time']

/** Share of the published peak that large convolutions and matrix products reach. */
const ATTAINABLE_COMPUTE = 0.5
/** Share of the published bandwidth that streaming kernels reach. */
const ATTAINABLE_BANDWIDTH = 0.8

export interface StepLength {
  readonly batch: number
  readonly steps: number
}

export function estimateTime(step: Graph, machine: MachineSpec, length: StepLength): Time {
  let compute = 0
  let memory = 0
  let links = 0
  for (const cost of opCosts(step)) {
    if (cost.class === 'collective') {
      links += step.replicas === 1 ? 0 : cost.times * linkSeconds(cost, machine)
      continue
    }
    const isProduct = cost.class === 'matmul' || cost.class === 'conv'
    const rate =
      (isProduct ? flopRate(machine.device, productType(cost.op)) : machine.device.flops.f32) * ATTAINABLE_COMPUTE
    const flopSeconds = cost.flops / rate
    const byteSeconds = (cost.bytesRead + cost.bytesWritten) / (machine.device.bandwidth * ATTAINABLE_BANDWIDTH)
    if (flopSeconds >= byteSeconds) compute += cost.times * flopSeconds
    else memory += cost.times * byteSeconds
  }
  const secondsPerStep = compute + memory + links
  const parts = [
    { name: 'compute', seconds: compute },
    { name: 'memory', seconds: memory },
    { name: 'links', seconds: links },
  ] as const
  const bound = parts.reduce((a, b) => (b.seconds > a.seconds ? b : a)).name
  return {
    secondsPerStep,
    samplesPerSecond: length.batch / secondsPerStep,
    bound,
    parts: parts.filter((part) => part.seconds > 0),
    basis: `published figures of ${machine.device.name}, ${ATTAINABLE_COMPUTE * 100} % of compute and ${ATTAINABLE_BANDWIDTH * 100} % of bandwidth attained`,
    totalSeconds: secondsPerStep * length.steps,
  }
}

/** The element type of a product's operands: that decides its rate. */
function productType(op: Op): DType {
  return op.operands[0]?.type.dtype ?? 'f32'
}

function flopRate(device: DeviceSpec, dtype: DType): number {
  const { f32, f16, bf16 } = device.flops
  if (dtype === 'f16') return f16 ?? f32
  if (dtype === 'bf16') return bf16 ?? f32
  return f32
}

/** A ring passes the slowest link: the one between computers where there are several. */
function linkSeconds(cost: OpCost, machine: MachineSpec): number {
  const link = machine.nodes > 1 ? (machine.between ?? machine.within) : machine.within
  const hops = 2 * (machine.nodes * machine.devicesPerNode - 1)
  return cost.wireBytes / link.bandwidth + hops * link.latency
}
