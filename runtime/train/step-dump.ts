/**
 * `failures/step-NNNNNN` in a run's folder: all that `arcc replay` needs to compute a step again that was not finite.
 *
 * Legend: b images of one device; h w c those of a picture.
 */
import { constants, copyFile, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FromSchema } from 'json-schema-to-ts'
import { object } from '../../compiler/json/object-schema.ts'
import { checkpointsName, stepName } from '../checkpoint/checkpoint-folder.ts'
import type { LoadedReplicaBatch } from '../data/loader/batches.ts'
import { openMaker } from '../data/loader/picture-maker.ts'
import type { HostArray, HostTensor } from '../engine.ts'
import { failureFacts } from '../failure-facts.ts'
import { openSafetensors, type TensorStream, writeSafetensors } from '../safetensors.ts'
import { reasonOf } from '../system-errors.ts'
import { validatorOf } from '../validator.ts'
import { processes } from '../world.ts'
import { trainErrors } from './messages.ts'
import type { NonFiniteStep } from './non-finite.ts'
import { batchesUntil } from './run-steps.ts'
import type { Trainer } from './trainer.ts'

const failuresName = 'failures'
const factsName = 'failure.json'
const batchName = 'batch.safetensors'
/**
 * The folder of the checkpoint before the step, whose files are linked: they take no space as long as the checkpoint exists. A file
 * system without hard links gets copies.
 */
const stateName = 'state'

/** JSON has no NaN and no infinity. */
const numberText = { type: 'string' } as const
const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 0 } as const

const schema = {
  $id: 'arcc-failed-step-1',
  ...object({
    version: { const: 1 },
    /** From 1. */
    step: { type: 'integer', minimum: 1 },
    code: text,
    reason: text,
    metrics: object({
      loss: numberText,
      gradient_norm: numberText,
      rate: numberText,
      loss_scale: numberText,
      skipped: numberText,
    }),
    devices: { type: 'integer', minimum: 1 },
    /** The steps in `state`; -1 as long as the folder is not complete, or if the state was not saved. */
    state: { type: 'integer', minimum: -1 },
    pictures: {
      type: 'array',
      items: object({ device: count, image: count, file: text, label: count, mirrored: { type: 'boolean' } }),
    },
  }),
} as const

export type FailedStepFacts = FromSchema<typeof schema>

const factsValidator = validatorOf<FailedStepFacts>(schema)

/**
 * Writes the folder for a step that has failed, on the first node: the facts first, then its pictures with names and labels, then the state before it if
 * that is saved. A failure is a warning.
 */
export async function noteFailedStep(trainer: Trainer, error: NonFiniteStep): Promise<void> {
  const { folder, emit } = trainer
  const { step } = error
  const path = folder.file(join(failuresName, stepName(step)))
  try {
    const isWhole = await writeFailedStep(trainer, error, path)
    if (isWhole) emit({ type: 'dumped', step, path })
    else
      emit({
        type: 'warning',
        message: `${path} has the pictures of step ${step}; it cannot be replayed, because the state before it is not saved`,
      })
  } catch (failure) {
    const { reason } = failureFacts(failure)
    emit({ type: 'warning', message: `not all that \`arcc replay\` needs of step ${step} is in ${path}: ${reason}` })
  }
}

/** Whether the state is there too. */
async function writeFailedStep(trainer: Trainer, error: NonFiniteStep, path: string): Promise<boolean> {
  const { plan, folder, outcome, watchdog } = trainer
  await rm(path, { recursive: true, force: true })
  await mkdir(path, { recursive: true })
  const { metrics, code, message, step } = error
  const known: FailedStepFacts = {
    version: 1,
    step,
    code,
    reason: message,
    metrics: {
      loss: String(metrics.loss),
      gradient_norm: String(metrics.gradient_norm),
      rate: String(metrics.rate),
      loss_scale: String(metrics.loss_scale),
      skipped: String(metrics.skipped),
    },
    devices: plan.replicas,
    state: -1,
    pictures: [],
  }
  await writeFacts(path, known)
  const batch = await watchdog.watch('reading the pictures of a step', () => batchOf(trainer, step - 1))
  const named = { ...known, pictures: picturesOf(trainer, batch) }
  await writeFacts(path, named)
  await writeSafetensors(join(path, batchName), batchTensors(batch, plan.run.image), new Map())
  if (outcome.kept?.step !== step - 1) return false
  await takeFiles(folder.file(join(checkpointsName, stepName(step - 1))), statePath(path))
  await writeFacts(path, { ...named, state: step - 1 })
  return true
}

