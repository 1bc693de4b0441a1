import { expect, test } from 'vitest'
import { editDistance, nearest } from '../../grammar/suggest.ts'

test.each([
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abc', 'abd', 1],
  ['abc', 'acb', 1],
  ['abc', 'ab', 1],
  ['abc', 'xabc', 1],
  ['kitten', 'sitting', 3],
  ['abc', 'xyz', 3],
])('from %j to %j it is %d', (a, b, distance) => {
  expect(editDistance(a, b, 5)).toBe(distance)
  expect(editDistance(b, a, 5)).toBe(distance)
  if (distance > 0) expect(editDistance(a, b, distance - 1)).toBe(distance)
})

test.each([
  ['sampel', 'sample'],
  ['samplerate', 'sample_rate'],
  ['LR', 'lr'],
  ['batchsize', 'batch'],
  ['batch_size', 'batch'],
  ['numSamples', undefined],
  ['rate', 'sample_rate'],
  ['rl', 'lr'],
  ['lt', undefined],
  ['x', undefined],
])('%s: did you mean %s?', (name, expected) => {
  expect(nearest(name, ['sample', 'sample_rate', 'lr', 'batch'])).toBe(expected)
})
