/** Comparisons of pictures, and the thresholds of evaluations. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { evaluationsFolder } from '../../../cli/host/network/evaluations-folder.ts'
import { findEvaluations, recommendedThreshold } from '../../../cli/host/network/recommended-threshold.ts'
import { comparisonLines } from '../../../cli/render/comparison.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { comparePictures, cosinesOf } from '../../../runtime/embed/compare-pictures.ts'
import { encodeEvaluation } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { evaluationOf } from '../../helpers/evaluation.ts'
import { anError } from '../../helpers/facts.ts'
import { fakeEmbedder, fakeEmbeddings, fakePicture } from '../../helpers/fake-embedder.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

const file = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

test('the cosine of the sums with the mirror images', async () => {
  const files = [3, 200].map((i) => file(`${i}.ppm`, fakePicture(i)))
  const wide = file('wide.ppm', Buffer.concat([Buffer.from('P6\n8 4\n255\n'), Buffer.alloc(96, 7)]))
  const { pictures, cosines } = await comparePictures(fakeEmbedder(), [...files, wide])
  const [a, b] = [3, 200].map((i) => {
    const { original, mirrored } = fakeEmbeddings(i)
    return original.map((value, d) => value + (mirrored[d] ?? 0))
  })
  const dot = (x: readonly number[] = [], y: readonly number[] = []) =>
    x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0)
  expect(cosines[0]?.[1]).toBeCloseTo(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)), 12)
  expect(cosines[1]?.[0]).toBe(cosines[0]?.[1])
  expect(pictures.map(({ width, resized }) => [width, resized])).toEqual([
    [4, false],
    [4, false],
    [8, true],
  ])
})

test('errors name the picture', async () => {
  const good = file('good.ppm', fakePicture(1))
  const cut = file('cut.ppm', fakePicture(1).subarray(0, 20))
  await expect(comparePictures(fakeEmbedder(), [good, cut])).rejects.toThrow(anError('ARC6205', { file: cut }))
  await expect(comparePictures(fakeEmbedder(), [good, join(folder, 'none.ppm')])).rejects.toThrow(anError('ARC6206'))
  const infinite = fakeEmbedder(Number.POSITIVE_INFINITY)
  await expect(comparePictures(infinite, [good, good])).rejects.toThrow(anError('ARC6824', { picture: good }))
})

test('cosines of any rows', () => {
  expect(cosinesOf([Float32Array.of(1, 0), Float32Array.of(-3, 0), Float32Array.of(0, 0)])).toEqual([
    [1, -1, 0],
    [-1, 1, 0],
    [0, 0, 1],
  ])
})

test('the threshold is that of the newest evaluation of these weights, or else of the newest', async () => {
  const write = (set: string, sha256: string, threshold: number, minute: number) => {
    const own = join(folder, 'evaluations', set)
    mkdirSync(own, { recursive: true })
    const path = join(own, 'evaluation.json')
    writeFileSync(path, encodeEvaluation(evaluationOf({ sha256: sha256.repeat(64) }, { threshold })))
    utimesSync(path, 60 * minute, 60 * minute)
    return path
  }
  const first = write('lfw', 'a', 0.2, 1)
  const second = write('cfp', 'a', 0.3, 2)
  const third = write('agedb', 'c', 0.4, 3)
  const evaluations = join(folder, 'evaluations')
  expect(findEvaluations(evaluations)).toEqual([third, second, first])
  expect(await recommendedThreshold(evaluations, 'a'.repeat(64))).toMatchObject({ file: second, isOwn: true })
  expect(await recommendedThreshold(evaluations, 'd'.repeat(64))).toMatchObject({ file: third, isOwn: false })
  expect(await recommendedThreshold(join(folder, 'none'), 'd'.repeat(64))).toBeUndefined()
  expect(evaluationsFolder('dir/r50.safetensors')).toBe('dir/r50.evaluations')
  writeFileSync(third, '{')
  await expect(recommendedThreshold(evaluations, 'd'.repeat(64))).rejects.toThrow(anError('ARC6320'))
})

const comparison = (count: number) => ({
  pictures: Array.from({ length: count }, (_, i) => ({
    file: `pictures/of/somebody/with-a-long-name/${i}.jpg`,
    ...{ width: 112, height: 112, resized: false },
  })),
  cosines: Array.from({ length: count }, (_, i) =>
    Array.from({ length: count }, (_, j) => (i === j ? 1 : 0.1 * Math.abs(i - j) - 0.05)),
  ),
})

test('a pair at the threshold shows one person', () => {
  const threshold = { value: 0.05, from: 'recommended on lfw, FAR 0.001' }
  const lines = (value: number) => comparisonLines(comparison(2), { ...threshold, value }, documentLook).join(' ')
  expect(lines(0.05)).toContain('the same person (threshold 0.05')
  expect(lines(0.0501)).toContain('different people')
  expect(comparisonLines(comparison(2), undefined, documentLook)).toEqual(['cosine 0.0500'])
})

test.each([40, 60, 80, 120])('three and eight pictures fit %i columns', (width) => {
  const look = { ...documentLook, width, wraps: true }
  for (const count of [3, 8]) {
    const lines = comparisonLines(comparison(count), { value: 0.1, from: '--threshold' }, look)
    expect(lines.join('\n')).toContain('0.1500*')
    expect(lines.filter((line) => stringWidth(line) > width && !line.includes('.jpg'))).toEqual([])
  }
})
