/** Finds the files of a packed set: `train.rec` as InsightFace names it, any other single `.rec` file, or numbered parts of one set. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { LeftOut } from '../collection.ts'
import { dataErrors, reasonOf } from '../messages.ts'

/** One record file of a set. */
export interface RecordPart {
  readonly recordPath: string
  /** Missing if there is no such file. */
  readonly indexPath?: string
}

export interface RecordParts {
  readonly folder: string
  readonly parts: readonly RecordPart[]
  readonly leftOut: readonly LeftOut[]
}

const USUAL = 'train.rec'

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    throw dataErrors('ARC6206', { file: folder, reason: reasonOf(error) }, error)
  }
}

function partOf(recordPath: string): RecordPart {
  const indexPath = recordPath.replace(/\.rec$/, '.idx')
  return existsSync(indexPath) ? { recordPath, indexPath } : { recordPath }
}

/** The number in the name of a part: 3 for `train_3.rec`, with the name without it. */
function numberOf(name: string): { readonly stem: string; readonly number: number } | undefined {
  const match = /^(.*?)[-_.]?(\d{1,9})\.rec$/.exec(name)
  return match === null ? undefined : { stem: match[1] ?? '', number: Number(match[2]) }
}

/** The names of the parts of one set in the order of their numbers; `undefined` if they are not parts of one set. */
function numbered(names: readonly string[]): readonly string[] | undefined {
  const parts = names.flatMap((name) => {
    const found = numberOf(name)
    return found === undefined ? [] : [{ ...found, name }]
  })
  const [first] = parts
  if (first === undefined || parts.length < names.length || parts.some(({ stem }) => stem !== first.stem))
    return undefined
  return parts.sort((a, b) => a.number - b.number).map(({ name }) => name)
}

/** Says what a folder without a record file has instead. */
function noRecords(root: string, names: readonly string[]): Error {
  const folders = names.filter((name) => statSync(join(root, name), { throwIfNoEntry: false })?.isDirectory())
  const meant = folders.find((name) => list(join(root, name)).some((inside) => inside.endsWith('.rec')))
  const indexes = names.filter((name) => name.endsWith('.idx'))
  const seen =
    names.length === 0
      ? 'no files'
      : `${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`
  const fix = (): string => {
    if (meant !== undefined) return `did you mean ${join(root, meant)}?`
    if (indexes.length > 0) return `${indexes[0]} is only the index; copy the .rec file as well`
    if (folders.length > 1) return 'if the subfolders hold the pictures of one person each, use folder(root: "…")'
    return 'expected: train.rec with train.idx, another .rec file, or parts of one set: train_0.rec, train_1.rec …'
  }
  return dataErrors('ARC6242', { root, seen, fix: fix() })
}

/** The record files at `root`, a folder or one `.rec` file. Throws ARC6206 if it cannot be read and ARC6242 if it has none. */
export function findParts(given: string): RecordParts {
  const root = resolve(given)
  if (statSync(root, { throwIfNoEntry: false })?.isFile()) {
    if (!root.endsWith('.rec')) {
      throw dataErrors('ARC6242', { root, seen: 'another kind of name', fix: 'name the folder or its .rec file' })
    }
    return { folder: dirname(root), parts: [partOf(root)], leftOut: [] }
  }
  const names = list(root)
  const records = names.filter((name) => name.endsWith('.rec') && !name.startsWith('.'))
  const chosen = records.includes(USUAL) ? [USUAL] : records.length === 1 ? records : numbered(records)
  if (records.length === 0) throw noRecords(root, names)
  if (chosen === undefined) {
    const fix = `name one of them: recordio(root: "${join(root, records[0] ?? USUAL)}")`
    throw dataErrors('ARC6242', {
      root,
      seen: `several record files that are not parts of one set, ${records.slice(0, 4).join(', ')}`,
      fix,
    })
  }
  const others = records.filter((name) => !chosen.includes(name))
  return {
    folder: root,
    parts: chosen.map((name) => partOf(join(root, name))),
    leftOut:
      others.length === 0
        ? []
        : [
            {
              what: others.map((name) => basename(name)).join(', '),
              count: others.length,
              examples: others.slice(0, 3),
            },
          ],
  }
}
