/** The figures and files of a report. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ArccError } from '../../../runtime/errors.ts'
import { accuracyInterval } from '../../../runtime/evaluate/bootstrap.ts'
import {
  type EvaluationFile,
  encodeEvaluation,
  readEvaluation,
} from '../../../runtime/evaluate/report/evaluation-file.ts'
import { figuresOf } from '../../../runtime/evaluate/report/figures.ts'
import { scoreHistogram } from '../../../runtime/evaluate/report/histogram.ts'
import { rateText, recommend } from '../../../runtime/evaluate/report/recommend.ts'
import { scoresCsv } from '../../../runtime/evaluate/report/scores-csv.ts'
import { prepareFolder, writeEvaluation } from '../../../runtime/evaluate/report/write-evaluation.ts'
import { rocOf } from '../../../runtime/evaluate/roc.ts'
import { madeVerification } from '../../helpers/made-verification.ts'
import { fuzzCount, mutate, seededRandom } from '../../helpers/mutate.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const { verification, set } = madeVerification(3000)
const figures = figuresOf(verification, set, undefined)
const { scores } = verification
const { same } = set

/** Accepted share of a kind among some pairs. */
function accepted(kind: 0 | 1, threshold: number, among: (pair: number) => boolean = () => true): number {
  const own = Array.from(scores.keys()).filter((pair) => same[pair] === kind && among(pair))
  return own.filter((pair) => (scores[pair] ?? 0) >= threshold).length / own.length
}

const evaluation: EvaluationFile = {
  version: 1,
  arcc: '0.1.0',
  set: { name: 'made', path: 'made.csv', sha256: '0'.repeat(64), images: 6000, pairs: 3000, same: 1500 },
  network: { path: 'w.safetensors', sha256: 'a'.repeat(64), backbone: 'r50', embedding: 8, precision: 'f32' },
  ...figures,
  seconds: 1.5,
}

