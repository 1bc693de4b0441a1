/** What `arcc compare` prints. */
import type { Comparison } from '../../runtime/embed/compare-pictures.ts'
import { lineWidth, paragraph } from './fit.ts'
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

/** Columns of the numbers before a matrix, and of each picture in it. */
const headWidth = 8
const cellWidth = 10

/** One pair as sentences; more as numbered pictures with a matrix, or with a list of pairs where the matrix would not fit. */
export function comparisonLines(comparison: Comparison, threshold: Threshold | undefined, look: Look): string[] {
  const { pictures, cosines } = comparison
  if (pictures.length === 2) {
    const cosine = cosines[0]?.[1] ?? 0
    return [
      ...paragraph(`cosine ${shown(cosine)}`, look),
      ...(threshold === undefined ? [] : paragraph(verdict(cosine, threshold, look), look)),
    ]
  }
  const fits = headWidth + cellWidth * pictures.length <= lineWidth(look)
  const mark = (cosine: number) => (threshold !== undefined && isSamePerson(cosine, threshold) ? '*' : ' ')
  const legend = `* the same person: at or above ${formatNumber(threshold?.value ?? 0, 4)}, ${threshold?.from}`
  return [
    ...pictures.flatMap(({ file }, i) => paragraph(`${i + 1}  ${file}`, look, 2)),
    '',
    ...(fits ? matrixLines(cosines, mark, look) : listLines(cosines, mark, look)),
    ...(threshold === undefined ? [] : paragraph(legend, look, 2)),
  ]
}

type Mark = (cosine: number) => string

function matrixLines(cosines: Comparison['cosines'], mark: Mark, look: Look): string[] {
  const self = look.unicode ? '·' : '.'
  const rows = cosines.map((row, i) => [
    String(i + 1),
    ...row.map((cosine, j) => (i === j ? `${self} ` : shown(cosine) + mark(cosine))),
  ])
  const numbers = cosines.map((_, i) => ({ title: `${i + 1} `, ...right }))
  return rowsOf([right, ...numbers], rows, look)
}

/** All pairs, the most similar first. */
function listLines(cosines: Comparison['cosines'], mark: Mark, look: Look): string[] {
  const pairs = cosines.flatMap((row, i) => row.slice(i + 1).map((cosine, j) => ({ a: i + 1, b: i + j + 2, cosine })))
  const rows = pairs
    .toSorted((x, y) => y.cosine - x.cosine)
    .map(({ a, b, cosine }) => [String(a), String(b), shown(cosine) + mark(cosine)])
  return rowsOf([right, right, { title: 'cosine ', ...right }], rows, look)
}
