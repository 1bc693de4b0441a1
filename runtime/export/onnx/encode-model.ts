/**
 * An ONNX model as bytes: the messages of onnx.proto (ONNX 1.15), by their field numbers. The elements of tensors are not among the
 * bytes: they follow where a part names their tensor, so that no model has to fit into memory.
 */
import { floatField, integerField, messageField, messageHead, textField } from '../../protobuf.ts'
import type { Attribute, OnnxModel, OnnxNode, OnnxPort } from './model.ts'
import { elementTypes } from './rule.ts'
import { type StoredTensor, storedBytes, storedShape } from './stored-tensor.ts'

/** Where a tensor lies in the file of external data. */
export interface ExternalPlace {
  /** The name of that file, in the folder of the model. */
  readonly location: string
  readonly offset: number
}

export interface EncodedModel {
  /** Bytes, or the name of the tensor whose elements come here, little-endian. */
  readonly parts: readonly (Uint8Array | string)[]
  /** Of the whole file. */
  readonly bytes: number
}

/** The version of the format by operator set (docs/Versioning.md of ONNX). */
const irVersions: { readonly [opset: number]: number } = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 }

const attributeTypes = { float: 1, int: 2, ints: 7 } as const
/** TensorProto.DataLocation.EXTERNAL */
const externalLocation = 1

function attribute(name: string, given: Attribute): number[] {
  const value =
    given.kind === 'int'
      ? integerField(3, given.value)
      : given.kind === 'float'
        ? floatField(2, given.value)
        : given.value.flatMap((one) => integerField(8, one))
  return [...textField(1, name), ...value, ...integerField(20, attributeTypes[given.kind])]
}

function node({ name, operator, inputs, output, attributes }: OnnxNode): number[] {
  return [
    ...inputs.flatMap((input) => textField(1, input)),
    ...textField(2, output),
    ...textField(3, name),
    ...textField(4, operator),
    ...Object.entries(attributes).flatMap(([key, value]) => messageField(5, attribute(key, value))),
  ]
}

/** A ValueInfoProto of f32; the number of images is named `batch`. */
function port({ name, shape }: OnnxPort): number[] {
  const dims = shape.flatMap(({ count, ofBatch }) =>
    messageField(1, ofBatch ? textField(2, 'batch') : integerField(1, count)),
  )
  const tensor = [...integerField(1, elementTypes.f32), ...messageField(2, dims)]
  return [...textField(1, name), ...messageField(2, messageField(1, tensor))]
}

function entry(key: string, value: string): number[] {
  return [...textField(1, key), ...textField(2, value)]
}

/** A TensorProto without its elements. */
function tensorHead(name: string, tensor: StoredTensor, place: ExternalPlace | undefined): number[] {
  const head = [
    ...storedShape(tensor).flatMap((size) => integerField(1, size)),
    ...integerField(2, elementTypes[tensor.type]),
    ...textField(8, name),
  ]
  if (place === undefined) return head
  const facts: readonly (readonly [string, string])[] = [
    ['location', place.location],
    ['offset', String(place.offset)],
    ['length', String(storedBytes(tensor))],
  ]
  return [
    ...head,
    ...facts.flatMap(([key, value]) => messageField(13, entry(key, value))),
    ...integerField(14, externalLocation),
  ]
}

/** `placeOf` is where a tensor of external data lies; `undefined` for a tensor that is in the model. */
export function encodeModel(model: OnnxModel, placeOf: (name: string) => ExternalPlace | undefined): EncodedModel {
  const graphParts: (Uint8Array | string)[] = [
    ...model.nodes.map((own) => Uint8Array.from(messageField(1, node(own)))),
    Uint8Array.from(textField(2, model.name)),
  ]
  let graphBytes = graphParts.reduce((sum, part) => sum + part.length, 0)
  for (const [name, tensor] of model.tensors) {
    const place = placeOf(name)
    const head = tensorHead(name, tensor, place)
    const elements = place === undefined ? storedBytes(tensor) : 0
    const rawHead = place === undefined ? messageHead(9, elements) : []
    const body = [...head, ...rawHead]
    const framed = Uint8Array.from([...messageHead(5, body.length + elements), ...body])
    graphParts.push(framed)
    if (place === undefined) graphParts.push(name)
    graphBytes += framed.length + elements
  }
  const ports = Uint8Array.from([...messageField(11, port(model.input)), ...messageField(12, port(model.output))])
  graphBytes += ports.length
  const before = Uint8Array.from([
    ...integerField(1, irVersions[model.opset] ?? 8),
    ...textField(2, 'arcc'),
    ...textField(3, model.producerVersion),
    ...messageHead(7, graphBytes),
  ])
  const after = Uint8Array.from([
    ...messageField(8, [...textField(1, ''), ...integerField(2, model.opset)]),
    ...[...model.metadata].flatMap(([key, value]) => messageField(14, entry(key, value))),
  ])
  return {
    parts: [before, ...graphParts, ports, after],
    bytes: before.length + graphBytes + after.length,
  }
}
