/** What `arcc compare` prints. */
import type { Comparison } from '../../runtime/embed/compare-pictures.ts'
import { paragraph } from './fit.ts'
import { formatNumber } from './format.ts'
import type { Look } from './look.ts'
import { right, rowsOf } from './section.ts'

/** A threshold, and where it is from. */
export interface Threshold {
  readonly value: number
  /** `recommended on lfw, FAR 1e-3`, or `--threshold`. */
  readonly from: string
}

const shown = (cosine: number) => cosine.toFixed(4)

/** The verdict of a pair: a cosine at the threshold counts as one person. */
export const isSamePerson = (cosine: number, { value }: Threshold) => cosine >= value

function verdict(cosine: number, threshold: Threshold, look: Look): string {
  const { palette } = look
  const text = isSamePerson(cosine, threshold) ? palette.good('the same person') : palette.warning('different people')
  return `${text} (threshold ${formatNumber(threshold.value, 4)}, ${threshold.from})`
}

/** Columns that a picture takes in a table. */
const cellWidth = 10
const leastName = 24

/** One pair as sentences; more as a table of all, or as a list where the table would not fit. */
export function comparisonLines(comparison: Comparison, threshold: Threshold | undefined, look: Look): string[] {
  const { pictures, cosines } = comparison
  if (pictures.length === 2) {
    const cosine = cosines[0]?.[1] ?? 0
    return [
      ...paragraph(`cosine ${shown(cosine)}`, look),
      ...(threshold === undefined ? [] : paragraph(verdict(cosine, threshold, look), look)),
    ]
  }
  const fits = leastName + cellWidth * pictures.length <= look.width
  const mark = (cosine: number) => (threshold !== undefined && isSamePerson(cosine, threshold) ? '*' : ' ')
  const legend = `* the same person: at or above ${formatNumber(threshold?.value ?? 0, 4)}, ${threshold?.from}`
  return [
    ...(fits ? matrixLines(comparison, mark, look) : listLines(comparison, mark, look)),
    ...(threshold === undefined ? [] : paragraph(legend, look, 2)),
  ]
}

function matrixLines({ pictures, cosines }: Comparison, mark: (cosine: number) => string, look: Look): string[] {
  const self = look.unicode ? '·' : '.'
  const rows = pictures.map(({ file }, i) => [
    String(i + 1),
    file,
    ...(cosines[i] ?? []).map((cosine, j) => (i === j ? `${self} ` : shown(cosine) + mark(cosine))),
  ])
  const numbers = pictures.map((_, i) => ({ title: `${i + 1} `, ...right }))
  return rowsOf([right, { title: 'picture', wrap: 12 }, ...numbers], rows, look)
}

/** All pairs, the most similar first. */
function listLines({ pictures, cosines }: Comparison, mark: (cosine: number) => string, look: Look): string[] {
  const pairs = pictures.flatMap(({ file }, i) =>
    pictures.slice(i + 1).map((other, j) => ({ a: file, b: other.file, cosine: cosines[i]?.[i + 1 + j] ?? 0 })),
  )
  const rows = pairs
    .toSorted((x, y) => y.cosine - x.cosine)
    .map(({ a, b, cosine }) => [shown(cosine) + mark(cosine), a, b])
  return rowsOf([{ title: 'cosine ', ...right }, { wrap: 12 }, { wrap: 12 }], rows, look)
}
