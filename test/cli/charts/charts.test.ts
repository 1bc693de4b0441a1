import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { type ChartAxis, scaleOf } from '../../../cli/charts/axis.ts'
import { histogramChart } from '../../../cli/charts/histogram.ts'
import { lineChart, type Series } from '../../../cli/charts/line-chart.ts'

const linear = { label: 'x', scale: 'linear' } as const
const log = { label: 'x', scale: 'log' } as const

test.each<[ChartAxis, number[], string[]]>([
  [linear, [0, 1], ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
  [linear, [0, 50_000], ['0', '10,000', '20,000', '30,000', '40,000', '50,000']],
  [linear, [-0.4, 0.4], ['-0.4', '-0.2', '0.0', '0.2', '0.4']],
  [linear, [0.9991, 0.9999], ['0.9992', '0.9994', '0.9996', '0.9998']],
  [linear, [3, 3], ['1.5', '2.0', '2.5', '3.0', '3.5', '4.0', '4.5']],
  [linear, [0, 0], ['-0.4', '-0.2', '0.0', '0.2', '0.4']],
  [linear, [], ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
  [linear, [Number.NaN, Number.POSITIVE_INFINITY, 2, 4], ['2.0', '2.5', '3.0', '3.5', '4.0']],
  [linear, [1e12, 3e12], ['1.000e+12', '1.500e+12', '2.000e+12', '2.500e+12', '3.000e+12']],
  [log, [1e-6, 1], ['1e-6', '1e-4', '0.01', '1']],
  [log, [0, -1, 1e-3, 1], ['0.001', '0.003', '0.01', '0.03', '0.1', '0.3', '1']],
  [log, [2, 2.1], ['2.00', '2.02', '2.04', '2.06', '2.08', '2.10']],
  [log, [], ['0.1', '0.2', '0.3', '0.5', '0.7', '1']],
  [
    { ...linear, range: [0, 100], format: (value) => `${value} %` },
    [],
    ['0 %', '20 %', '40 %', '60 %', '80 %', '100 %'],
  ],
])('ticks of %j for %j', (axis, values, expected) => {
  const scale = scaleOf(axis, values, 6)
  expect(scale.ticks.map(({ text }) => text)).toEqual(expected)
  for (const { value } of scale.ticks) {
    expect(scale.place(value)).toBeGreaterThan(-1e-6)
    expect(scale.place(value)).toBeLessThan(1 + 1e-6)
  }
})

test('values without a place have none', () => {
  expect([Number.NaN, Number.POSITIVE_INFINITY].map(scaleOf(linear, [0, 1], 5).place)).toEqual([Number.NaN, Number.NaN])
  expect([0, -1, 1].map(scaleOf(log, [1, 10], 5).place)).toEqual([Number.NaN, Number.NaN, 0])
})

const line = (series: readonly Series[], title = 'Loss') => lineChart({ title, x: linear, y: linear, series })
const paths = (svg: string) => [...svg.matchAll(/<path class="line [^>]* d="([^"]*)"/g)].map(([, d]) => d ?? '')

describe('line charts', () => {
  test('say what they are to those who do not see them', () => {
    const svg = line([{ name: 'a', points: [[0, 1]] }], 'Loss & <rate>')
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" class="arcc-chart" role="img" [^>]*><title>Loss &#38; &#60;rate&#62;</,
    )
    expect(svg).not.toMatch(/<script|href|url\(| id=/)
  })
  test('have a line of its own color and dash for each series, and a legend', () => {
    const svg = line(
      ['one', 'two', 'three'].map((name, i) => ({
        name,
        points: [
          [0, i],
          [1, 2 * i],
        ],
      })),
    )
    expect(paths(svg)).toHaveLength(3)
    expect(svg.match(/>(one|two|three)<\/text>/g)).toHaveLength(3)
    expect(new Set(svg.match(/class="line s\d" stroke="#\w+"( stroke-dasharray="[^"]*")?/g)).size).toBe(3)
  })
  test('one series needs no legend', () => {
    expect(line([{ name: 'only', points: [[0, 1]] }])).not.toContain('only')
  })
  test('gaps interrupt a line, and a point alone is a dot', () => {
    const points = [
      [0, 1],
      [1, 2],
      [2, Number.NaN],
      [3, 1],
      [4, Number.POSITIVE_INFINITY],
    ] as const
    const [path = ''] = paths(line([{ name: 'a', points }]))
    expect(path.match(/M/g)).toHaveLength(2)
    expect(path).toMatch(/h0$/)
  })
  test('a million points become few, with the extremes', () => {
    const points = Array.from({ length: 1_000_000 }, (_, i) => [i, i === 654_321 ? 100 : i % 2] as const)
    const svg = line([{ name: 'a', points }])
    expect(svg.length).toBeLessThan(60_000)
    const rows = [...(paths(svg)[0] ?? '').matchAll(/[\d.]+ ([\d.]+)/g)].map(([, row]) => Number(row))
    expect(rows.filter((row) => row < 20)).toHaveLength(1)
  })
  test('without data they say so', () => {
    expect(line([])).toContain('no data')
    expect(line([{ name: 'a', points: [[Number.NaN, 1]] }])).toContain('no data')
  })
  test('marks stand at their value and not outside of the axis', () => {
    const series = [
      {
        name: 'a',
        points: [
          [0, 0],
          [1, 1],
        ] as const,
      },
    ]
    const marks = [
      { x: 0.5, label: 'half' },
      { x: 2, label: 'outside' },
    ]
    const svg = lineChart({ title: 't', x: linear, y: linear, series, marks })
    expect(svg).toContain('>half</text>')
    expect(svg).not.toContain('outside')
  })
})

describe('histograms', () => {
  test('show shares of each series: those with more values are not higher', () => {
    const series = [
      { name: 'few', counts: [1, 1, 0, 0] },
      { name: 'many', counts: [0, 0, 500, 500] },
    ]
    const [few = '', many = ''] = paths(histogramChart({ title: 't', x: linear, edges: [0, 1, 2, 3, 4], series }))
    const rows = (path: string) => [...path.matchAll(/[\d.]+ ([\d.]+)/g)].map(([, row]) => Number(row))
    expect(Math.min(...rows(few))).toBe(Math.min(...rows(many)))
    expect(rows(few)).toEqual(rows(many).toReversed())
  })
  test('without values they say so', () => {
    const series = [{ name: 'a', counts: [0] }]
    expect(histogramChart({ title: 't', x: linear, edges: [0, 1], series })).toContain('no data')
  })
})

test('names with any characters make valid pictures', async () => {
  const name = 'a<b> & "c" \u0000\u0007\ud800 ]]> 名前'
  const svg = line(
    [
      {
        name,
        points: [
          [0, 1],
          [1, 2],
        ],
      },
      { name, points: [] },
    ],
    name,
  )
  const { width, height } = await sharp(Buffer.from(svg)).metadata()
  expect([width, height]).toEqual([720, 400])
})