describe('figures', () => {
  test('TAR at FAR, with the threshold of each: what counting finds', () => {
    expect(figures.tarAtFar.map(({ far }) => far)).toEqual([1e-1, 1e-2, 1e-3])
    expect(figures.undetermined).toEqual([1e-4, 1e-5, 1e-6])
    for (const { far, tar, threshold } of figures.tarAtFar) {
      expect(threshold).not.toBeNull()
      expect(accepted(1, threshold ?? 0)).toBe(tar)
      expect(accepted(0, threshold ?? 0)).toBeLessThanOrEqual(far)
      // The next score below is that of one different pair too many.
      const below = scores
        .filter((score) => score < (threshold ?? 0))
        .reduce((most, score) => Math.max(most, score), -1)
      expect(accepted(0, below)).toBeGreaterThan(far)
    }
  })

  test('the recommended threshold is that of the smallest rate', () => {
    const { threshold, far, tar, why } = figures.recommended
    expect(threshold).toBe(figures.tarAtFar.at(-1)?.threshold)
    expect([far, tar]).toEqual([accepted(0, threshold), accepted(1, threshold)])
    expect(why).toContain('1,500')
  })

  test('the threshold of a rate that was asked for', () => {
    const { recommended } = figuresOf(verification, set, 0.05)
    expect(recommended.far).toBe(0.05)
    expect(accepted(0, recommended.threshold)).toBe(0.05)
  })

  test.each([
    ['too few pairs for any rate', [0.9, 0.8, 0.7], [1, 0, 1]],
    ['the highest score is of two people', [0.9, 0.8, 0.9, 0.9], [0, 1, 0, 0]],
  ])('%s: that of the ten folds', (_, own, flags) => {
    const folds = [0.8, 1.2].map((threshold) => ({ accuracy: 1, threshold }))
    expect(recommend(rocOf(Float64Array.from(own), Uint8Array.from(flags)), folds, undefined)).toMatchObject({
      threshold: 0.5,
      far: 1,
      tar: 1,
    })
  })

  test('groups have the thresholds of all pairs', () => {
    const { threshold } = figures.recommended
    expect(figures.groups.map(({ column, value, pairs }) => [column, value, pairs])).toEqual([
      ['race', 'Asian', 1000],
      ['race', 'Indian', 1000],
      ['race', 'a "b", c', 1000],
    ])
    for (const [number, group] of figures.groups.entries()) {
      const own = (pair: number) => pair % 3 === number
      expect(group.falseAcceptRate).toBe(accepted(0, threshold, own))
      expect(group.trueAcceptRate).toBe(accepted(1, threshold, own))
      const right =
        accepted(1, threshold, own) * group.same + (1 - accepted(0, threshold, own)) * (group.pairs - group.same)
      expect(group.accuracy).toBeCloseTo(right / group.pairs, 12)
      for (const [i, point] of group.tarAtFar.entries()) {
        expect(point.threshold).toBe(figures.tarAtFar[i]?.threshold)
        expect(point.tar).toBe(accepted(1, point.threshold ?? 0, own))
        expect(point.falseAcceptRate).toBe(accepted(0, point.threshold ?? 0, own))
      }
    }
    // Their spread grows from group to group.
    const [first, second, third] = figures.groups.map(({ tenFold }) => tenFold?.accuracy ?? 0)
    expect(first).toBeGreaterThan(second ?? 0)
    expect(second).toBeGreaterThan(third ?? 0)
  })

  test('groups of few pairs, and of one kind', () => {
    const of = Uint16Array.from(same, (flag, pair) => (pair < 4 ? 0 : flag === 1 ? 1 : 2))
    const groups = [{ title: 'g', values: ['few', 'one', 'two'], of }]
    const [few, one, two] = figuresOf(verification, { ...set, groups }, undefined).groups
    expect(few).toMatchObject({ pairs: 4, deviation: null, tenFold: null })
    expect(one).toMatchObject({ tenFold: null, falseAcceptRate: null })
    expect(two).toMatchObject({ tenFold: null, trueAcceptRate: null })
    expect(two?.tarAtFar[0]?.tar).toBeNull()
  })

  test('the ROC has at most 500 points, on the curve, from the first to the last', () => {
    const { roc } = figures
    expect(roc.length).toBeLessThanOrEqual(500)
    for (const { far, tar, threshold } of roc)
      expect([far, tar]).toEqual([accepted(0, threshold), accepted(1, threshold)])
    expect(roc.at(-1)).toMatchObject({ far: 1, tar: 1 })
    expect(roc[0]?.far).toBe(0)
  })

  test('the hardest pairs are the hardest', () => {
    const hard = figures.hardest
    expect(hard.map((pair) => pair.same)).toEqual([...Array(20).fill(true), ...Array(20).fill(false)])
    const sorted = (kind: number) => [...scores].filter((_, pair) => same[pair] === kind).sort((a, b) => a - b)
    expect(hard.slice(0, 20).map(({ score }) => score)).toEqual(sorted(1).slice(0, 20))
    expect(hard.slice(20).map(({ score }) => score)).toEqual(sorted(0).slice(-20).reverse())
    expect(hard[0]).toMatchObject({ a: `p${hard[0]?.pair}/0.jpg`, b: `p${hard[0]?.pair}/1.jpg` })
  })
})

test.each([
  ['usual', 3000, (i: number) => Math.sin(i)],
  ['all equal', 20, () => 0.25],
  ['close together', 50, (i: number) => 0.9999 + i * 1e-7],
  ['the ends', 2, (i: number) => (i === 0 ? -1 : 1)],
])('a histogram of scores: %s', (_, count, value) => {
  const own = Float64Array.from({ length: count }, (__, i) => value(i))
  const {
    edges,
    same: people,
    different,
  } = scoreHistogram(
    own,
    Uint8Array.from(own, (__, i) => i % 2),
  )
  expect(people.length).toBe(edges.length - 1)
  expect(people.length).toBeLessThanOrEqual(101)
  expect(people.concat(different).reduce((sum, n) => sum + n, 0)).toBe(count)
  for (const [bin, n] of people.entries()) {
    const [low = 0, high = 0] = [edges[bin], edges[bin + 1]]
    expect(own.filter((score, i) => i % 2 === 1 && score >= low && score < high).length).toBe(n)
  }
})

