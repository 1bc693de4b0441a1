/** The bars of `npm run bench:memory`, on artificial cells. */
import { describe, expect, it } from 'vitest'
import { judgeCells, largestShare } from '../../bench/scaling-bars.ts'
import type { Cell, Column } from '../../bench/scaling-cells.ts'

function cell(column: Column, identities: number, published: number | undefined, exact: number | undefined): Cell {
  const planned = { ledger: 0, exact, capacity: 34_089_730_048, imagesPerSecond: 1000, bound: 'compute' } as const
  return {
    column,
    identities,
    published: published === undefined ? undefined : { memory: published, imagesPerSecond: 500 },
    planned: { 64: planned, 128: planned },
  }
}

describe('the share of the published memory', () => {
  it.each([
    ['full_softmax', 500_000, 0.65],
    ['full_softmax', 1_000_000, 0.5],
    ['partial_fc', 29_000_000, 0.7],
    ['data_parallel', 250_000, 0.6],
    ['data_parallel', 500_000, 0.5],
  ] as const)('%s at %i', (column, identities, share) => {
    const at = cell(column, identities, 10e9, undefined)
    expect(largestShare(at)).toBe(share)
    const judged = (exact: number) => judgeCells([{ ...at, planned: cell(column, identities, 10e9, exact).planned }])
    expect(judged(share * 10e9)).toMatchObject([{ ok: true }])
    expect(judged(share * 10e9 * 1.001)).toMatchObject([{ ok: false }])
  })
})

describe('cells that arcface_torch could not run', () => {
  it.each<[Column, number, number | undefined, readonly boolean[]]>([
    ['full_softmax', 29_000_000, 30e9, [true]],
    ['full_softmax', 29_000_000, 35e9, [false]],
    ['full_softmax', 29_000_000, undefined, [false]],
    ['data_parallel', 5_500_000, 34e9, [true]],
    ['data_parallel', 5_500_000, 34.2e9, [false]],
    ['data_parallel', 8_000_000, 60e9, []],
  ])('%s at %i with %s bytes', (column, identities, exact, ok) => {
    expect(judgeCells([cell(column, identities, undefined, exact)]).map((verdict) => verdict.ok)).toEqual(ok)
  })
})

it('the bar names what the device has', () => {
  const [verdict] = judgeCells([cell('data_parallel', 5_500_000, undefined, 34e9)])
  expect(verdict?.what).toBe('data_parallel 5500000: fits in 31.7 GiB')
})

it('a cell that was not compiled keeps no bar', () => {
  expect(judgeCells([cell('partial_fc', 125_000, 5e9, undefined)])).toMatchObject([
    { found: 'not compiled', ok: false },
  ])
})
