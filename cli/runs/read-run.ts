/** A run folder, also one that is damaged, unfinished or of another version: what is there, and what is missing. */
import type { NamedFile } from '../../runtime/named-file.ts'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { validatorOf } from '../../runtime/validator.ts'
import { parse } from 'yaml'
import { type PlanDocument, planSchema } from '../../compiler/plan/document.ts'
import { checkpointsName, listCheckpoints } from '../../runtime/checkpoint/checkpoint-folder.ts'
import { type Manifest, readManifest } from '../../runtime/checkpoint/manifest.ts'
import { type EvaluationFile, evaluationName, readEvaluation } from '../../runtime/evaluate/report/evaluation-file.ts'
import { type LockOwner, lockOwner } from '../../runtime/process-lock.ts'
import { reasonOf } from '../../runtime/system-errors.ts'
import { logName, planName } from '../../runtime/train/run-folder.ts'
import { lockName } from '../../runtime/train/run-lock.ts'
import { evaluationsName } from '../host/network/evaluations-folder.ts'
import { type RunRecord, readRunRecord, runRecordName } from '../host/run-record.ts'
import { runsErrors } from './messages.ts'
import { type RateResult, rateFiles, readRates } from './rate-result.ts'
import { type RunLog, readRunLog } from './run-log.ts'

export interface RunCheckpoint {
  readonly step: number
  readonly path: string
  /** `undefined` if it is damaged. */
  readonly manifest: Manifest | undefined
}

export interface Run {
  readonly folder: string
  readonly name: string
  readonly record: RunRecord | undefined
  readonly plan: PlanDocument | undefined
  readonly log: RunLog | undefined
  /** The process that works on the run. */
  readonly owner: LockOwner | undefined
  /** What `arcc eval` has written for this run. */
  readonly verified: readonly EvaluationFile[]
  /** What `arcc eval --ijb` and `--all-to-all` have written. */
  readonly rates: readonly RateResult[]
  /** The newest first. */
  readonly checkpoints: readonly RunCheckpoint[]
  readonly files: readonly NamedFile[]
  /** What is missing or damaged, a sentence each. */
  readonly gaps: readonly string[]
}

/** By one of these a folder is known as that of a run. */
const marks: readonly string[] = [runRecordName, logName]

/** A plan is some kilobytes, of a sweep of fields some more. */
const mostPlanBytes = 4 * 2 ** 20
/** Files of a run at most. */
const mostFiles = 20_000

export async function isRunFolder(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => [])
  return marks.some((mark) => names.includes(mark))
}

type Gap = (sentence: string) => void

/** The result of `read`, or what is wrong as a gap. */
async function tried<T>(what: string, gap: Gap, read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    const reason = reasonOf(error)
    // Some errors name the file themselves.
    gap(reason.includes(what) ? reason : `${what}: ${reason}`)
    return undefined
  }
}

const planValidator = validatorOf<PlanDocument>(planSchema, {})

async function readPlan(path: string): Promise<PlanDocument> {
  const { size } = await stat(path)
  if (size > mostPlanBytes) throw new Error(`it has ${size} bytes, and plans have at most ${mostPlanBytes}`)
  let value: unknown
  try {
    value = parse(await readFile(path, 'utf8'), { logLevel: 'error' })
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? error : new Error('it is not YAML')
  }
  if (planValidator.accepts(value)) return value
  const version = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined
  if (typeof version === 'number' && version !== 1) throw new Error(`it is of version ${version}, and this arcc reads 1`)
  const [first] = planValidator.errors
  throw new Error(`${first?.instancePath || 'it'} ${first?.message}`)
}

async function readVerified(folder: string, gap: Gap): Promise<Pick<Run, 'verified' | 'rates'>> {
  const names = await readdir(folder).catch((): string[] => [])
  const verified: EvaluationFile[] = []
  const rates: RateResult[] = []
  for (const name of names.sort()) {
    const path = join(folder, name, evaluationName)
    const read = (await exists(path)) ? await tried(path, gap, () => readEvaluation(path)) : undefined
    if (read !== undefined) verified.push(read)
    for (const file of rateFiles) {
      const other = join(folder, name, file)
      const result = (await exists(other)) ? await tried(other, gap, () => readRates(other)) : undefined
      if (result !== undefined) rates.push(result)
    }
  }
  return { verified, rates }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

async function readCheckpoints(folder: string, gap: Gap): Promise<readonly RunCheckpoint[]> {
  const places = (await tried(folder, gap, () => listCheckpoints(folder))) ?? []
  const found: RunCheckpoint[] = []
  for (const { step, path } of places)
    found.push({ step, path, manifest: await tried(`checkpoint of step ${step}`, gap, () => readManifest(path)) })
  return found
}

async function listFiles(folder: string, gap: Gap): Promise<readonly NamedFile[]> {
  const files: NamedFile[] = []
  const walk = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (files.length >= mostFiles) return
      const name = join(below, entry.name)
      if (entry.isDirectory()) await walk(name)
      else if (entry.isFile()) {
        const bytes = await stat(join(folder, name)).then(({ size }) => size, () => undefined)
        if (bytes !== undefined) files.push({ name, bytes })
      }
    }
  }
  await walk('')
  if (files.length >= mostFiles) gap(`there are more than ${mostFiles} files; the others are not listed`)
  return files.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Reads everything that a run folder has. Throws ARC6840 if the folder is not that of a run; damage is in `gaps`. */
export async function readRun(folder: string): Promise<Run> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw runsErrors('ARC6840', { folder, reason: reasonOf(error), others: [] }, error)
  })
  if (!marks.some((mark) => names.includes(mark))) {
    const reason = `neither ${marks.join(' nor ')} is in it`
    throw runsErrors('ARC6840', { folder, reason, others: await runsIn(folder, names) })
  }
  const gaps: string[] = []
  const gap: Gap = (sentence) => gaps.push(sentence)
  const file = async <T>(name: string, read: (path: string) => T | Promise<T>) => {
    if (names.includes(name)) return tried(name, gap, () => read(join(folder, name)))
    gap(`${name} is missing`)
    return undefined
  }
  const record = await file(runRecordName, () => readRunRecord(folder))
  const plan = await file(planName, readPlan)
  const log = await file(logName, readRunLog)
  const { shown = [], count = 0 } = log?.faults ?? {}
  for (const { line, reason } of shown.slice(0, 5)) gap(`${logName}, line ${line}: ${reason}`)
  if (count > 5) gap(`${logName}: ${count - 5} more lines cannot be read`)
  return {
    ...{ folder, name: basename(resolve(folder)), record, plan, log, gaps },
    owner: names.includes(lockName) ? await lockOwner(join(folder, lockName)) : undefined,
    ...(await readVerified(join(folder, evaluationsName), gap)),
    checkpoints: await readCheckpoints(join(folder, checkpointsName), gap),
    files: await listFiles(folder, gap),
  }
}

/** Some runs below a folder, for a hint. */
async function runsIn(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of names.toSorted()) {
    if (found.length === 3) break
    if (await isRunFolder(join(folder, name))) found.push(join(folder, name))
  }
  return found
}
