/**
 * A folder for Hugging Face: `model.safetensors`, `config.json`, the model card, and what is known of the training. It is written
 * beside its place and appears when it is complete.
 */
import { existsSync } from 'node:fs'
import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { elementCount } from '../../compiler/ir/dtype.ts'
import { ArccError } from '../errors.ts'
import { type EvaluationFile, encodeEvaluation, evaluationName } from '../evaluate/report/evaluation-file.ts'
import { makeFolder } from '../make-folder.ts'
import { stateDictFormat, type TensorStream, writeSafetensors } from '../safetensors.ts'
import { syncFolder } from '../sync-folder.ts'
import { reasonOf } from '../system-errors.ts'
import { type ExportedWeights, tensorPieces } from './exported-weights.ts'
import { exportErrors } from './messages.ts'
import { modelCard, type Score } from './model-card.ts'

/** Files of the run that trained a network. */
export interface TrainingFiles {
  /** The experiment's name. */
  readonly experiment: string
  /** The copy of the `.arc` file. */
  readonly source: string | undefined
  readonly resolved: string | undefined
  readonly plan: string | undefined
}

export interface HuggingFaceRequest {
  readonly folder: string
  /** Whether an earlier export is replaced. */
  readonly force: boolean
  readonly weights: ExportedWeights
  /** SHA-256 of the file that the weights are from. */
  readonly sha256: string
  readonly backbone: string
  readonly image: readonly [height: number, width: number, channels: number]
  /** Width. */
  readonly embedding: number
  /** The version of arcc. */
  readonly arcc: string
  readonly license: string | undefined
  /** The options with which arcc finds the backbone of the weights, as in a shell; empty if the weights tell. */
  readonly opening: string
  readonly training: TrainingFiles | undefined
  /** Completed steps, if known. */
  readonly step: number | undefined
  /** By `arcc eval`. */
  readonly evaluations: readonly EvaluationFile[]
  /** In training, of sets without an evaluation. */
  readonly verified: readonly Score[]
}

export interface WrittenFolder {
  readonly files: readonly string[]
  /** Of the weights. */
  readonly bytes: number
}

const configName = 'config.json'

/** What `config.json` says; `arcc` marks a folder as an export. */
function configOf(request: HuggingFaceRequest): object {
  const { backbone, image, embedding, arcc, sha256, training, step } = request
  const [height, width, channels] = image
  return {
    architectures: [backbone],
    model_type: 'face-recognition',
    arcc,
    image_size: [height, width],
    num_channels: channels,
    embedding_size: embedding,
    torch_dtype: 'float32',
    preprocessing: {
      color: channels === 1 ? 'gray' : 'RGB',
      layout: 'NCHW',
      mean: 127.5,
      std: 127.5,
      alignment: 'similarity transform of five landmarks to the template of ArcFace',
    },
    weights: {
      sha256,
      ...(training === undefined ? {} : { experiment: training.experiment }),
      ...(step === undefined ? {} : { step }),
    },
  }
}

/** Whether a folder is an earlier export. */
async function isExport(folder: string): Promise<boolean> {
  try {
    const config: unknown = JSON.parse(await readFile(join(folder, configName), 'utf8'))
    return typeof config === 'object' && config !== null && 'arcc' in config
  } catch {
    return false
  }
}

/** Throws ARC6830 and ARC6831; `besides` are folders that an export needs for itself, which an earlier one may have left. */
async function checkPlaces(folder: string, force: boolean, besides: readonly string[]): Promise<void> {
  if (existsSync(folder)) {
    if (!force) throw exportErrors('ARC6830', { path: folder })
    if (!(await isExport(folder))) throw exportErrors('ARC6831', { folder })
  }
  for (const other of besides) {
    if (!existsSync(other) || (await isExport(other))) continue
    const names = await readdir(other).catch(() => undefined)
    if (names?.length !== 0) throw exportErrors('ARC6831', { folder: other })
  }
}

