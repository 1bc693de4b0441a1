/**
 * A set in the layout of IJB-B and IJB-C as insightface distributes them: `loose_crop/` and `meta/`. IJB-C has 469,375 pictures, 23,124
 * templates and 15,658,489 pairs: everything is in typed arrays.
 *
 * Legend: M pictures, T templates, P pairs.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FileImages } from '../../data/collection.ts'
import { ijbErrors } from './messages.ts'
import { readFaces, readMembership, readPairs } from './read-meta.ts'
import { createSetFaults, type SetFaults } from './set-faults.ts'

export const ijbSubsets = ['ijbb', 'ijbc'] as const
export type IjbSubset = (typeof ijbSubsets)[number]

/** Names for people. */
export const ijbNames: { readonly [S in IjbSubset]: string } = { ijbb: 'IJB-B', ijbc: 'IJB-C' }

export interface IjbTemplates {
  /** The template of each picture, u32[M], 0 … T - 1. */
  readonly template: Uint32Array
  /** The medium of each picture, u32[M]: pictures of a template with the same number are frames of one video. */
  readonly medium: Uint32Array
  /** The numbers of the templates in the files, ascending, i32[T]. */
  readonly templates: Int32Array
}

export interface IjbSet extends IjbTemplates {
  readonly subset: IjbSubset
  readonly root: string
  /** M. */
  readonly images: number
  /** The loose crops, with their five points. */
  readonly recipe: FileImages
  /** The detector's score of each picture, f32[M]. */
  readonly detector: Float32Array
  /** Templates of the pairs, u32[P] each, and whether they show one person, u8[P]. */
  readonly first: Uint32Array
  readonly second: Uint32Array
  readonly same: Uint8Array
}

/** The subset whose files are in a folder. Throws ARC6342 if there are none, and ARC6343 if there are both. */
export function findIjbSubset(root: string): IjbSubset {
  const nameOf = (subset: IjbSubset) => join(root, 'meta', `${subset}_face_tid_mid.txt`)
  const found = ijbSubsets.filter((subset) => existsSync(nameOf(subset)))
  const [only, other] = found
  if (only === undefined) throw ijbErrors('ARC6342', { root, first: nameOf('ijbb'), second: nameOf('ijbc') })
  if (other !== undefined) throw ijbErrors('ARC6343', { root })
  return only
}

/** Index of template numbers. */
export function indexTemplates(templates: Int32Array): (id: number) => number {
  const of = new Map<number, number>()
  for (const [i, id] of templates.entries()) of.set(id, i)
  const dense = (templates.at(-1) ?? 0) < 2 ** 24 ? new Int32Array((templates.at(-1) ?? -1) + 1).fill(-1) : undefined
  if (dense === undefined) return (id) => of.get(id) ?? -1
  for (const [id, i] of of) dense[id] = i
  return (id) => dense[id] ?? -1
}

/** Throws ARC6341 with all faults of all files, by line. No picture is opened. */
export async function readIjbSet(root: string, subset: IjbSubset): Promise<IjbSet> {
  const faults = createSetFaults()
  const meta = (name: string) => join(root, 'meta', `${subset}_${name}.txt`)
  const faces = await readFaces(meta('name_5pts_score'), faults)
  const before = faults.count
  const membership = await readMembership(meta('face_tid_mid'), faces, faults)
  const pairs = await readPairs(
    meta('template_pair_label'),
    indexTemplates(membership.templates),
    faults.count === before,
    faults,
  )
  const pictures = resolve(root, 'loose_crop')
  checkPictures(pictures, faces.names, meta('name_5pts_score'), faults)
  if (!faults.none)
    throw ijbErrors('ARC6341', { root, set: ijbNames[subset], subset, faults: faults.all().map(oneLine) })
  return {
    subset,
    root,
    images: faces.detector.length,
    recipe: { kind: 'files', paths: faces.table(), root: pictures, points: faces.points },
    detector: faces.detector,
    ...membership,
    ...pairs,
  }
}

/** SHA-256 of the three files in `meta`, one after the other. */
export async function ijbSha256(root: string, subset: IjbSubset): Promise<string> {
  const hash = createHash('sha256')
  for (const name of ['face_tid_mid', 'template_pair_label', 'name_5pts_score'])
    for await (const piece of createReadStream(join(root, 'meta', `${subset}_${name}.txt`))) hash.update(piece)
  return hash.digest('hex')
}

const oneLine = (text: string) => text.replaceAll('\n', ' ')

/** Missing pictures become faults. */
function checkPictures(
  folder: string,
  names: { readonly count: number; at(i: number): string; lineOf(i: number): number },
  file: string,
  faults: SetFaults,
): void {
  let listed: ReadonlySet<string>
  try {
    listed = new Set(readdirSync(folder))
  } catch {
    faults.add(`there is no folder ${folder}`)
    return
  }
  for (let i = 0; i < names.count; i++) {
    const name = names.at(i)
    const isHere = listed.has(name) || (/[/\\]/.test(name) && existsSync(join(folder, name)))
    if (!isHere) faults.addLine(file, names.lineOf(i), 'missing pictures', `there is no picture ${join(folder, name)}`)
  }
}
