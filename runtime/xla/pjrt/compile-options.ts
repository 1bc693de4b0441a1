/**
 * A writer for the few fields of XLA's `CompileOptionsProto` (xla/pjrt/proto/compile_options.proto) that arcc sets.
 */
import { integerField, messageField, textField } from '../../protobuf.ts'
import type { XlaFlags } from './cuda-flags.ts'

export interface CompileOptionsFields {
  readonly replicas: number
  /** The device of each replica, by its number in all processes; missing: the plugin's own choice. */
  readonly devices?: readonly number[] | undefined
  /** XLA flags for this program only, without dashes: `xla_cpu_enable_fast_math`. */
  readonly overrides?: XlaFlags
}

/** `OptionOverrideProto`: string_field 1, bool_field 2, int_field 3. */
function overrideValue(value: string | boolean | number): number[] {
  if (typeof value === 'string') return textField(1, value)
  return typeof value === 'boolean' ? integerField(2, value ? 1 : 0) : integerField(3, value)
}

/** `DeviceAssignmentProto` (xla/xla_data.proto) of one partition: replica_count 1, computation_count 2, computation_devices 3. */
function assignment(devices: readonly number[]): number[] {
  const ids = devices.flatMap((id) => integerField(1, id))
  return [...integerField(1, devices.length), ...integerField(2, 1), ...messageField(3, ids)]
}

/** The bytes of a `CompileOptionsProto`: N replicas of one partition. Deterministic: overrides are sorted by name. */
export function writeCompileOptions(fields: CompileOptionsFields): Buffer {
  const { replicas, devices } = fields
  const assigned = devices === undefined ? [] : messageField(9, assignment(devices))
  const build = [...integerField(4, replicas), ...integerField(5, 1), ...assigned]
  const overrides = Object.entries(fields.overrides ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from([
    ...messageField(3, build),
    ...overrides.flatMap(([name, value]) =>
      messageField(7, [...textField(1, name), ...messageField(2, overrideValue(value))]),
    ),
  ])
}