describe('the interval', () => {
  test('is the same each time, contains the accuracy, and narrows with more pairs', () => {
    const [low, high] = figures.interval
    expect(accuracyInterval(verification.distances, same)).toEqual([low, high])
    expect(low).toBeLessThan(verification.accuracy)
    expect(high).toBeGreaterThan(verification.accuracy)
    // About 1.96 standard errors of a share to both sides.
    const error = Math.sqrt((verification.accuracy * (1 - verification.accuracy)) / 3000)
    expect((high - low) / (2 * 1.96 * error)).toBeGreaterThan(0.8)
    expect((high - low) / (2 * 1.96 * error)).toBeLessThan(1.3)
    const [fewLow, fewHigh] = accuracyInterval(verification.distances.subarray(0, 300), same.subarray(0, 300))
    expect(fewHigh - fewLow).toBeGreaterThan(2 * (high - low))
  })
  test('of a test without errors is a point', () => {
    const flags = Uint8Array.from({ length: 40 }, (_, p) => p % 2)
    expect(
      accuracyInterval(
        Float64Array.from(flags, (flag) => (flag === 1 ? 0.5 : 2)),
        flags,
      ),
    ).toEqual([1, 1])
  })
})

test.each([
  [1e-1, '1e-1'],
  [0.001, '1e-3'],
  [0.025, '0.025'],
  [1e-6, '1e-6'],
])('rateText(%s)', (rate, text) => expect(rateText(rate)).toBe(text))

test('scores.csv has every pair with all digits, in its fold', () => {
  const csv = [...scoresCsv(set, scores)].join('')
  const lines = csv.split('\n')
  expect(lines[0]).toBe('pair,a,b,same,score,fold,race')
  expect(lines.length).toBe(3002)
  expect(lines[1]).toBe(`0,p0/0.jpg,p0/1.jpg,0,${scores[0]},0,Asian`)
  expect(lines[3]).toBe(`2,p2/0.jpg,p2/1.jpg,0,${scores[2]},0,"a ""b"", c"`)
  expect(lines.slice(1, -1).map((line) => Number(line.split(',')[5]))).toEqual(
    Array.from({ length: 3000 }, (_, pair) => Math.floor(pair / 300)),
  )
  expect(lines.slice(1, -1).map((line) => Number(line.split(',')[4]))).toEqual([...scores])
})

describe('files', () => {
  test('are whole, and read back as they were', async () => {
    const folder = join(temporaryFolder(), 'evaluations/made')
    await prepareFolder(folder)
    await writeEvaluation(folder, { evaluation, scores: ['a\n', 'b\n'], rocChart: '<svg/>', scoresChart: '<svg/>' })
    expect(readdirSync(folder).sort()).toEqual(['evaluation.json', 'roc.svg', 'scores.csv', 'scores.svg'])
    expect(readFileSync(join(folder, 'scores.csv'), 'utf8')).toBe('a\nb\n')
    expect(await readEvaluation(join(folder, 'evaluation.json'))).toEqual(evaluation)
  })

  test('a folder that cannot be made', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    await expect(prepareFolder(join(file, 'made'))).rejects.toMatchObject({ code: 'ARC6326' })
  })

  test('figures that are not finite are never written', () => {
    expect(() => encodeEvaluation({ ...evaluation, auc: Number.NaN })).toThrow('/auc')
  })

  test('mutated evaluations are refused with a named error, or are valid', async () => {
    const path = join(temporaryFolder(), 'evaluation.json')
    const short = { ...evaluation, roc: evaluation.roc.slice(0, 2), hardest: evaluation.hardest.slice(0, 1) }
    const source = encodeEvaluation({ ...short, histogram: { edges: [0, 1], same: [1], different: [2] } })
    const random = seededRandom(4)
    const codes = new Set<string>()
    for (let i = 0; i < fuzzCount(200); i++) {
      writeFileSync(path, mutate(source, random))
      const code = await readEvaluation(path).then(
        (value) => (encodeEvaluation(value) === '' ? 'empty' : 'read'),
        (error: unknown) => (error instanceof ArccError ? error.code : String(error)),
      )
      codes.add(code)
    }
    expect([...codes].sort()).toEqual(['ARC6320', 'read'])
  })
})
