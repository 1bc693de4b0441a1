/** Lists, the environment, durations and links. */
import { multiply } from '../ir/ops.ts'
import type { Bandwidth, Call, Duration, Int, Link, List, Scalar, StringArg, Time } from './types.ts'

/** How many elements a list has. */
export function len(_call: Call, list: List): Int {
  return list.length
}

/** An environment variable. Where it is not set, everything but the run itself still works. */
export function env(call: Call, name: StringArg): StringArg {
  const value = call.env(name.value)
  if (value !== undefined) return { kind: 'string', value, pending: undefined }
  return { kind: 'string', value: '', pending: `environment variable ${name.value}` }
}

/** A duration as a number of steps, where `epoch` is the number of steps of one epoch. */
export function in_steps(call: Call, duration: Duration, epoch: Scalar): Scalar {
  if (duration.unit === 'steps') return duration.count
  return typeof epoch === 'number' ? duration.count * epoch : multiply(call.graph(), epoch, duration.count)
}

function link(call: Call, technology: Link['technology'], bandwidth: number, latency: number): Link {
  if (!(bandwidth > 0)) return call.fail('ARC4023', { what: '`bandwidth`', bounds: 'above 0', found: bandwidth })
  if (!(latency >= 0)) return call.fail('ARC4023', { what: '`latency`', bounds: '0 or more', found: latency })
  return { technology, bandwidth, latency }
}

/** NVLink, by the bandwidth of one device each way. */
export function nvlink(call: Call, bandwidth: Bandwidth, latency: Time = 3e-6): Link {
  return link(call, 'nvlink', bandwidth, latency)
}

/** PCI Express, by the bandwidth of one device each way. */
export function pcie(call: Call, bandwidth: Bandwidth, latency: Time = 6e-6): Link {
  return link(call, 'pcie', bandwidth, latency)
}

/** InfiniBand, by the bandwidth of one computer each way. */
export function infiniband(call: Call, bandwidth: Bandwidth, latency: Time = 8e-6): Link {
  return link(call, 'infiniband', bandwidth, latency)
}

/** Ethernet, by the bandwidth of one computer each way. */
export function ethernet(call: Call, bandwidth: Bandwidth, latency: Time = 30e-6): Link {
  return link(call, 'ethernet', bandwidth, latency)
}

/** The memory of one computer, between virtual devices on it. */
export function shared_memory(call: Call, bandwidth: Bandwidth, latency: Time = 2e-6): Link {
  return link(call, 'shared_memory', bandwidth, latency)
}
