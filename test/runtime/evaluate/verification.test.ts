import { describe, expect, test } from 'vitest'
import { pairDistances } from '../../../runtime/evaluate/pair-scores.ts'
import { areaUnderRoc, isTellable, rocOf, tarAtFar } from '../../../runtime/evaluate/roc.ts'
import { foldStarts, tenFolds } from '../../../runtime/evaluate/ten-folds.ts'
import { type VerificationInput, verify } from '../../../runtime/evaluate/verification.ts'
import { createStream, rootKey } from '../../../runtime/random.ts'
import { anError } from '../../helpers/facts.ts'

/**
 * 40 people with 6 pictures each, 237 pairs, a third of them different, from a linear congruential generator: the same numbers
 * in any language.
 */
function fixture(): VerificationInput {
  const [dim, people, each, count] = [16, 40, 6, 237]
  let state = 12345
  const next = () => {
    state = Number((BigInt(state) * 1664525n + 1013904223n) % 2n ** 32n)
    return state / 2 ** 32 - 0.5
  }
  const centers = Array.from({ length: people * dim }, next)
  const original = new Float32Array(people * each * dim)
  const mirrored = new Float32Array(people * each * dim)
  for (let i = 0; i < people * each; i++) {
    for (const data of [original, mirrored]) {
      for (let d = 0; d < dim; d++) data[i * dim + d] = (centers[Math.floor(i / each) * dim + d] ?? 0) + 0.9 * next()
    }
  }
  const pairs: number[] = []
  const same: number[] = []
  for (let p = 0; p < count; p++) {
    const [a = 0, k = 0, l = 0, b = 0] = [people, each, each, people].map((n) => Math.floor((next() + 0.5) * n))
    same.push(p % 3 !== 0 ? 1 : 0)
    pairs.push(
      a * each + k,
      p % 3 !== 0 ? a * each + ((k + 1 + (l % 5)) % each) : ((a + 1 + (b % 39)) % people) * each + l,
    )
  }
  return { original, mirrored, dim, pairs: Int32Array.from(pairs), same: Uint8Array.from(same) }
}

describe('verify', () => {
  // The results of arcface_torch's eval/verification.py for these embeddings (NumPy, float64, with its loops).
  test('gives the figures of arcface_torch', () => {
    const result = verify(fixture())
    expect(result.accuracy).toBeCloseTo(0.932608695652174, 12)
    expect(result.deviation).toBeCloseTo(0.06354952653672077, 12)
    expect(result.xnorm).toBeCloseTo(1.485080573684777, 12)
    const thresholds = [1.2, 1.2, 1.46, 1.2, 1.2, 1.2, 1.26, 1.07, 1.2, 1.2]
    for (const [i, fold] of result.folds.entries()) expect(fold.threshold).toBeCloseTo(thresholds[i] ?? 0, 12)
    expect(result.auc).toBeCloseTo(0.9926293863162955, 12)
    expect(result.tar.map(({ far, tar }) => [far, Number(tar.toFixed(6))])).toEqual([[0.1, 0.955696]])
  })

  test('finds every pair of perfect embeddings, at the first best threshold', () => {
    const same = Uint8Array.from({ length: 40 }, (_, p) => p % 2)
    const original = Float32Array.of(1, 0, 3, 0, 0, 2)
    const pairs = Int32Array.from([...same].flatMap((s) => (s === 1 ? [0, 1] : [0, 2])))
    const result = verify({ original, mirrored: original, dim: 2, pairs, same })
    expect(result).toMatchObject({ accuracy: 1, deviation: 0, auc: 1 })
    expect(result.folds.every((fold) => fold.threshold === 0.01)).toBe(true)
    // Norms 1, 3, 2: half of the pairs have 1 and 3, half 1 and 2.
    expect(result.xnorm).toBeCloseTo(1.75, 12)
  })

  test('equal embeddings for everybody: as good as a coin', () => {
    const same = Uint8Array.from({ length: 40 }, (_, p) => p % 2)
    const original = Float32Array.of(1, 1, 1, 1)
    const result = verify({ original, mirrored: original, dim: 2, pairs: new Int32Array(80).fill(1, 40), same })
    expect(result).toMatchObject({ accuracy: 0.5, auc: 0.5 })
  })

  test.each([
    ['few pairs', [1, 0, 1, 0, 1, 0], { same: 3, different: 3 }],
    ['one person in each pair', Array<number>(12).fill(1), { same: 12, different: 0 }],
    ['two people in each pair', Array<number>(12).fill(0), { same: 0, different: 12 }],
    ['no pairs', [], { same: 0, different: 0 }],
  ])('%s', (_, flags, params) => {
    const original = Float32Array.of(1, 0, 0, 1)
    const pairs = Int32Array.from(flags.flatMap(() => [0, 1]))
    const input = { original, mirrored: original, dim: 2, pairs, same: Uint8Array.from(flags) }
    expect(() => verify(input)).toThrow(anError('ARC6302', params))
  })

  test.each([
    ['zero', [0, 0, 0, 0]],
    ['partly zero', [0, 0, 3, 1]],
    ['opposite', [1, 0, -1, 0]],
    ['huge', [3e38, 3e38, -3e38, 1]],
    ['tiny', [1e-45, 0, 0, 1e-45]],
  ])('%s embeddings give no figure that is not a number', (_, values) => {
    const original = Float32Array.from(values)
    const same = Uint8Array.from({ length: 11 }, (__, p) => p % 2)
    const pairs = Int32Array.from([...same].flatMap((flag) => (flag === 1 ? [0, 0] : [0, 1])))
    const { folds, tar, roc, distances, scores, ...figures } = verify({
      original,
      mirrored: original,
      dim: 2,
      pairs,
      same,
    })
    const all = [
      ...Object.values(figures),
      ...distances,
      ...scores,
      ...roc.threshold.subarray(1),
      ...folds.flatMap((fold) => Object.values(fold)),
      ...tar.flatMap((t) => Object.values(t)),
    ]
    expect(all.filter((figure) => !Number.isFinite(figure))).toEqual([])
  })

  test('says where an embedding is not finite', () => {
    const input = fixture()
    input.mirrored[16 * 7 + 3] = Number.NaN
    expect(() => verify(input)).toThrow(
      anError('ARC6301', { dim: 3, which: 'mirrored picture', index: 7, value: Number.NaN }),
    )
  })
})

