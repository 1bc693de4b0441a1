/**
 * C structs and arrays in JavaScript memory. A `Memory` keeps everything its bytes point to alive for as long as it is referenced
 * itself.
 */
import koffi from 'koffi'
import { structs } from './abi.gen.ts'

export type FieldKind = 'pointer' | 'i64' | 'i32' | 'bool' | 'f32'
/** Field name → [offset in bytes, kind]. */
export type Fields = Readonly<Record<string, readonly [number, FieldKind]>>

export interface Memory {
  readonly bytes: Buffer
  /** What `bytes` points to. */
  readonly parts: readonly Pointee[]
}

/** The values of a pointer field: an address, a view whose memory it points to, or a `Memory`. */
export type Pointee = bigint | ArrayBufferView | Memory

/** The values of a field of a kind. */
type FieldInput<K extends FieldKind> = K extends 'pointer'
  ? Pointee
  : K extends 'bool'
    ? boolean
    : K extends 'i64'
      ? bigint | number
      : number

/** Values for some of a struct's fields; the others are zero. */
export type FieldInputs<F extends Fields> = { readonly [N in keyof F]?: FieldInput<F[N][1]> }

/** The address for a pointer field; an empty view has none. */
export function addressOf(pointee: Pointee): bigint {
  if (typeof pointee === 'bigint') return pointee
  const view = 'bytes' in pointee ? pointee.bytes : pointee
  return view.byteLength === 0 ? 0n : koffi.address(view)
}

function writeField(bytes: Buffer, offset: number, kind: FieldKind, value: Pointee | number | boolean): void {
  switch (kind) {
    case 'pointer':
      bytes.writeBigUInt64LE(addressOf(value as Pointee), offset)
      break
    case 'i64':
      bytes.writeBigInt64LE(BigInt(value as bigint | number), offset)
      break
    case 'i32':
      bytes.writeInt32LE(value as number, offset)
      break
    case 'f32':
      bytes.writeFloatLE(value as number, offset)
      break
    case 'bool':
      bytes.writeUInt8(value === true ? 1 : 0, offset)
      break
  }
}

/** A struct with its `struct_size` and the given fields set. */
export function makeStruct<F extends Fields>(size: number, fields: F, values: FieldInputs<F>): Memory {
  const bytes = Buffer.alloc(Math.ceil(size / 8) * 8)
  bytes.writeBigUInt64LE(BigInt(size), 0)
  const parts: Pointee[] = []
  for (const [name, value] of Object.entries(values) as [string, Pointee | number | boolean | undefined][]) {
    const field = fields[name]
    if (field === undefined || value === undefined) continue
    writeField(bytes, field[0], field[1], value)
    if (typeof value === 'object') parts.push(value)
  }
  return { bytes, parts }
}

/** One of the structs that arguments point to. */
export function struct<S extends keyof typeof structs>(
  name: S,
  values: FieldInputs<(typeof structs)[S]['fields']>,
): Memory {
  return makeStruct(structs[name].size, structs[name].fields, values)
}

/** An array of pointers. */
export function pointerArray(items: readonly Pointee[]): Memory {
  const bytes = Buffer.alloc(Math.max(items.length, 1) * 8)
  items.forEach((item, i) => {
    bytes.writeBigUInt64LE(addressOf(item), i * 8)
  })
  return { bytes, parts: items }
}

/** Structs in consecutive memory. */
export function structArray(items: readonly Memory[]): Memory {
  return { bytes: Buffer.concat(items.map((item) => item.bytes)), parts: items.flatMap((item) => item.parts) }
}

/** The addresses in an array of pointers that the plugin filled or owns. */
export function readPointers(from: bigint | Memory, count: number): bigint[] {
  if (count === 0) return []
  const bytes = typeof from === 'bigint' ? Buffer.from(koffi.view(from, count * 8)) : from.bytes
  return Array.from({ length: count }, (_, i) => bytes.readBigUInt64LE(i * 8))
}

/** A copy of bytes that the plugin owns. */
export function copyBytes(address: bigint, size: number): Buffer {
  return size === 0 ? Buffer.alloc(0) : Buffer.from(Buffer.from(koffi.view(address, size)))
}

/** A string that the plugin owns. */
export function readString(address: bigint, size: number): string {
  return copyBytes(address, size).toString('utf8')
}
