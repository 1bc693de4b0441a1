/**
 * A writer for the few fields of XLA's `CompileOptionsProto` (xla/pjrt/proto/compile_options.proto) that arcc sets.
 */
import { integerField, messageField, textField } from '../../protobuf.ts'
import type { XlaFlags } from './cuda-flags.ts'

export interface CompileOptionsFields {
  readonly replicas: number
  /** XLA flags for this program only, without dashes: `xla_cpu_enable_fast_math`. */
  readonly overrides?: XlaFlags
}

/** `OptionOverrideProto`: string_field 1, bool_field 2, int_field 3. */
function overrideValue(value: string | boolean | number): number[] {
  if (typeof value === 'string') return textField(1, value)
  return typeof value === 'boolean' ? integerField(2, value ? 1 : 0) : integerField(3, value)
}

/** The bytes of a `CompileOptionsProto`: N replicas of one partition. Deterministic: overrides are sorted by name. */
export function writeCompileOptions(fields: CompileOptionsFields): Buffer {
  const build = [...integerField(4, fields.replicas), ...integerField(5, 1)]
  const overrides = Object.entries(fields.overrides ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from([
    ...messageField(3, build),
    ...overrides.flatMap(([name, value]) =>
      messageField(7, [...textField(1, name), ...messageField(2, overrideValue(value))]),
    ),
  ])
}
