/** The time of programs with arcc's own kernels on a CPU: what one kernel computes takes the time of what it reads, writes and multiplies. */
import { byteSize } from '../ir/dtype.ts'
import type { Graph, Value } from '../ir/graph.ts'
import type { KernelCall } from '../stablehlo/kernel-call.ts'
import { findKernelCalls } from '../stablehlo/kernel-calls.ts'
import { type DeviceRates, isProduct, type OpSeconds } from './device-rates.ts'

const nothing: OpSeconds = { seconds: 0, limit: 'overhead' }

/** The rates of a device that runs `graph`, for rates that know of single ops only. */
export function kernelRates(rates: DeviceRates, graph: Graph): DeviceRates {
  const { at, needed } = findKernelCalls(graph)
  if (at.size === 0) return rates
  return {
    ...rates,
    of(cost, isInLoop) {
      const call = at.get(cost.op)
      if (call !== undefined && needed.has(cost.op))
        return rates.of({ ...cost, ...trafficOf(call), class: 'elementwise' }, isInLoop)
      // In a kernel, only its products take time of their own.
      return needed.has(cost.op) || isProduct(cost) ? rates.of(cost, isInLoop) : nothing
    },
  }
}

/** Bytes that a kernel moves: it reads each operand and writes each result once. */
function trafficOf({ reads, results }: KernelCall): { readonly bytesRead: number; readonly bytesWritten: number } {
  const total = (values: readonly (Value | undefined)[]) =>
    values.reduce((sum, value) => sum + (value === undefined ? 0 : byteSize(value.type)), 0)
  return { bytesRead: total(reads), bytesWritten: total(results.map(([first]) => first)) }
}
