/**
 * The ONNX model of a network, from its graph. Input `data`, f32 [N,C,H,W] with any N: RGB, in [-1, 1] or as bytes; output
 * `embedding`, f32 [N,D].
 */
import type { Value } from '../../../compiler/ir/graph.ts'
import type { InferenceGraph } from '../../../compiler/plan/inference-graph.ts'
import { bug, need } from '../../../grammar/diagnostic.ts'
import type { Preprocess } from './choices.ts'
import { emitLayer } from './emit-layer.ts'
import { Emitter, type Scope } from './emitter.ts'
import { type Extent, extentsOf } from './extents.ts'
import { layersOf, type Normalization } from './layers.ts'
import type { OnnxModel } from './model.ts'
import { sourceRules } from './rules-elementwise.ts'
import { nchw } from './rules-linalg.ts'
import { storedAs } from './stored-tensor.ts'
import { inOrder, type View } from './view.ts'

/** The names that programs for arcface_torch's exports know. */
export const inputName = 'data'
export const outputName = 'embedding'

export interface ModelOptions {
  readonly opset: number
  /** Whether running statistics become part of the layer before where that is exact. */
  readonly fold: boolean
  readonly preprocess: Preprocess
}

/** Bytes ↦ (x − 127.5) / 127.5. */
const middle = 127.5

export interface BuiltModel extends Pick<OnnxModel, 'nodes' | 'tensors' | 'input' | 'output' | 'opset'> {
  /** The normalizations by running statistics that it has, folded or not. */
  readonly norms: readonly Normalization[]
}

/** Throws ARC6800 and ARC6801 for networks that ONNX cannot express. */
export function buildModel(network: InferenceGraph, { opset, fold, preprocess }: ModelOptions): BuiltModel {
  const [graph] = network.graphs
  const extents = extentsOf(network)
  const emitter = new Emitter(opset, inputName, outputName)
  const views = new Map<Value, View>()
  const weights = new Map(network.weights.map((weight) => [weight.name, weight]))
  const images = preprocess === 'inside' ? normalized(emitter) : inputName

  const source = (value: Value): View => {
    const { op } = value
    if (op.kind === 'constant') return sourceRules.constant(op, scope)
    if (op.kind !== 'input') return bug(`a ${op.kind} that no layer computes`)
    const { name } = op.params
    const weight = weights.get(name)
    if (weight === undefined) return { tensor: images, axes: nchw }
    const isFilter = weight.layout === 'oihw'
    const axes = isFilter ? [3, 2, 0, 1] : inOrder(weight.shape.length)
    const shape = axes.map((dim) => weight.shape[dim] ?? 0)
    return { tensor: storedAs({ kind: 'weight', name, shape }, 'f32'), axes }
  }
  const scope: Scope = {
    emitter,
    extents,
    placed: (value) => ({ view: views.get(value) ?? source(value), extents: extents(value) }),
  }
  const layers = layersOf(graph, fold)
  for (const layer of layers) views.set(layer.result, emitLayer(layer, scope))

  const embeddings = need(graph.outputs[0], 'the embeddings').value
  const output = emitter.whole(scope.placed(embeddings), inOrder(2))
  const [height, width, channels] = network.image
  const sized = (count: number): Extent => ({ count, ofBatch: false })
  const images0: Extent = { count: 1, ofBatch: true }
  return {
    opset,
    norms: layers.flatMap((layer) => ('norm' in layer && layer.norm !== undefined ? [layer.norm] : [])),
    nodes: withOutput(emitter, output),
    tensors: emitter.tensors,
    input: { name: inputName, shape: [images0, sized(channels), sized(height), sized(width)] },
    output: { name: outputName, shape: [images0, sized(network.embedding)] },
  }
}

/** The names `Sub` and `Mul` tell programs of insightface that bytes go in. */
function normalized(emitter: Emitter): string {
  const number = (value: number) => emitter.stored(storedAs({ kind: 'numbers', values: [value], shape: [] }, 'f32'))
  const centered = emitter.namedNode('Sub', [inputName, number(middle)])
  return emitter.namedNode('Mul', [centered, number(1 / middle)])
}

/** The nodes, of which the one with the embeddings has the name of the output. */
function withOutput(emitter: Emitter, output: string): OnnxModel['nodes'] {
  if (!emitter.nodes.some((node) => node.output === output)) {
    emitter.node('Identity', [output])
    return emitter.nodes.map((node, i) => (i === emitter.nodes.length - 1 ? { ...node, output: outputName } : node))
  }
  const rename = (name: string) => (name === output ? outputName : name)
  return emitter.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename), output: rename(node.output) }))
}
