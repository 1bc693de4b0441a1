import { expect, test } from 'vitest'
import {
  formatBytes,
  formatClock,
  formatCompact,
  formatCount,
  formatDeviation,
  formatNumber,
  formatPercent,
  formatQuantity,
  formatRate,
  formatSeconds,
  plural,
} from '../../../cli/render/format.ts'

/** Rows of arguments and expected results. */
function table<A extends readonly unknown[]>(name: string, format: (...args: A) => unknown, rows: [...A, unknown][]) {
  test.each(rows)(`${name}(%s) …`, (...row) => {
    const args = row.slice(0, -1) as unknown as A
    expect(format(...args)).toBe(row.at(-1))
  })
}

table('bytes', formatBytes, [
  [undefined, 'unknown'],
  [0, '0 B'],
  [1, '1 B'],
  [999, '999 B'],
  [1000, '0.98 KiB'],
  [1536, '1.50 KiB'],
  [1023.6 * 1024, '1.00 MiB'],
  [184_438_784, '176 MiB'],
  [13.1 * 2 ** 30, '13.1 GiB'],
  [2 ** 50, '1.00 PiB'],
  [2 ** 62, '4096 PiB'],
  [Number.NaN, 'NaN'],
])

table('count', formatCount, [
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [360_232, '360,232'],
  [17_091_657, '17,091,657'],
  [1234.6, '1,235'],
])

table('compact', formatCompact as (count: number) => string, [
  [4312, '4,312'],
  [65_156_160, '65.16 M'],
  [999_999, '1.000 M'],
  [12_126_461_952, '12.13 G'],
  [0, '0'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
])

table('quantity', formatQuantity as (value: number, unit: string) => string, [
  [0, 'FLOP', '0 FLOP'],
  [9.31e12, 'FLOP', '9.31 TFLOP'],
  [900e9, 'B/s', '900 GB/s'],
  [999.9e9, 'B/s', '1.00 TB/s'],
])

table('seconds', formatSeconds, [
  [undefined, 'unknown'],
  [0, '0 s'],
  [0.000_85, '850 µs'],
  [0.0125, '12.5 ms'],
  [0.9994, '999 ms'],
  [0.9996, '1.00 s'],
  [3.2, '3.20 s'],
  [59.94, '59.9 s'],
  [59.97, '1m 00s'],
  [125, '2m 05s'],
  [3599.6, '1h 00m'],
  [80_517, '22h 22m'],
  [86_399, '1d 00h'],
  [13 * 86_400 + 4 * 3600, '13d 04h'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
])

table('clock', formatClock, [
  [0, '00:00:00'],
  [9667.9, '02:41:07'],
  [-1, '00:00:00'],
  [360_000, '100:00:00'],
])

table('rate', formatRate, [
  [3312.4, 'images', '3,312 images/s'],
  [999.7, 'images', '1,000 images/s'],
  [48.25, 'images', '48.3 images/s'],
  [0.5, 'images', '0.50 images/s'],
])

table('percent', formatPercent, [
  [0.414, 0, '41 %'],
  [0.9952, 2, '99.52 %'],
])

table('deviation', formatDeviation, [
  [0.3, 0.33, 0, '+10 %'],
  [0.3, 0.27, 0, '-10 %'],
  [0.3, 0.3, 0, '+0 %'],
  [1000, 999, 0, '+0 %'],
  [1000, 973, 1, '-2.7 %'],
  [1000, 1006, 1, '+0.6 %'],
  [100_000, 99_999, 1, '+0.0 %'],
  [0.3, undefined, 0, undefined],
  [0, 1, 0, undefined],
])

table('number', formatNumber as (value: number, digits: number) => string, [
  [11.8421, 4, '11.84'],
  [0.1, 3, '0.1'],
  [0.082_24, 3, '0.0822'],
  [0.000_012_3, 3, '0.0000123'],
  [1.25e-9, 3, '1.25e-9'],
  [Number.NaN, 3, 'nan'],
  [Number.NEGATIVE_INFINITY, 3, '-infinity'],
  [0, 3, '0'],
])

table('plural', plural, [
  [1, 'device', '1 device'],
  [1200, 'device', '1,200 devices'],
])
