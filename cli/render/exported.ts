/** The result of `arcc export` as text. */
import { checkedBatches, checkedPictures } from '../../runtime/export/onnx/check/check-pictures.ts'
import type { Agreement } from '../../runtime/export/onnx/check/compare.ts'
import type { Preprocess } from '../../runtime/export/onnx/choices.ts'
import type { WrittenOnnx } from '../../runtime/export/onnx/export-onnx.ts'
import { factLines, paragraph } from './fit.ts'
import { formatBytes, plural } from './format.ts'
import type { Look } from './look.ts'

export interface Exported {
  readonly options: {
    readonly path: string
    readonly out: string
    readonly f16: boolean
    readonly fold: boolean
    readonly preprocess: Preprocess
    readonly opset: number
  }
  readonly backbone: {
    readonly name: string
    readonly embedding: number
    readonly input: readonly [number, number, number]
  }
  readonly written: WrittenOnnx
  readonly agreement: Agreement | undefined
  /** The version of ONNX Runtime that compared. */
  readonly runtime: string | undefined
  /** Why no ONNX Runtime was found; `undefined` if none was wanted. */
  readonly tried: readonly string[] | undefined
}

export function exportedLines(exported: Exported, look: Look): readonly string[] {
  const { options, backbone, written } = exported
  const [height, width, channels] = backbone.input
  const arrow = look.unicode ? '→' : '->'
  const color = channels === 1 ? 'gray' : 'RGB'
  const facts = [
    `${options.path} ${arrow} ${options.out}`,
    backbone.name,
    written.files.map(({ name, bytes }, i) => (i === 0 ? '' : `${name} `) + formatBytes(bytes)).join(', '),
    `opset ${options.opset}`,
    options.f16 ? 'f16' : 'f32',
    plural(written.nodes, 'operator'),
    options.fold ? 'normalizations folded' : 'normalizations kept',
    `data [batch, ${channels}, ${height}, ${width}] ${arrow} embedding [batch, ${backbone.embedding}]`,
    options.preprocess === 'inside' ? `input: ${color} bytes as floats` : `input: ${color}, (byte - 127.5) / 127.5`,
  ]
  return [...factLines(facts, look, { indent: 2 }), ...checkLines(exported, look)]
}

/** The result as JSON. */
export function exportedDocument({ options, backbone, written, agreement, runtime }: Exported): object {
  const { out, f16, fold, preprocess, opset } = options
  return {
    file: out,
    backbone: backbone.name,
    embedding: backbone.embedding,
    input: backbone.input,
    precision: f16 ? 'f16' : 'f32',
    folded: fold,
    preprocess,
    opset,
    operators: written.nodes,
    files: written.files,
    ...(agreement === undefined ? {} : { compared: { runtime, ...agreement } }),
  }
}

function checkLines({ agreement, runtime, tried }: Exported, look: Look): readonly string[] {
  if (agreement !== undefined) {
    const { deviation, cosine } = agreement
    const text = `compared with ONNX Runtime ${runtime} on ${checkedPictures} pictures, batches of ${checkedBatches.join(' and ')}: apart by ${deviation.toExponential(1)} of the norm of an embedding, cosine ${cosine.toFixed(7)}`
    return paragraph(text, look, 2)
  }
  if (tried === undefined) return paragraph('not compared with arcc (--no-check)', look, 2)
  const why = `not compared with arcc: ONNX Runtime is missing (${tried.join('; ')})`
  const how =
    'to compare, pip install onnxruntime numpy, or npm install --ignore-scripts onnxruntime-node, and export again with --check'
  return [...paragraph(why, look, 2), ...paragraph(how, look, 2)]
}
