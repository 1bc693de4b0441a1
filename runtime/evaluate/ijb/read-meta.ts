/**
 * Reads the three files in `meta/`: lines `name x1 y1 … x5 y5 score`, `name template medium`, and `template template label`.
 *
 * Legend: M pictures, P pairs.
 */
import { COORDINATES, estimateSimilarity, templateFor } from '../../data/align/similarity.ts'
import type { TextTable } from '../../data/collection.ts'
import { FACE_SIZE } from '../../data/image.ts'
import { u32Column } from '../../data/sources/growing.ts'
import { buildTextTable, textAt } from '../../data/text-table.ts'
import { isBlank, readLines, readNumbers, wordEnd, wordStart } from './lines.ts'
import type { SetFaults } from './set-faults.ts'

/** A number as Python's `float` reads it, without `inf` and `nan`. */
const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

export interface Names {
  readonly count: number
  at(i: number): string
  /** The line of picture `i` in its file. */
  lineOf(i: number): number
}

export interface Faces {
  readonly names: Names
  table(): TextTable
  /** f32[M,10]. */
  readonly points: Float32Array<SharedArrayBuffer>
  /** f32[M]. */
  readonly detector: Float32Array
}

/** Numbers that grow with the lines. */
function floats() {
  let all = new Float32Array(new SharedArrayBuffer(4 * 1024))
  let length = 0
  return {
    add(value: number) {
      if (length === all.length) {
        const larger = new Float32Array(new SharedArrayBuffer(8 * all.length))
        larger.set(all)
        all = larger
      }
      all[length++] = value
    },
    values: () => all.subarray(0, length),
  }
}

/** Name, five points and detector's score of each picture. */
export async function readFaces(file: string, faults: SetFaults): Promise<Faces> {
  const names = buildTextTable()
  const lines = u32Column()
  const points = floats()
  const detector = floats()
  const to = templateFor([FACE_SIZE, FACE_SIZE, 3])
  const wrong = (line: number, fault: string) => faults.addLine(file, line, 'such lines', fault)
  await faults.reading(() =>
    readLines(file, (bytes, start, end, line) => {
      if (isBlank(bytes, start, end)) return
      const [name = '', ...fields] = bytes.toString('utf8', start, end).trim().split(/\s+/)
      const values = Float32Array.from(fields, (field) => (number.test(field) ? Number(field) : Number.NaN))
      if (values.length !== COORDINATES + 1)
        return wrong(line, `expected a name, 10 coordinates and a score, not ${fields.length + 1} fields`)
      const bad = values.findIndex((value) => !Number.isFinite(value))
      if (bad >= 0) return wrong(line, `"${(fields[bad] ?? '').slice(0, 40)}" is not a number`)
      if (name.includes('\0')) return wrong(line, 'the name has a byte 0')
      if (estimateSimilarity(values, 0, to) === undefined) return wrong(line, 'the five points are all one point')
      names.add(name)
      lines.add(line)
      for (const value of values.subarray(0, COORDINATES)) points.add(value)
      detector.add(values[COORDINATES] ?? 0)
    }),
  )
  const built = names.build()
  const lineOf = lines.values()
  if (names.count === 0 && faults.none) faults.add(`${file} has no lines`)
  return {
    names: { count: names.count, at: (i) => textAt(built, i), lineOf: (i) => lineOf[i] ?? 0 },
    table: () => built,
    points: points.values(),
    detector: detector.values(),
  }
}

/** The template and the medium of each picture, in the order of `faces`. */
export async function readMembership(file: string, { names }: Pick<Faces, 'names'>, faults: SetFaults) {
  const ids = u32Column(names.count)
  const media = u32Column(names.count)
  const two = new Int32Array(2)
  const isWhole = faults.none
  let count = 0
  await faults.reading(() =>
    readLines(file, (bytes, start, end, line) => {
      if (isBlank(bytes, start, end)) return
      const from = wordStart(bytes, start, end)
      const to = wordEnd(bytes, from, end)
      if (!readNumbers(bytes, to, end, two)) {
        faults.addLine(file, line, 'such lines', 'expected a name, the number of a template and that of a medium')
        return
      }
      // Lines left out of the other file would shift the names.
      if (isWhole && count < names.count && bytes.toString('utf8', from, to) !== names.at(count)) {
        const other = `the other list has ${names.at(count)} in line ${names.lineOf(count)}`
        faults.addLine(file, line, 'names that differ', `it is about ${bytes.toString('utf8', from, to)}, but ${other}`)
      }
      count++
      ids.add(two[0] ?? 0)
      media.add(two[1] ?? 0)
    }),
  )
  if (faults.none && count !== names.count)
    faults.add(`${file} has ${count} pictures, but the list with the points has ${names.count}`)
  const all = ids.values()
  const templates = Int32Array.from(new Set(all)).sort()
  const numberOf = new Map(Array.from(templates, (id, i) => [id, i] as const))
  return {
    template: Uint32Array.from(all, (id) => numberOf.get(id) ?? 0),
    medium: media.values(),
    templates,
  }
}

/** Templates of the pairs, by their index, and whether they show one person. `isKnown`: the list of templates has no faults. */
export async function readPairs(file: string, indexOf: (id: number) => number, isKnown: boolean, faults: SetFaults) {
  const first = u32Column()
  const second = u32Column()
  const same = u32Column()
  const three = new Int32Array(3)
  const before = faults.count
  let people = 0
  await faults.reading(() =>
    readLines(file, (bytes, start, end, line) => {
      const label = readNumbers(bytes, start, end, three) ? (three[2] ?? 2) : 2
      if (label > 1) {
        if (isBlank(bytes, start, end)) return
        faults.addLine(
          file,
          line,
          'such lines',
          'expected the numbers of two templates, and 1 for one person or 0 for two',
        )
        return
      }
      const a = indexOf(three[0] ?? 0)
      const b = indexOf(three[1] ?? 0)
      if (isKnown && (a < 0 || b < 0))
        faults.addLine(file, line, 'unknown templates', `no picture is in template ${three[a < 0 ? 0 : 1]}`)
      first.add(a)
      second.add(b)
      same.add(label)
      people += label
    }),
  )
  const flags = Uint8Array.from(same.values())
  const isWhole = faults.count === before
  if (isWhole && people === 0) faults.add(`${file} has no pair of one person`)
  if (isWhole && people === flags.length && people > 0) faults.add(`${file} has no pair of two people`)
  return { first: first.values(), second: second.values(), same: flags }
}
