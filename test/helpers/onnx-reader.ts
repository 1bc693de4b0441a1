/** Reads ONNX models in tests: the messages of onnx.proto, by their field numbers. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { need } from '../../grammar/diagnostic.ts'
import { f16ToF32 } from '../../runtime/half.ts'

type Field = number | Buffer

/** The fields of a message by number, in order. */
function fieldsOf(bytes: Buffer): ReadonlyMap<number, readonly Field[]> {
  const fields = new Map<number, Field[]>()
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = need(bytes[at++], 'a byte')
      value += (byte % 128) * scale
      if (byte < 128) return value
    }
  }
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error('a field is longer than its message')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const key = varint()
    const wire = key % 8
    const value = wire === 0 ? varint() : take(wire === 2 ? varint() : wire === 5 ? 4 : 8)
    const number = Math.floor(key / 8)
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return fields
}

type Fields = ReturnType<typeof fieldsOf>

const buffersAt = (fields: Fields, number: number): Buffer[] =>
  (fields.get(number) ?? []).filter((field) => typeof field !== 'number')
const numbersAt = (fields: Fields, number: number): number[] =>
  (fields.get(number) ?? []).filter((field) => typeof field === 'number')
const textAt = (fields: Fields, number: number) => buffersAt(fields, number)[0]?.toString('utf8') ?? ''
const messagesAt = (fields: Fields, number: number) => buffersAt(fields, number).map(fieldsOf)

export interface ReadNode {
  readonly name: string
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, number | readonly number[]>>
}

export interface ReadTensor {
  readonly shape: readonly number[]
  /** TensorProto.DataType */
  readonly type: number
  readonly values: readonly number[]
  /** Of external data. */
  readonly offset: number | undefined
}

export interface ReadModel {
  readonly irVersion: number
  readonly opset: number
  readonly producer: readonly [string, string]
  readonly metadata: Readonly<Record<string, string>>
  readonly nodes: readonly ReadNode[]
  readonly tensors: Readonly<Record<string, ReadTensor>>
  readonly input: readonly [name: string, shape: readonly (number | string)[]]
  readonly output: readonly [name: string, shape: readonly (number | string)[]]
}

function valuesOf(type: number, bytes: Buffer): readonly number[] {
  const own = Uint8Array.from(bytes)
  switch (type) {
    case 1:
      return Array.from(new Float32Array(own.buffer))
    case 7:
      return Array.from(new BigInt64Array(own.buffer), Number)
    case 10:
      return Array.from(f16ToF32(new Uint16Array(own.buffer)))
    default:
      throw new Error(`a tensor of type ${type}`)
  }
}

function tensorOf(fields: Fields, folder: string): ReadTensor {
  const type = need(numbersAt(fields, 2)[0], 'a type')
  const external = Object.fromEntries(messagesAt(fields, 13).map((entry) => [textAt(entry, 1), textAt(entry, 2)]))
  const isExternal = numbersAt(fields, 14)[0] === 1
  const offset = isExternal ? Number(external.offset) : undefined
  const bytes =
    offset === undefined
      ? need(buffersAt(fields, 9)[0], 'raw data')
      : readFileSync(join(folder, external.location ?? '')).subarray(offset, offset + Number(external.length))
  return { shape: numbersAt(fields, 1), type, values: valuesOf(type, bytes), offset }
}

function attributeOf(fields: Fields): readonly [string, number | readonly number[]] {
  const name = textAt(fields, 1)
  const type = numbersAt(fields, 20)[0]
  if (type === 1) return [name, need(buffersAt(fields, 2)[0], 'a float').readFloatLE()]
  return [name, type === 2 ? need(numbersAt(fields, 3)[0], 'an int') : numbersAt(fields, 8)]
}

function portOf(fields: Fields): ReadModel['input'] {
  const tensor = need(messagesAt(need(messagesAt(fields, 2)[0], 'a type'), 1)[0], 'a tensor type')
  const shape = need(messagesAt(tensor, 2)[0], 'a shape')
  return [textAt(fields, 1), messagesAt(shape, 1).map((dim) => numbersAt(dim, 1)[0] ?? textAt(dim, 2))]
}

export function readOnnx(path: string): ReadModel {
  const model = fieldsOf(readFileSync(path))
  const graph = need(messagesAt(model, 7)[0], 'a graph')
  const opset = need(messagesAt(model, 8)[0], 'an operator set')
  return {
    irVersion: need(numbersAt(model, 1)[0], 'a version'),
    opset: need(numbersAt(opset, 2)[0], 'a version'),
    producer: [textAt(model, 2), textAt(model, 3)],
    metadata: Object.fromEntries(messagesAt(model, 14).map((entry) => [textAt(entry, 1), textAt(entry, 2)])),
    nodes: messagesAt(graph, 1).map((node) => ({
      name: textAt(node, 3),
      operator: textAt(node, 4),
      inputs: buffersAt(node, 1).map(String),
      outputs: buffersAt(node, 2).map(String),
      attributes: Object.fromEntries(messagesAt(node, 5).map(attributeOf)),
    })),
    tensors: Object.fromEntries(
      messagesAt(graph, 5).map((tensor) => [textAt(tensor, 8), tensorOf(tensor, dirname(path))]),
    ),
    input: portOf(need(messagesAt(graph, 11)[0], 'an input')),
    output: portOf(need(messagesAt(graph, 12)[0], 'an output')),
  }
}
