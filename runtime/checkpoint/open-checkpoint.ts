/**
 * Reads a checkpoint. Its hashes are compared first: nothing of a damaged checkpoint is used.
 *
 * Legend: C classes, D embedding width, R replicas of the run that wrote it.
 */
import { join } from 'node:path'
import type { TensorType } from '../../compiler/ir/dtype.ts'
import { averageName } from '../../compiler/ir/state-tensor.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { HostTensor } from '../engine.ts'
import { newHostArray } from '../host-tensor.ts'
import { openSafetensors, type SafetensorsFile } from '../safetensors.ts'
import { dtypeOf } from '../safetensors-header.ts'
import { backboneFile, centersFilePattern, replicasFilePattern } from './checkpoint-files.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { checkpointErrors } from './messages.ts'
import type { StateSource } from './state-source.ts'
import { damageText, findDamage } from './verify-files.ts'

export interface Checkpoint extends StateSource {
  readonly path: string
  readonly manifest: Manifest
  /** All tensors by name, class tables as a whole: [C,D]. Element types that arcc does not have are missing. */
  readonly types: ReadonlyMap<string, TensorType>
  /** The names of the class tables. */
  readonly tables: ReadonlySet<string>
  /** The tensors of each file, in the order of the manifest; of class tables, the rows in that file. */
  readonly contents: ReadonlyMap<string, ReadonlyMap<string, TensorType>>
  close(): Promise<void>
}

/**
 * The network that was verified: for each name of the backbone's state dict, the tensor of the checkpoint, which is the average of a
 * weight if there is one.
 */
export function networkTensors({ contents, types }: Checkpoint): ReadonlyMap<string, string> {
  const names = need(contents.get(backboneFile), backboneFile).keys()
  return new Map([...names].map((name) => [name, types.has(averageName(name)) ? averageName(name) : name]))
}

/** A file with the rows of classes, or of replicas, [first, first + count). */
interface RowsFile {
  readonly file: SafetensorsFile
  readonly first: number
  readonly count: number
}

/** Tensors whose rows are in several files: class tables, and what the devices of several processes have for themselves. */
interface Parted {
  readonly pattern: RegExp
  /** The metadata that has the first row and the number of rows. */
  readonly keys: readonly [first: string, count: string]
  readonly many: string
  readonly one: string
  readonly what: string
  /** Whether a checkpoint may have none of these files. */
  readonly isOptional: boolean
  readonly total: (manifest: Manifest) => number
}

const classParts: Parted = {
  pattern: centersFilePattern,
  keys: ['first_class', 'classes'],
  many: 'classes',
  one: 'class',
  what: 'centers',
  isOptional: false,
  total: ({ classes }) => classes,
}
const replicaParts: Parted = {
  pattern: replicasFilePattern,
  keys: ['first_replica', 'replicas'],
  many: 'devices',
  one: 'device',
  what: 'statistics',
  isOptional: true,
  total: ({ devices }) => devices,
}

/**
 * Opens an intact checkpoint; the caller closes it. Throws ARC6701 if there is none, ARC6702 if it is damaged, ARC6705 if its
 * format is another one. `trusted` omits the comparison of the hashes, for a checkpoint that has just been verified.
 */
