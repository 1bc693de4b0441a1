/**
 * Counts a data set that lies on this computer, for the plan: names and headers are read, pictures are not. It must agree with
 * what `runtime/data` loads, and a test compares them.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { DatasetSpec } from '../compiler/experiment.ts'
import type { DatasetCounts } from '../compiler/host.ts'
import { isPictureName } from '../runtime/data/picture-name.ts'

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

/** Bytes of the first record up to its second label: magic, length, IRHeader, two f32. */
const firstRecordBytes = 40

/** Pictures by InsightFace's record 0, which says that they are 1 … a - 1; `undefined` where the first record is a picture. */
function announcedImages(path: string): number | undefined {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(firstRecordBytes)
    if (readSync(file, bytes, 0, firstRecordBytes, 0) < firstRecordBytes) return undefined
    const id = bytes.readBigUInt64LE(16)
    return id === 0n && bytes.readUInt32LE(8) >= 2 ? Math.max(0, bytes.readFloatLE(32) - 1) : undefined
  } finally {
    closeSync(file)
  }
}

function countRecords(root: string): DatasetCounts | undefined {
  const identities = Number(readFileSync(join(root, 'property'), 'utf8').split(',')[0])
  const indexed = () =>
    readFileSync(join(root, 'train.idx'), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '').length
  const images = announcedImages(join(root, 'train.rec')) ?? indexed()
  return Number.isInteger(identities) ? { identities, images } : undefined
}

/** Identities and images of a folder or a packed set; `undefined` where they are not on this computer. */
export function countDataset(spec: DatasetSpec): DatasetCounts | undefined {
  const root = spec.root?.path
  if (root === undefined || spec.root?.pending !== undefined || !existsSync(root)) return undefined
  switch (spec.format) {
    case 'folder':
      return countFolder(root, spec.holdout)
    case 'recordio':
      return ['train.rec', 'train.idx', 'property'].every((name) => existsSync(join(root, name)))
        ? countRecords(root)
        : undefined
    case 'synthetic':
      return undefined
  }
}
