/** Verification sets from lists of pairs: LFW's `pairs.txt` and tables of paths. */
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { dataErrors } from '../messages.ts'
import { type PairSet, recipePairs } from '../pairs.ts'
import { isPictureName } from '../picture-name.ts'
import { readWhole } from '../read-whole.ts'
import { buildTextTable } from '../text-table.ts'
import { createPairFaults, type PairFaults } from './pair-faults.ts'
import { type GroupColumn, groupColumns } from './pair-groups.ts'
import { type ListedPicture, readPairLines } from './pair-lines.ts'

/** Largest list, which is one string in memory. */
const MOST_BYTES = 2 ** 28

export interface PairList {
  /** The file with the pairs. */
  readonly list: string
  /** The folder that names and paths in it start from; `''` for the folder of the list. */
  readonly root: string
}

/** The name of a set in results: that of its list. */
export function pairListName(list: string): string {
  return basename(list, extname(list))
}

/** A list with what its further columns say. */
export interface GroupedPairs {
  readonly pairs: PairSet
  /** Columns that name groups of pairs. */
  readonly groups: readonly GroupColumn[]
  /** Titles of columns with too many different values for groups. */
  readonly ungrouped: readonly string[]
  /** The paths of the images from the root, with `/`. */
  readonly names: readonly string[]
}

/** The pairs of a list, as `readGroupedPairs`. */
export async function readPairList(list: PairList): Promise<PairSet> {
  return (await readGroupedPairs(list)).pairs
}

/**
 * Reads a list and finds its pictures; none is opened. Throws ARC6206 if the list cannot be read, and ARC6234 with all malformed
 * lines, unknown people and missing pictures, by line.
 */
export async function readGroupedPairs({ list, root }: PairList): Promise<GroupedPairs> {
  const bytes = await readWhole(list, MOST_BYTES)
  if (bytes.subarray(0, 512).includes(0)) {
    throw dataErrors('ARC6280', { file: list, what: 'no text in UTF-8' })
  }
  const faults = createPairFaults(list)
  const { pairs, faults: malformed, titles } = readPairLines(Buffer.from(bytes).toString('utf8'))
  for (const { line, fault, isFlag } of malformed) {
    if (isFlag) faults.addFlag(`line ${line}: ${fault}`)
    else faults.addOne('malformed lines', `line ${line}: ${fault}`)
  }
  const from = resolve(root === '' ? dirname(list) : root)
  const find = finder(from, faults)
  const numberOf = new Map<string, number>()
  const numbers = pairs.flatMap(({ line, pictures }) =>
    pictures.map((picture) => {
      const path = find(picture, line)
      const number = numberOf.get(path) ?? numberOf.size
      numberOf.set(path, number)
      return number
    }),
  )
  const same = Uint8Array.from(pairs, (pair) => pair.same)
  faults.checkPairs(same)
  faults.throwAny()
  const paths = buildTextTable()
  for (const path of numberOf.keys()) paths.add(path)
  const recipe = { kind: 'files', paths: paths.build() } as const
  return {
    pairs: recipePairs({ name: pairListName(list), recipe, pairs: Int32Array.from(numbers), same }),
    ...groupColumns(pairs, titles),
    names: [...numberOf.keys()].map((path) => relative(from, path).replaceAll('\\', '/')),
  }
}

/** Returns the function that finds the file of a picture; missing ones become faults. */
function finder(root: string, faults: PairFaults): (picture: ListedPicture, line: number) => string {
  const people = new Map<string, ReadonlyMap<string, string> | undefined>()
  const known = new Map<string, boolean>()
  const folderOf = (person: string) => {
    if (!people.has(person)) people.set(person, picturesOf(join(root, person)))
    return people.get(person)
  }
  return (picture, line) => {
    if (picture.kind === 'path') {
      const path = resolve(root, picture.path.replaceAll('\\', '/'))
      const isHere = known.get(path) ?? isFile(path)
      known.set(path, isHere)
      if (!isHere) faults.addOne('missing pictures', `line ${line}: there is no file ${path}`)
      return path
    }
    const { person, number } = picture
    const stem = `${person}_${String(number).padStart(4, '0')}`
    const files = folderOf(person)
    const file = files?.get(stem)
    if (files === undefined) faults.addOne('unknown people', `line ${line}: there is no folder ${join(root, person)}`)
    else if (file === undefined)
      faults.addOne('missing pictures', `line ${line}: there is no picture ${join(root, person, stem)}`)
    return join(root, person, file ?? stem)
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The pictures in a folder by their names without ending; `undefined` if it cannot be listed. */
function picturesOf(folder: string): ReadonlyMap<string, string> | undefined {
  try {
    return new Map(
      readdirSync(folder)
        .filter(isPictureName)
        .map((name) => [basename(name, extname(name)), name]),
    )
  } catch {
    return undefined
  }
}
