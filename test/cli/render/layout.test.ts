/** Bars, sparklines, tables, and the look that determines color and characters. */
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { renderBar, renderProgress, sparkline } from '../../../cli/render/bars.ts'
import { isUtf8, lookFor } from '../../../cli/render/look.ts'
import { renderTable } from '../../../cli/render/table.ts'

describe('bars', () => {
  test.each([
    [0, true, '░░░░░░░░░░'],
    [0.5, true, '█████░░░░░'],
    [0.54, true, '█████▍░░░░'],
    [1, true, '██████████'],
    [7, true, '██████████'],
    [-1, true, '░░░░░░░░░░'],
    [Number.NaN, true, '░░░░░░░░░░'],
    [0.54, false, '#####.....'],
  ] as const)('a bar at %s, unicode %s', (share, unicode, expected) => {
    expect(renderBar(share, 10, unicode)).toBe(expected)
  })

  test('a bar is as wide as it was asked to be', () => {
    for (let share = 0; share <= 1; share += 1 / 97) {
      for (const width of [2, 10, 33]) {
        for (const unicode of [true, false]) {
          expect(stringWidth(renderBar(share, width, unicode))).toBe(width)
          expect(stringWidth(renderProgress(share, width, unicode))).toBe(width)
        }
      }
    }
  })

  test.each([
    [0, '[>         ]'],
    [0.5, '[=====>    ]'],
    [1, '[==========]'],
  ])('progress at %s in ASCII', (share, expected) => {
    expect(renderProgress(share, 12, false)).toBe(expected)
  })
})

describe('sparklines', () => {
  test.each([
    [[0, 1, 2, 3, 4, 5, 6, 7], true, '▁▂▃▄▅▆▇█'],
    [[0, 1, 2, 3, 4, 5, 6, 7], false, '_.,-=+*#'],
    [[3, 3, 3], true, '▄▄▄'],
    [[1, Number.NaN, 2], true, '▁!█'],
    [[], true, ''],
  ] as const)('%s', (values, unicode, expected) => {
    expect(sparkline(values, 20, unicode)).toBe(expected)
  })

  test('long curves are averaged to the width', () => {
    const line = sparkline(
      Array.from({ length: 1000 }, (_, i) => 1000 - i),
      8,
      true,
    )
    expect(line).toBe('█▇▆▅▄▃▂▁')
  })
})

test('tables align by what a terminal shows', () => {
  const lines = renderTable(
    [{ title: 'name' }, { title: 'bytes', align: 'right' }, {}],
    [
      ['重み', '1.50 KiB', 'f32'],
      ['velocity', '12 B', ''],
    ],
    { indent: 1, gap: 2 },
  )
  expect(lines).toEqual([' name         bytes', ' 重み      1.50 KiB  f32', ' velocity      12 B'])
})

test('a table without titles has no head, one without rows only that', () => {
  expect(renderTable([{}], [['a']])).toEqual(['a'])
  expect(renderTable([{ title: 'a' }], [])).toEqual(['a'])
})

describe('the look', () => {
  test.each([
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, false],
    [{ LC_CTYPE: 'C.utf8' }, true],
    [{ LANG: 'en_US.UTF-8' }, true],
    [{}, false],
  ])('%o', (env, expected) => {
    expect(isUtf8(env)).toBe(expected)
  })

  const terminal = { isTTY: true, columns: 120 }
  test.each([
    ['a terminal', terminal, {}, undefined, true],
    ['a pipe', {}, {}, undefined, false],
    ['NO_COLOR', terminal, { NO_COLOR: '1' }, undefined, false],
    ['an empty NO_COLOR', terminal, { NO_COLOR: '' }, undefined, true],
    ['FORCE_COLOR', {}, { FORCE_COLOR: '1' }, undefined, true],
    ['FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }, undefined, false],
    ['NO_COLOR before FORCE_COLOR', {}, { NO_COLOR: '1', FORCE_COLOR: '1' }, undefined, false],
    ['--color before NO_COLOR', {}, { NO_COLOR: '1' }, true, true],
    ['--no-color', terminal, { FORCE_COLOR: '1' }, false, false],
    ['a dumb terminal', terminal, { TERM: 'dumb' }, undefined, false],
  ] as const)('color: %s', (_, stream, env, flag, expected) => {
    const look = lookFor(stream, env, flag)
    expect(look.color).toBe(expected)
    expect(look.palette.error('x') === 'x').toBe(!expected)
  })

  test('a width is never below 40, and 100 where there is no terminal', () => {
    expect(lookFor({ columns: 10 }, {}, false).width).toBe(40)
    expect(lookFor({}, {}, false).width).toBe(100)
  })
})