test('six thousand pairs with ties at the thresholds: what the obvious loops find', () => {
  const random = createStream(rootKey(11))
  const same = Uint8Array.from({ length: 6000 }, (_, p) => (Math.floor(p / 300) % 2 === 0 ? 1 : 0))
  // Many distances are exactly at a threshold.
  const distances = Float64Array.from(same, (s) => Math.round(100 * (s === 1 ? 1 : 1.6) + 45 * random.normal()) * 0.01)
  const { folds } = tenFolds(distances, same)
  const starts = foldStarts(6000)
  for (const f of [0, 4, 9]) {
    const [from = 0, to = 0] = [starts[f], starts[f + 1]]
    const right = (threshold: number, tested: boolean) => {
      let count = 0
      for (const [p, distance] of distances.entries()) {
        if ((p >= from && p < to) === tested && distance < threshold === (same[p] === 1)) count++
      }
      return count
    }
    let best = 0
    for (let t = 1; t < 400; t++) if (right(t * 0.01, false) > right(best * 0.01, false)) best = t
    expect(folds[f]).toEqual({ threshold: best * 0.01, accuracy: right(best * 0.01, true) / (to - from) })
  }
})

test('pairDistances adds the mirror image and normalizes', () => {
  const original = Float32Array.of(3, 0, 0, 1, 0, 0)
  const mirrored = Float32Array.of(1, 0, 0, 1, 0, 0)
  const pairs = Int32Array.of(0, 0, 0, 1, 0, 2)
  const distances = pairDistances({ original, mirrored, dim: 2, pairs })
  expect([...distances].map((d) => Number(d.toFixed(12)))).toEqual([0, 2, 1])
})

test('foldStarts cuts as KFold does: the first folds take the remainder', () => {
  expect(foldStarts(237)).toEqual([0, 24, 48, 72, 96, 120, 144, 168, 191, 214, 237])
})

describe('roc', () => {
  const roc = rocOf(Float64Array.of(0.9, 0.8, 0.8, 0.7, 0.6), Uint8Array.of(1, 0, 1, 1, 0))
  test('has a point for each score', () => {
    expect([...roc.threshold]).toEqual([Number.POSITIVE_INFINITY, 0.9, 0.8, 0.7, 0.6])
    expect([...roc.trueAccepts]).toEqual([0, 1, 2, 3, 3])
    expect([...roc.falseAccepts]).toEqual([0, 0, 1, 1, 2])
  })
  test('area: 4 of the 6 couples are in order, one is a tie', () => expect(areaUnderRoc(roc)).toBeCloseTo(4.5 / 6, 12))
  test('operating points', () => {
    expect(tarAtFar(roc, 0.5)).toEqual({ far: 0.5, tar: 1, threshold: 0.7 })
    expect(tarAtFar(roc, 0.49)).toEqual({ far: 0.49, tar: 1 / 3, threshold: 0.9 })
    const wrong = rocOf(Float64Array.of(1, 0.5), Uint8Array.of(0, 1))
    expect(tarAtFar(wrong, 0.1)).toEqual({ far: 0.1, tar: 0, threshold: Number.POSITIVE_INFINITY })
    expect([isTellable(roc, 0.5), isTellable(roc, 0.4)]).toEqual([true, false])
  })
})
