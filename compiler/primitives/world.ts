/** Lists, the environment, durations, links, and what is done with damaged pictures. */
import { showString } from '../../grammar/strings.ts'
import { multiply } from '../ir/ops.ts'
import type { Bandwidth, Call, Duration, Float, Int, Link, List, Scalar, StringArg, Time, Tolerance } from './types.ts'

/** The number of elements of a list. */
export function len(_call: Call, list: List): Int {
  return list.length
}

/** An environment variable. If it is not set, everything but the run itself still works. */
export function env(call: Call, name: StringArg): StringArg {
  const value = call.env(name.value)
  if (value !== undefined) return { kind: 'string', value, pending: undefined }
  const template = `env(${showString(name.value)})`
  return { kind: 'string', value: '', pending: `environment variable ${name.value}`, template }
}

/** A duration as a number of steps; `epoch` is the number of steps per epoch. */
export function in_steps(call: Call, duration: Duration, epoch: Scalar): Scalar {
  if (duration.unit === 'steps') return duration.count
  return typeof epoch === 'number' ? duration.count * epoch : multiply(call.graph(), epoch, duration.count)
}

function link(call: Call, technology: Link['technology'], bandwidth: number, latency: number): Link {
  if (!(bandwidth > 0)) return call.fail('ARC4023', { what: '`bandwidth`', bounds: 'above 0', found: bandwidth })
  if (!(latency >= 0)) return call.fail('ARC4023', { what: '`latency`', bounds: '0 or more', found: latency })
  return { technology, bandwidth, latency }
}

/** NVLink; `bandwidth` is that of one device in each direction. */
export function nvlink(call: Call, bandwidth: Bandwidth, latency: Time = 3e-6): Link {
  return link(call, 'nvlink', bandwidth, latency)
}

/** PCI Express; `bandwidth` is that of one device in each direction. */
export function pcie(call: Call, bandwidth: Bandwidth, latency: Time = 6e-6): Link {
  return link(call, 'pcie', bandwidth, latency)
}

/** InfiniBand; `bandwidth` is that of one computer in each direction. */
export function infiniband(call: Call, bandwidth: Bandwidth, latency: Time = 8e-6): Link {
  return link(call, 'infiniband', bandwidth, latency)
}

/** Ethernet; `bandwidth` is that of one computer in each direction. */
export function ethernet(call: Call, bandwidth: Bandwidth, latency: Time = 30e-6): Link {
  return link(call, 'ethernet', bandwidth, latency)
}

/** The memory of one computer, between virtual devices on it. */
export function shared_memory(call: Call, bandwidth: Bandwidth, latency: Time = 2e-6): Link {
  return link(call, 'shared_memory', bandwidth, latency)
}

/** Replaces damaged pictures by the next ones of the set; above this part of its pictures the run ends with an error. */
export function skip(call: Call, at_most: Float = 0.001): Tolerance {
  if (!(at_most > 0 && at_most <= 1))
    return call.fail('ARC4023', { what: '`at_most`', bounds: 'above 0 and at most 1', found: at_most })
  return { kind: 'tolerance', atMost: at_most }
}