async function writeText(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A name for a set's file: sets may be named after paths. */
const fileNameOf = (set: string) => set.replace(/[^\p{L}\p{N}_.-]+/gu, '_').replace(/^\.+/, '_') || 'set'

async function writeModel(folder: string, { weights, step }: HuggingFaceRequest): Promise<number> {
  const tensors = new Map(
    [...weights.shapes].map(([name, shape]): [string, TensorStream] => [
      name,
      { dtype: 'f32', shape, pieces: () => tensorPieces(weights, name) },
    ]),
  )
  const metadata = new Map([stateDictFormat, ...(step === undefined ? [] : [['step', String(step)] as const])])
  return (await writeSafetensors(join(folder, 'model.safetensors'), tensors, metadata)).bytes
}

/** Copies the files of the run and returns their names in the folder. */
async function copyTraining(folder: string, training: TrainingFiles | undefined) {
  const copy = async (from: string | undefined, name: string) => {
    if (from === undefined) return undefined
    await copyFile(from, join(folder, name))
    return name
  }
  const { experiment, source, resolved, plan } = training ?? { experiment: '' }
  return {
    experiment: await copy(source, source === undefined ? '' : basename(source)),
    resolved: await copy(resolved, `${fileNameOf(experiment)}.resolved.txt`),
    plan: await copy(plan, 'plan.yaml'),
  }
}

async function writeEvaluations(folder: string, evaluations: readonly EvaluationFile[]): Promise<string[]> {
  const names: string[] = []
  const taken = new Set<string>()
  for (const evaluation of evaluations) {
    const plain = fileNameOf(evaluation.set.name)
    let own = plain
    for (let number = 2; taken.has(own); number++) own = `${plain}-${number}`
    taken.add(own)
    const within = join('evaluations', own)
    await mkdir(join(folder, within), { recursive: true })
    const name = join(within, evaluationName)
    await writeText(join(folder, name), encodeEvaluation(evaluation))
    names.push(name)
  }
  return names
}

async function writeAll(folder: string, request: HuggingFaceRequest): Promise<WrittenFolder> {
  const { weights, backbone, image, embedding, arcc, license, opening, step, evaluations, verified } = request
  // The first file, which says whose folder this is.
  await writeText(join(folder, configName), `${JSON.stringify(configOf(request), undefined, 2)}\n`)
  const bytes = await writeModel(folder, request)
  const copied = await copyTraining(folder, request.training)
  const evaluated = await writeEvaluations(folder, evaluations)
  const scores: Score[] = [
    ...evaluations.map((evaluation) => ({
      set: evaluation.set.name,
      accuracy: evaluation.accuracy,
      deviation: evaluation.deviation,
      evaluation,
    })),
    ...verified,
  ]
  const parameters = [...weights.shapes]
    .filter(([name]) => !/\.running_(mean|var)$/.test(name))
    .reduce((sum, [, shape]) => sum + elementCount(shape), 0)
  const title = basename(resolve(request.folder))
  const card = modelCard({
    ...{ title, backbone, image, embedding, parameters, arcc, license, opening, step, scores },
    ...copied,
  })
  await writeText(join(folder, 'README.md'), card)
  const others = Object.values(copied).filter((name) => name !== undefined)
  return { files: ['README.md', configName, 'model.safetensors', ...others, ...evaluated], bytes }
}

/**
 * Writes the folder. Throws ARC6830 and ARC6831 if it exists, ARC6832 and ARC6404 if it cannot be written, ARC6770 if a weight is not
 * finite.
 */
export async function writeHuggingFace(request: HuggingFaceRequest): Promise<WrittenFolder> {
  // Shells complete names of folders with a slash.
  const folder = join(dirname(request.folder), basename(request.folder))
  const [aside, former] = [`${folder}.partial`, `${folder}.former`]
  await checkPlaces(folder, request.force, [aside, former])
  try {
    makeFolder(dirname(resolve(folder)))
    await rm(aside, { recursive: true, force: true })
    await mkdir(aside)
    const written = await writeAll(aside, request)
    await syncFolder(aside)
    if (existsSync(folder)) {
      await rm(former, { recursive: true, force: true })
      await rename(folder, former)
    }
    await rename(aside, folder).catch(async (error: unknown) => {
      if (existsSync(former)) await rename(former, folder)
      throw error
    })
    await syncFolder(dirname(resolve(folder)))
    await rm(former, { recursive: true, force: true })
    return written
  } catch (error) {
    // The error that is reported is the first one.
    await rm(aside, { recursive: true, force: true }).catch(() => undefined)
    throw error instanceof ArccError ? error : exportErrors('ARC6832', { path: folder, reason: reasonOf(error) }, error)
  }
}
