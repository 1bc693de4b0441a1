/** How much other programs do while this computer is measured. */
import { describe, expect, it } from 'vitest'
import { busySeconds, countOthers } from '../../../runtime/measure/other-load.ts'

describe('the busy seconds of a system', () => {
  it.each([
    ['all but idle and waiting', 'cpu  100 20 30 4000 500 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n', 1.71],
    ['guests are in the first two already', 'cpu  100 0 0 0 0 0 0 0 90 0\n', 1],
    ['a line that is too short', 'cpu  100 20\n', undefined],
    ['another text', 'intr 1 2 3\n', undefined],
  ])('%s', (_, stat, seconds) => {
    expect(busySeconds(stat)).toBe(seconds)
  })
})

it('the work of this process is not that of others', () => {
  const others = countOthers()
  const began = performance.now()
  while (performance.now() - began < 120);
  // The clock ticks every 10 ms; what really runs beside the tests only adds to it.
  expect(others()).toBeGreaterThanOrEqual(0)
})
