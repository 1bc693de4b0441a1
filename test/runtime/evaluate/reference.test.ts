/** The figures of arcface_torch's eval/verification.py and of scikit-learn, which bench/verification-reference.py has printed. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { accuracyInterval } from '../../../runtime/evaluate/bootstrap.ts'
import { areaUnderRoc, equalErrorRate, isTellable, type Roc, rocOf, tarAtFar } from '../../../runtime/evaluate/roc.ts'
import { type VerificationInput, verify } from '../../../runtime/evaluate/verification.ts'

interface Curve {
  readonly auc: number
  readonly eer: number
  readonly tarAtFar: readonly (readonly [far: number, tar: number, threshold: number | null])[]
}

interface Case {
  readonly seed: number
  readonly pairs: number
  readonly dim: number
  readonly people: number
  readonly each: number
  readonly noise: number
  /** Of ten pairs. */
  readonly different: number
  /** Coordinates are multiples of this, so that many distances are equal; 0: any. */
  readonly step: number
}

interface Figures extends Curve {
  readonly case: Case
  readonly accuracy: number
  readonly deviation: number
  readonly folds: readonly (readonly [accuracy: number, threshold: number])[]
  readonly xnorm: number
  /** 95 % of the accuracy, from other random numbers; null where NumPy takes too long. */
  readonly interval: readonly [number, number] | null
}

const file = new URL('../../fixtures/verification/figures.json', import.meta.url)
const reference = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly pairs: readonly Figures[]
  readonly scores: Curve & { readonly seed: number; readonly pairs: number }
}

/** A linear congruential generator (Numerical Recipes): the same numbers in any language. */
function numbersOf(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  return { next, below: (n: number) => Math.floor((next() + 0.5) * n) }
}

function made({ seed, pairs: count, dim, people, each, noise, different, step }: Case): VerificationInput {
  const { next, below } = numbersOf(seed)
  const snap = (value: number) => (step > 0 ? Math.round(value / step) * step : value)
  const centers = Array.from({ length: people * dim }, () => snap(next()))
  const original = new Float32Array(people * each * dim)
  const mirrored = new Float32Array(people * each * dim)
  for (let image = 0; image < people * each; image++) {
    for (const side of [original, mirrored]) {
      for (let d = 0; d < dim; d++) {
        side[image * dim + d] = snap((centers[Math.floor(image / each) * dim + d] ?? 0) + noise * next())
      }
    }
  }
  const pairs = new Int32Array(2 * count)
  const same = new Uint8Array(count)
  for (let p = 0; p < count; p++) {
    const [a, k, l, b] = [below(people), below(each), below(each), below(people - 1)]
    same[p] = (p * 7) % 10 >= different ? 1 : 0
    pairs[2 * p] = a * each + k
    pairs[2 * p + 1] = (same[p] === 1 ? a : (a + 1 + b) % people) * each + l
  }
  return { original, mirrored, dim, pairs, same }
}

/** Equal but for the rounding of the last bits of a double. */
function expectCurve(roc: Roc, expected: Curve): void {
  expect(areaUnderRoc(roc)).toBeCloseTo(expected.auc, 12)
  expect(equalErrorRate(roc).rate).toBeCloseTo(expected.eer, 12)
  const rates = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6].filter((far) => isTellable(roc, far))
  expect(rates).toEqual(expected.tarAtFar.map(([far]) => far))
  for (const [far, tar, threshold] of expected.tarAtFar) {
    const found = tarAtFar(roc, far)
    expect(found.tar).toBe(tar)
    if (threshold === null) expect(found.threshold).toBe(Number.POSITIVE_INFINITY)
    else expect(found.threshold).toBeCloseTo(threshold, 12)
  }
}

describe('the figures of arcface_torch and scikit-learn', () => {
  test.each(
    reference.pairs.map((figures) => [`${figures.case.pairs} pairs of D = ${figures.case.dim}`, figures] as const),
  )('%s', (_, figures) => {
    const input = made(figures.case)
    const result = verify(input)
    expect(result.folds.map(({ threshold }) => threshold)).toEqual(figures.folds.map(([, threshold]) => threshold))
    expect(result.folds.map(({ accuracy }) => accuracy)).toEqual(figures.folds.map(([accuracy]) => accuracy))
    expect(result.accuracy).toBeCloseTo(figures.accuracy, 14)
    expect(result.deviation).toBeCloseTo(figures.deviation, 14)
    expect(result.xnorm).toBeCloseTo(figures.xnorm, 12)
    expectCurve(result.roc, figures)
    if (figures.interval === null) return
    const [low, high] = figures.interval
    const own = accuracyInterval(result.distances, input.same)
    for (const [i, end] of [low, high].entries())
      expect(Math.abs((own[i] ?? 0) - end)).toBeLessThan(0.12 * (high - low) + 1e-6)
  })

  test('1,100,000 scores, down to a false accept rate of 1e-6', () => {
    const { seed, pairs } = reference.scores
    const { next } = numbersOf(seed)
    const same = Uint8Array.from({ length: pairs }, (_, p) => (p % 50 === 0 ? 1 : 0))
    const scores = Float64Array.from(same, (flag) => 0.25 * (next() + next() + next()) + (flag === 1 ? 0.5 : 0))
    expectCurve(rocOf(scores, same), reference.scores)
  })
})
