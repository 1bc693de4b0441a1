/**
 * `arcc export`: writes a network as ONNX and compares it with arcc. The model is written beside its place and gets its name only
 * after the comparison, so that a file which differs never exists.
 *
 * Legend: M pictures, D embedding width.
 */
import { existsSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Backbone } from '../../../compiler/experiment/experiment.ts'
import type { Host } from '../../../compiler/host/host.ts'
import { inferenceGraph } from '../../../compiler/plan/inference-graph.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { embedImages } from '../../../runtime/evaluate/embed-pairs.ts'
import { checkedPictures, checkPictures } from '../../../runtime/export/onnx/check/check-pictures.ts'
import { type Agreement, checkAgreement, modelInput, runModel } from '../../../runtime/export/onnx/check/compare.ts'
import { findOnnxRuntime, type OnnxRuntime } from '../../../runtime/export/onnx/check/onnx-runtime.ts'
import { exportOnnx, type WrittenOnnx } from '../../../runtime/export/onnx/export-onnx.ts'
import { onnxErrors } from '../../../runtime/export/onnx/messages.ts'
import type { NetworkWeights } from '../../../runtime/network/open-network.ts'
import { syncFolder } from '../../../runtime/sync-folder.ts'
import { reasonOf } from '../../../runtime/system-errors.ts'
import { fileHost } from '../../host/host.ts'
import { usageErrors } from '../../host/messages.ts'
import {
  type NetworkRequest,
  networkDevices,
  openNamedNetwork,
  type RunningNetwork,
  withNetwork,
} from '../../host/network/with-network.ts'
import { packageVersion } from '../../host/package-folder.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { type Exported, exportedDocument, exportedLines } from '../../render/exported.ts'
import { type Output, processOutput } from '../../render/output.ts'
import type { ExportOnnxOptions } from '../options.ts'

/** The insightface package takes no other, and no capitals. */
const ending = '.onnx'

/** ‖a − b‖ / ‖a‖ that rounding explains. */
const tolerances = { f32: 1e-4, f16: 2e-2 } as const

/**
 * Throws ARC6607 for another ending, ARC680x, errors of the weights, of devices and of pictures. Returns exit code 1 if the backbone
 * has errors, which are shown.
 */
