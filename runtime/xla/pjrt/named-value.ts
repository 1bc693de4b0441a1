/** Named options of PJRT calls. */
import { addressOf, type Memory, struct } from './memory.ts'

/** The value of an option; integers and floats are distinguished, since a plugin only accepts the declared type. */
export type OptionValue =
  | { readonly text: string }
  | { readonly integer: number }
  | { readonly integers: readonly number[] }
  | { readonly float: number }
  | { readonly flag: boolean }

/** Options by name. */
export type Options = Readonly<Record<string, OptionValue>>

/** `PJRT_NamedValue_Type` */
const types = { text: 0, integer: 1, integers: 2, float: 3, flag: 4 } as const

interface Encoded {
  readonly type: number
  /** The eight bytes of the union: the value, or a pointer to `data`. */
  readonly value: bigint | number
  readonly size: number
  readonly data?: Buffer
}

function encode(value: OptionValue): Encoded {
  if ('text' in value) return pointed(types.text, Buffer.from(value.text), Buffer.byteLength(value.text))
  if ('integers' in value) {
    const data = Buffer.from(BigInt64Array.from(value.integers, BigInt).buffer)
    return pointed(types.integers, data, value.integers.length)
  }
  if ('integer' in value) return { type: types.integer, value: value.integer, size: 1 }
  if ('flag' in value) return { type: types.flag, value: value.flag ? 1 : 0, size: 1 }
  const bits = Buffer.alloc(4)
  bits.writeFloatLE(value.float)
  return { type: types.float, value: bits.readUInt32LE(), size: 1 }
}

function pointed(type: number, data: Buffer, size: number): Encoded {
  return { type, value: addressOf(data), size, data }
}

/** One option as a `PJRT_NamedValue`. */
export function namedValue(option: string, optionValue: OptionValue): Memory {
  const name = Buffer.from(option)
  const { type, value, size, data } = encode(optionValue)
  const { bytes, parts } = struct('PJRT_NamedValue', { name, name_size: name.length, type, value, value_size: size })
  return { bytes, parts: data === undefined ? parts : [...parts, data] }
}
