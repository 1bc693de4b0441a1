/**
 * Counts a data set on this computer for the plan. It reads names and headers, but no pictures. The counts must agree with what
 * `runtime/data` loads; a test compares them.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { DatasetSpec } from '../../compiler/experiment/experiment.ts'
import type { DatasetCounts } from '../../compiler/host/host.ts'
import { isPictureName } from '../../runtime/data/picture-name.ts'

function countFolder(root: string, holdout: number): DatasetCounts | undefined {
  const counts: { name: string; pictures: number }[] = []
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || !(entry.isDirectory() || entry.isSymbolicLink())) continue
    const pictures = picturesIn(join(root, entry.name))
    if (pictures > 0) counts.push({ name: entry.name, pictures })
  }
  const collator = new Intl.Collator('en', { numeric: true })
  counts.sort((a, b) => collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1))
  const train = counts.slice(0, Math.max(0, counts.length - holdout))
  return { identities: train.length, images: train.reduce((sum, person) => sum + person.pictures, 0) }
}

function picturesIn(folder: string): number {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.') && isPictureName(name)).length
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return 0
    throw error
  }
}

/** Up to `length` bytes of a file from `offset`. */
function bytesOf(path: string, offset: number, length: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(file, bytes, 0, length, offset))
  } finally {
    closeSync(file)
  }
}

/** Bytes of a record up to its second label: magic, length, header of 24 bytes, two f32. */
const announcementBytes = 40

/** The picture count in InsightFace's record 0, whose label a means pictures 1 … a - 1; `undefined` if record 0 is a picture. */
function announcedImages(path: string, offset: number): number | undefined {
  const bytes = bytesOf(path, offset, announcementBytes)
  if (bytes.length < announcementBytes || bytes.readUInt32LE(8) < 2) return undefined
  return Math.max(0, bytes.readFloatLE(32) - 1)
}

/** The picture count by the index. A large index has tens of millions of lines; if its first line is record 0, that is enough. */
function countIndexed(root: string): number {
  const [recordsPath, indexPath] = [join(root, 'train.rec'), join(root, 'train.idx')]
  const firstLine = /^0\t(\d+)\n/.exec(bytesOf(indexPath, 0, 32).toString('latin1'))
  const announced = firstLine === null ? undefined : announcedImages(recordsPath, Number(firstLine[1]))
  if (announced !== undefined) return announced
  const text = readFileSync(indexPath, 'utf8')
  const zero = /^0\t(\d+)\s*$/m.exec(text)
  const late = zero === null ? undefined : announcedImages(recordsPath, Number(zero[1]))
  return late ?? text.split('\n').filter((line) => line.trim() !== '').length
}

function countRecords(root: string): DatasetCounts | undefined {
  const identities = Number(readFileSync(join(root, 'property'), 'utf8').split(',')[0])
  return Number.isInteger(identities) ? { identities, images: countIndexed(root) } : undefined
}

type Count = (root: string, spec: DatasetSpec) => DatasetCounts | undefined

const countFormat: { readonly [F in DatasetSpec['format']]: Count } = {
  synthetic: () => undefined,
  folder: (root, { holdout }) => countFolder(root, holdout),
  recordio: (root) =>
    ['train.rec', 'train.idx', 'property'].every((name) => existsSync(join(root, name)))
      ? countRecords(root)
      : undefined,
}

/** Identities and images of a folder or a packed set; `undefined` if it is not on this computer. */
export function countDataset(spec: DatasetSpec): DatasetCounts | undefined {
  const root = spec.root?.path
  if (root === undefined || spec.root?.pending !== undefined || !existsSync(root)) return undefined
  return countFormat[spec.format](root, spec)
}