export async function exportOnnxFile(options: ExportOnnxOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  const request: NetworkRequest = { ...options, devices: 1, batch: checkedPictures, precision: 'f32' }
  if (!options.out.endsWith(ending)) throw usageErrors('ARC6607', { file: options.out, endings: [ending] })
  if (!options.force)
    for (const path of [options.out, `${options.out}.data`]) if (existsSync(path)) throw onnxErrors('ARC6803', { path })
  // Nothing could take the place of a folder after all the work.
  if (statSync(options.out, { throwIfNoEntry: false })?.isDirectory() === true)
    throw onnxErrors('ARC6804', { path: options.out, reason: 'it is a folder' })
  // The process may restart here.
  if (options.check !== false && networkDevices(request, host, output) === undefined) return exitCode.user
  const { runtime, tried } = await runtimeFor(options)
  const partial = `${options.out}.partial`
  await onDisk(options.out, () => makePartial(partial, basename(options.out)))
  try {
    const done = await written(options, { partial, request, runtime }, host, output)
    if (done === undefined) return exitCode.user
    await onDisk(options.out, () => putInPlace(options, partial, done.written))
    const exported: Exported = { options, ...done, runtime: runtime?.version, tried }
    output.result(
      options.format === 'json'
        ? [JSON.stringify(exportedDocument(exported), undefined, 2)]
        : exportedLines(exported, output.look),
    )
    return exitCode.ok
  } finally {
    // The error that is reported is the first one.
    await rm(partial, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** Throws ARC6805 if a comparison is asked for and cannot be made. */
async function runtimeFor({ check, python }: ExportOnnxOptions) {
  if (check === false) return { runtime: undefined, tried: undefined }
  const found = await findOnnxRuntime(python)
  if ('runtime' in found) return { runtime: found.runtime, tried: undefined }
  // A Python that was named should be used.
  if (check === true || python !== undefined) throw onnxErrors('ARC6805', { tried: found.tried })
  return { runtime: undefined, tried: found.tried }
}

interface Work {
  readonly partial: string
  readonly request: NetworkRequest
  readonly runtime: OnnxRuntime | undefined
}

interface Done {
  readonly written: WrittenOnnx
  readonly backbone: Backbone
  readonly agreement: Agreement | undefined
}

/** Writes the model, and compares it if there is a runtime; `undefined` after errors, which have been shown. */
async function written(
  options: ExportOnnxOptions,
  { partial, request, runtime }: Work,
  host: Host,
  output: Output,
): Promise<Done | undefined> {
  const write = async (backbone: Backbone, weights: NetworkWeights) => {
    const { f16, fold, preprocess, opset, external, out } = options
    const network = inferenceGraph(backbone, f16 ? 'f16' : 'f32')
    if (network === undefined)
      throw onnxErrors('ARC6801', { place: backbone.name, reason: 'of which it takes only some' })
    const target = { folder: partial, name: basename(out), shown: out }
    const model = { fold, preprocess, opset, external, version: packageVersion() }
    return exportOnnx(network, weights, target, model)
  }
  if (runtime === undefined) {
    const opened = await openNamedNetwork(request, { mirrored: false, device: 'cpu', replicas: 1 }, host, output)
    if (opened === undefined) return undefined
    const { backbone, weights } = opened
    try {
      return { written: await write(backbone, weights), backbone, agreement: undefined }
    } finally {
      await weights.close()
    }
  }
  const own = await withNetwork(request, false, { host, output }, async (network) => {
    const { backbone, weights } = network
    const model = await write(backbone, weights)
    const pixels = await checkPictures(options.pictures, backbone.input)
    return { written: model, backbone, pixels, embeddings: await embedded(network, pixels) }
  })
  // Before ONNX Runtime takes memory, the engine has returned its own.
  return own === undefined ? undefined : { ...own, agreement: await compared(options, partial, runtime, own) }
}

/** The embeddings of all pictures, f32 [M,D]. */
async function embedded({ embedder }: RunningNetwork, pixels: Uint8Array): Promise<Float32Array> {
  const shared = new Uint8Array(new SharedArrayBuffer(pixels.length))
  shared.set(pixels)
  const read = async (numbers: Uint32Array) => ({ pixels: shared, numbers, skipped: [], release() {} })
  const [embeddings] = await embedImages(embedder, { pairs: { images: checkedPictures }, loader: { read } })
  return need(embeddings, 'embeddings')
}

/** Throws ARC6806, ARC6807, ARC6811. */
async function compared(
  { out, preprocess, f16, tolerance }: ExportOnnxOptions,
  partial: string,
  runtime: OnnxRuntime,
  own: { readonly backbone: Backbone; readonly pixels: Uint8Array; readonly embeddings: Float32Array },
): Promise<Agreement> {
  const { input: shape, embedding } = own.backbone
  const type = f16 ? 'f16' : 'f32'
  const folder = await mkdtemp(join(tmpdir(), 'arcc-export-'))
  try {
    const input = modelInput(own.pixels, shape, preprocess)
    const others = await runModel(runtime, join(partial, basename(out)), input, { shape, folder })
    return checkAgreement(own.embeddings, others, embedding, { tolerance: tolerance ?? tolerances[type], type })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** An empty folder; what an export that was killed left there goes, anything else is not arcc's. */
async function makePartial(partial: string, name: string): Promise<void> {
  if (existsSync(partial)) {
    const left = await readdir(partial)
    if (left.some((own) => own !== name && own !== `${name}.data`)) throw onnxErrors('ARC6803', { path: partial })
    await rm(partial, { recursive: true })
  }
  await mkdir(partial)
}

/** The external data first: a model without them cannot be read. An earlier export's data that are no longer needed go. */
async function putInPlace({ out }: ExportOnnxOptions, partial: string, { files }: WrittenOnnx): Promise<void> {
  const names = files.map(({ name }) => name)
  for (const name of names.toReversed()) await rename(join(partial, name), join(dirname(out), name))
  if (files.length === 1) await rm(`${out}.data`, { force: true })
  await syncFolder(dirname(out))
}

async function onDisk(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof ArccError) throw error
    throw onnxErrors('ARC6804', { path, reason: reasonOf(error) }, error)
  }
}
