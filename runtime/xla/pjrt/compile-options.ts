/**
 * A writer for the few fields of XLA's `CompileOptionsProto` (xla/pjrt/proto/compile_options.proto) that arcc sets. In protocol
 * buffers, a field is its number and wire type as a varint, followed by a varint, or a length and bytes.
 */

import type { XlaFlags } from './cuda-flags.ts'

export interface CompileOptionsFields {
  readonly replicas: number
  /** XLA flags for this program only, without dashes: `xla_cpu_enable_fast_math`. */
  readonly overrides?: XlaFlags
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return bytes
}

function integer(field: number, value: number): number[] {
  return [...varint(field * 8), ...varint(value)]
}

function message(field: number, body: readonly number[]): number[] {
  return [...varint(field * 8 + 2), ...varint(body.length), ...body]
}

function text(field: number, value: string): number[] {
  return message(field, [...Buffer.from(value, 'utf8')])
}

/** `OptionOverrideProto`: string_field 1, bool_field 2, int_field 3. */
function overrideValue(value: string | boolean | number): number[] {
  if (typeof value === 'string') return text(1, value)
  return typeof value === 'boolean' ? integer(2, value ? 1 : 0) : integer(3, value)
}

/** The bytes of a `CompileOptionsProto`: N replicas of one partition. Deterministic: overrides are sorted by name. */
export function writeCompileOptions(fields: CompileOptionsFields): Buffer {
  const build = [...integer(4, fields.replicas), ...integer(5, 1)]
  const overrides = Object.entries(fields.overrides ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from([
    ...message(3, build),
    ...overrides.flatMap(([name, value]) => message(7, [...text(1, name), ...message(2, overrideValue(value))])),
  ])
}