export async function openCheckpoint(path: string, { trusted = false } = {}): Promise<Checkpoint> {
  const manifest = await readManifest(path)
  const damage = await findDamage(path, manifest, trusted)
  if (damage.length > 0) throw checkpointErrors('ARC6702', { folder: path, reason: damageText(damage) })
  const files = new Map<string, SafetensorsFile>()
  const close = async () => {
    for (const file of files.values()) await file.close()
  }
  try {
    for (const { name } of manifest.files) files.set(name, await openSafetensors(join(path, name)))
    return { path, manifest, ...(await readable(path, manifest, files)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function readable(path: string, manifest: Manifest, files: ReadonlyMap<string, SafetensorsFile>) {
  const types = new Map<string, TensorType>()
  const owners = new Map<string, SafetensorsFile>()
  /** The files of tensors that are in several, in the order of their rows. */
  const parted = new Map<string, readonly RowsFile[]>()
  const takeParts = (parts: Parted): ReadonlySet<string> => {
    const rows = [...files].flatMap(([name, file]) =>
      parts.pattern.test(name) ? [{ file, ...rangeOf(path, name, file, parts) }] : [],
    )
    rows.sort((a, b) => a.first - b.first || a.count - b.count)
    const names = checkParts(path, manifest, rows, parts)
    for (const name of names) parted.set(name, rows)
    for (const { file } of rows.slice(0, 1))
      for (const [tensor, { dtype, shape }] of typesIn(file))
        types.set(tensor, { dtype, shape: [parts.total(manifest), ...shape.slice(1)] })
    return names
  }
  for (const [name, file] of files) {
    if (centersFilePattern.test(name) || replicasFilePattern.test(name)) continue
    for (const tensor of file.tensors.keys()) owners.set(tensor, file)
    for (const [tensor, type] of typesIn(file)) types.set(tensor, type)
  }
  takeParts(replicaParts)
  const tables = takeParts(classParts)
  return {
    types,
    tables,
    contents: new Map([...files].map(([name, file]) => [name, new Map(typesIn(file))])),
    has: (name: string) => types.has(name),
    shape: (name: string) => need(types.get(name), name).shape,
    rows(name: string, first: number, count: number): Promise<HostTensor> {
      const parts = parted.get(name)
      if (parts !== undefined) return rowsOfParts(parts, name, need(types.get(name), name), first, count)
      return need(owners.get(name), name).rows(name, first, count)
    },
  }
}

function typesIn({ tensors }: SafetensorsFile): (readonly [string, TensorType])[] {
  return [...tensors].flatMap(([name, { formatName, shape }]) => {
    const dtype = dtypeOf(formatName)
    return dtype === undefined ? [] : [[name, { dtype, shape }] as const]
  })
}

function rangeOf(
  path: string,
  name: string,
  { metadata }: SafetensorsFile,
  { keys, many }: Parted,
): Omit<RowsFile, 'file'> {
  const [first, count] = keys.map((key) => Number(metadata.get(key) ?? Number.NaN))
  if (first !== undefined && count !== undefined && Number.isSafeInteger(first) && Number.isSafeInteger(count))
    return { first, count }
  throw checkpointErrors('ARC6702', { folder: path, reason: `${name} does not say which ${many} it has` })
}

/** Requires that the files have each class or device once, and the same tensors. Returns their names. */
function checkParts(
  path: string,
  manifest: Manifest,
  parts: readonly RowsFile[],
  { many, one: single, what, isOptional, total }: Parted,
): ReadonlySet<string> {
  const damaged = (reason: string) => checkpointErrors('ARC6702', { folder: path, reason })
  const [one] = parts
  const all = one === undefined && isOptional ? 0 : total(manifest)
  const missing = (from: number, to: number) => damaged(`the ${what} of ${many} ${from} to ${to} are missing`)
  let next = 0
  for (const { file, first, count } of parts) {
    if (first > next) throw missing(next, first - 1)
    if (first < next) throw damaged(`${single} ${first} is there twice`)
    next = first + count
    for (const [name, { formatName, shape }] of file.tensors) {
      const other = one?.file.tensors.get(name)
      const isSame = other?.formatName === formatName && other.shape.slice(1).join() === shape.slice(1).join()
      if (!isSame || shape[0] !== count)
        throw damaged(`${name} of ${many} ${first} to ${next - 1} is ${shape.join(' × ')}`)
    }
    if (file.tensors.size !== one?.file.tensors.size) throw damaged(`the files of the ${what} have different tensors`)
  }
  if (next < all) throw missing(next, all - 1)
  if (next > all) throw damaged(`it has ${next} ${many}, not ${all}`)
  return new Set(one?.file.tensors.keys())
}

async function rowsOfParts(
  parts: readonly RowsFile[],
  name: string,
  { dtype, shape: [, ...rest] }: TensorType,
  first: number,
  count: number,
): Promise<HostTensor> {
  const shape = [count, ...rest]
  const data = newHostArray({ dtype, shape })
  let at = 0
  for (const part of parts) {
    const from = Math.max(first, part.first)
    const to = Math.min(first + count, part.first + part.count)
    if (from >= to) continue
    const rows = await part.file.rows(name, from - part.first, to - from)
    data.set(rows.data, at)
    at += rows.data.length
  }
  return { dtype, shape, data }
}
