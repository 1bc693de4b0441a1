/**
 * `manifest.json` of a checkpoint: what it is, and the size and SHA-256 of each of its files. Its last field is a SHA-256 of
 * everything before it, and only the exact text that arcc writes is accepted, so that a change of any bit of it is found.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FromSchema } from 'json-schema-to-ts'
import { object } from '../../compiler/json/object-schema.ts'
import { reasonOf } from '../system-errors.ts'
import { validatorOf } from '../validator.ts'
import { checkpointErrors } from './messages.ts'

const integer = { type: 'integer', minimum: 0 } as const
const number = { type: 'number' } as const
const text = { type: 'string' } as const
const sha256 = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const

/** Why a checkpoint was written. */
export const saveReasons = ['interval', 'best', 'end', 'interrupted', 'failed'] as const
export type SaveReason = (typeof saveReasons)[number]

const formatVersion = 1

/** The schema of the manifest; published in docs/checkpoints.md. */
export const manifestSchema = {
  $id: `arcc-checkpoint-${formatVersion}`,
  ...object({
    format: { const: 'arcc-checkpoint' },
    version: { const: formatVersion },
    experiment: text,
    /** Completed steps, and passes over the data. */
    step: integer,
    epoch: number,
    reason: { enum: saveReasons },
    /** Devices of the run: the world size. */
    devices: integer,
    classes: integer,
    /** The version of arcc that wrote it. */
    arcc: text,
    /** SHA-256 of the plan document. */
    plan: sha256,
    /** In alphabetical order; paths below the checkpoint. */
    files: {
      type: 'array',
      items: object({ name: { type: 'string', pattern: '^[\\w-]+\\.safetensors$' }, bytes: integer, sha256 }),
    },
    /** Verification of exactly these weights, if there was one. */
    metrics: {
      type: 'array',
      items: object({ set: text, accuracy: number, deviation: number, auc: number, xnorm: number }),
    },
    /** SHA-256 of this document without this field, as compact JSON. */
    digest: sha256,
  }),
} as const

export type Manifest = FromSchema<typeof manifestSchema>
export type ManifestFile = Manifest['files'][number]
export type CheckpointMetric = Manifest['metrics'][number]
/** What the caller knows of a checkpoint before its files are written. */
export type CheckpointFacts = Pick<
  Manifest,
  'experiment' | 'step' | 'epoch' | 'reason' | 'devices' | 'arcc' | 'plan' | 'metrics'
>

export const manifestName = 'manifest.json'

const manifestValidator = validatorOf<Manifest>(manifestSchema)

export function sha256Of(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

/** A complete manifest, with its digest. */
export function createManifest(
  facts: CheckpointFacts,
  { classes, files }: { readonly classes: number; readonly files: readonly ManifestFile[] },
): Manifest {
  const { experiment, step, epoch, reason, devices, arcc, plan, metrics } = facts
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const content = {
    ...({ format: 'arcc-checkpoint', version: formatVersion } as const),
    ...{ experiment, step, epoch, reason, devices, classes, arcc, plan, files: sorted, metrics },
  }
  return { ...content, digest: sha256Of(JSON.stringify(content)) }
}

/** The file's text. */
export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

/** Checks a manifest's text. Throws ARC6702 if it is damaged, ARC6705 if another version of the format has been written. */
export function parseManifest(source: string, folder: string): Manifest {
  const damaged = (reason: string) => checkpointErrors('ARC6702', { folder, reason: `${manifestName} ${reason}` })
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    throw damaged('is not JSON')
  }
  if (!manifestValidator.accepts(value)) {
    const version = otherVersion(value)
    if (version !== undefined) throw checkpointErrors('ARC6705', { folder, version, known: formatVersion })
    const [first] = manifestValidator.errors
    throw damaged(`is invalid: ${first?.instancePath || 'it'} ${first?.message}`)
  }
  const { digest, ...content } = value
  if (sha256Of(JSON.stringify(content)) !== digest || encodeManifest(value) !== source)
    throw damaged('was changed after it was written')
  return value
}

/** The version of an undamaged manifest of another version. */
function otherVersion(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version === formatVersion)
    return undefined
  if (!('digest' in value)) return undefined
  const { digest, ...content } = value
  return sha256Of(JSON.stringify(content)) === digest ? String(value.version) : undefined
}

/** The manifest of a checkpoint folder. Throws ARC6701 if there is none, and like `parseManifest`. */
export async function readManifest(folder: string): Promise<Manifest> {
  const source = await readFile(join(folder, manifestName)).catch((error: unknown) => {
    throw checkpointErrors('ARC6701', { folder, reason: `${manifestName}: ${reasonOf(error)}` }, error)
  })
  return parseManifest(source.toString('utf8'), folder)
}
