/**
 * The pickle of a state dict (protocol 2): an `OrderedDict` of names and tensors, each `torch._utils._rebuild_tensor_v2` of a storage,
 * in the few opcodes that this takes.
 */
import { elementCount } from '../../compiler/ir/dtype.ts'

/** A tensor whose elements fill the storage of the key. */
export interface StoredTensor {
  readonly name: string
  readonly key: string
  readonly type: 'f32' | 'i64'
  readonly shape: readonly number[]
}

const storageClass: { readonly [T in StoredTensor['type']]: string } = { f32: 'FloatStorage', i64: 'LongStorage' }

const code = (text: string) => Buffer.from(text, 'latin1')
const global = (module: string, name: string) => code(`c${module}\n${name}\n`)
const [mark, endTuple, emptyTuple, reduce, persistentId, setItems, stop] = [...'(t)RQu.'].map(code) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
]
const tuple = (items: readonly Buffer[]) => Buffer.concat([mark, ...items, endTuple])
const protocol2 = Buffer.of(0x80, 2)
const newFalse = Buffer.of(0x89)
const orderedDict = Buffer.concat([global('collections', 'OrderedDict'), emptyTuple, reduce])

/** BININT1, BININT, or LONG1. */
function int(value: number): Buffer {
  if (value < 2 ** 8) return Buffer.of(0x4b, value)
  const isShort = value < 2 ** 31
  const bytes = Buffer.alloc(isShort ? 5 : 10)
  bytes[0] = isShort ? 0x4a : 0x8a
  if (isShort) bytes.writeInt32LE(value, 1)
  else {
    bytes[1] = 8
    bytes.writeBigInt64LE(BigInt(value), 2)
  }
  return bytes
}

/** BINUNICODE. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const start = Buffer.alloc(5)
  start[0] = 0x58
  start.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([start, bytes])
}

/** Elements between neighbors of each dim, of a row-major tensor. */
const stridesOf = (shape: readonly number[]) => shape.map((_, dim) => elementCount(shape.slice(dim + 1)))

/** The arguments are storage, offset, size, stride, requires_grad, and backward_hooks. */
function tensor({ key, type, shape }: StoredTensor): Buffer {
  const place = [text('storage'), global('torch', storageClass[type]), text(key), text('cpu'), int(elementCount(shape))]
  const storage = Buffer.concat([tuple(place), persistentId])
  const sizes = [tuple(shape.map(int)), tuple(stridesOf(shape).map(int))]
  const given = tuple([storage, int(0), ...sizes, newFalse, orderedDict])
  return Buffer.concat([global('torch._utils', '_rebuild_tensor_v2'), given, reduce])
}

/** The pickle's bytes. */
export function stateDictPickle(tensors: readonly StoredTensor[]): Uint8Array {
  const items = tensors.flatMap((stored) => [text(stored.name), tensor(stored)])
  return Buffer.concat([protocol2, orderedDict, mark, ...items, setItems, stop])
}
