/** Covering arrays: every group of settings that can meet does, in far fewer rows. */
import { describe, expect, test } from 'vitest'
import { coveringRows } from './covering-rows.ts'

interface Row {
  readonly a: string
  readonly b: { readonly name: string } | undefined
  readonly c: number
  readonly d: boolean
  readonly e: boolean
}

const objects = [{ name: 'same' }, { name: 'same' }, undefined]

/** Not all can meet: `d` only where `c` is not 0. */
const all: readonly Row[] = ['x', 'y', 'z', 'w'].flatMap((a) =>
  objects.flatMap((b) =>
    [0, 1, 2].flatMap((c) =>
      [false, true].flatMap((d) => (d && c === 0 ? [] : [false, true].map((e) => ({ a, b, c, d, e })))),
    ),
  ),
)

const names = ['a', 'b', 'c', 'd', 'e'] as const

/** Groups of names, each in order. */
const groups = (count: number): (typeof names)[number][][] =>
  count === 0
    ? [[]]
    : groups(count - 1).flatMap((group) =>
        names.filter((name) => group.every((other) => other < name)).map((name) => [...group, name]),
      )

describe.each([1, 2, 3, 5])('of %i settings', (strength) => {
  const chosen = coveringRows(all, strength)

  test('every group meets', () => {
    for (const group of groups(strength))
      for (const row of all) {
        const meets = chosen.some((own) => group.every((name) => own[name] === row[name]))
        expect(meets, `${group} of ${JSON.stringify(row)}`).toBe(true)
      }
  })

  test('in rows that can be', () => {
    for (const row of chosen) expect(all).toContain(row)
    expect(new Set(chosen).size).toBe(chosen.length)
  })
})

test('takes few rows: the two largest settings alone ask for 12, the three largest for 36', () => {
  expect(coveringRows(all, 1).length).toBeLessThanOrEqual(5)
  expect(coveringRows(all, 2).length).toBeLessThanOrEqual(16)
  expect(coveringRows(all, 3).length).toBeLessThanOrEqual(44)
  expect(coveringRows(all, 5)).toHaveLength(all.length)
})