/** Whoever reads the file sees the former facts or the new ones. */
async function writeFacts(folder: string, facts: FailedStepFacts): Promise<void> {
  const path = join(folder, factsName)
  await writeFile(`${path}.partial`, `${JSON.stringify(facts, undefined, 1)}\n`, { flush: true })
  await rename(`${path}.partial`, path)
}

/** The pictures of a step of each device of all nodes; the arrays are copies. */
async function batchOf(trainer: Trainer, step: number): Promise<readonly LoadedReplicaBatch[]> {
  const only = { ...trainer, steps: step, leftOut: new Set<number>() }
  const { world } = trainer.engine
  const whole: LoadedReplicaBatch[] = []
  for (let rank = 0; rank < processes(world); rank++)
    for await (const { replicas } of batchesUntil(only, step + 1, { ...world, rank }))
      for (const { images, numbers, labels, flip } of replicas)
        whole.push({
          images: images.slice(),
          numbers: numbers.slice(),
          labels: labels.slice(),
          flip: flip.slice(),
        })
  return whole
}

function batchTensors(batch: readonly LoadedReplicaBatch[], shape: readonly number[]): Map<string, TensorStream> {
  return new Map(
    batch.flatMap(({ images, labels, flip }, device): [string, TensorStream][] => {
      const b = labels.length
      return [
        [`${device}/images`, stream('u8', [b, ...shape], images)],
        [`${device}/labels`, stream('i32', [b], labels)],
        [`${device}/flip`, stream('u8', [b], flip)],
      ]
    }),
  )
}

function stream(dtype: HostTensor['dtype'], shape: readonly number[], data: HostArray): TensorStream {
  return {
    dtype,
    shape,
    async *pieces() {
      yield data
    },
  }
}

function picturesOf({ data, plan }: Trainer, batch: readonly LoadedReplicaBatch[]): FailedStepFacts['pictures'] {
  const { recipe, select, images } = data.train
  const maker = openMaker({ recipe, select, images, shape: plan.run.image }, undefined)
  try {
    return batch.flatMap(({ numbers, labels, flip }, device) =>
      Array.from(numbers, (image, row) => ({
        device,
        image,
        file: maker.nameOf(image),
        label: labels[row] ?? 0,
        mirrored: flip[row] === 1,
      })),
    )
  } finally {
    maker.close()
  }
}

/** Links the files of a folder, or copies those that cannot be linked. */
async function takeFiles(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const name of await readdir(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_FICLONE))
  }
}

/** The checkpoint before the step. */
export function statePath(folder: string): string {
  return join(folder, stateName)
}

export interface FailedStep {
  readonly facts: FailedStepFacts
  /** The inputs of the step of each device after the state: images, labels, flips, the number of the step from 0. */
  readonly inputs: readonly (readonly HostTensor[])[]
}

/** Reads a folder that `noteFailedStep` has written. Throws ARC6726 if it is none, and errors of tensor files. */
export async function readFailedStep(path: string): Promise<FailedStep> {
  const facts = await readFacts(path)
  const file = await openSafetensors(join(path, batchName))
  try {
    const inputs: HostTensor[][] = []
    for (let device = 0; device < facts.devices; device++) {
      const step: HostTensor = { dtype: 'i32', shape: [], data: Int32Array.of(facts.step - 1) }
      const own = await Promise.all(['images', 'labels', 'flip'].map((name) => file.read(`${device}/${name}`)))
      inputs.push([...own, step])
    }
    return { facts, inputs }
  } finally {
    await file.close()
  }
}

async function readFacts(path: string): Promise<FailedStepFacts> {
  const unusable = (reason: string, cause?: unknown) => trainErrors('ARC6726', { folder: path, reason }, cause)
  let value: unknown
  try {
    value = JSON.parse(await readFile(join(path, factsName), 'utf8'))
  } catch (error) {
    throw unusable(`${factsName}: ${error instanceof SyntaxError ? 'it is not JSON' : reasonOf(error)}`, error)
  }
  if (!factsValidator.accepts(value))
    throw unusable(`${factsName}: ${factsValidator.errors[0]?.instancePath} ${factsValidator.errors[0]?.message}`)
  if (value.state < 0)
    throw unusable(
      'the state before the step is not there: the last checkpoint was too old, or writing the folder failed',
    )
  return value
}
