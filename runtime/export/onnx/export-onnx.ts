/** Writes a network as ONNX: its graph with the weights of a file. */
import type { InferenceGraph } from '../../../compiler/plan/inference-graph.ts'
import { need } from '../../../grammar/diagnostic.ts'
import type { NamedFile } from '../../named-file.ts'
import type { NetworkWeights } from '../../network/open-network.ts'
import { startErrors } from '../../start/messages.ts'
import { buildModel, type ModelOptions } from './build-model.ts'
import { elementSource } from './elements.ts'
import type { Normalization } from './layers.ts'
import { onnxErrors } from './messages.ts'
import { type External, writeModel } from './write-model.ts'

export interface OnnxOptions extends ModelOptions {
  readonly external: External
  /** arcc's. */
  readonly version: string
}

export interface WrittenOnnx {
  readonly files: readonly NamedFile[]
  readonly nodes: number
}

/**
 * Writes `name`, and perhaps `name.data`, to a folder; `shown` is the path for messages. Throws ARC6800 to ARC6802, ARC6804, ARC6809,
 * ARC6810, and ARC6770 if weights are not finite; files are then incomplete.
 */
export async function exportOnnx(
  network: InferenceGraph,
  { path, tensors, sha256 }: Pick<NetworkWeights, 'path' | 'tensors' | 'sha256'>,
  { folder, name, shown }: { readonly folder: string; readonly name: string; readonly shown: string },
  options: OnnxOptions,
): Promise<WrittenOnnx> {
  const { norms, ...model } = buildModel(network, options)
  const weights = tensors.tensors
  await checkVariances(path, norms, async (vector) => {
    const tensor = need(weights.get(vector), vector)
    return tensor.rows(0, tensor.shape[0] ?? 1)
  })
  const elements = elementSource(weights)
  const metadata = metadataOf(network, options, await sha256())
  const whole = { ...model, name: network.backbone, producerVersion: options.version, metadata }
  const files = await writeModel(folder, name, whole, elements, { external: options.external, shown })
  if (elements.notFinite.size > 0) throw startErrors('ARC6770', { file: path, tensors: [...elements.notFinite] })
  if (elements.beyondF16.size > 0) throw onnxErrors('ARC6802', { file: path, tensors: [...elements.beyondF16] })
  return { files, nodes: model.nodes.length }
}

/** What the model says of itself. */
function metadataOf(network: InferenceGraph, { fold, preprocess }: ModelOptions, sha256: string) {
  const [height, width, channels] = network.image
  const range = preprocess === 'inside' ? 'bytes as floats, 0 to 255' : '(byte - 127.5) / 127.5'
  return new Map([
    ['backbone', network.backbone],
    ['input', `${channels === 1 ? 'gray' : 'RGB'}, NCHW, ${channels} x ${height} x ${width}, ${range}`],
    ['preprocessing', preprocess],
    ['batch_norm', fold ? 'folded' : 'kept'],
    ['weights_sha256', sha256],
  ])
}

async function checkVariances(
  file: string,
  norms: readonly Normalization[],
  vector: (name: string) => Promise<Float32Array>,
): Promise<void> {
  const wrong = new Set<string>()
  for (const { variance, epsilon } of norms)
    if ((await vector(variance)).some((value) => value + epsilon <= 0)) wrong.add(variance)
  if (wrong.size > 0) throw onnxErrors('ARC6810', { file, tensors: [...wrong] })
}
