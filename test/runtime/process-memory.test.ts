/** The most memory of this process. */
import { expect, test } from 'vitest'
import { peakProcessBytes } from '../../runtime/process-memory.ts'

const refused = () => {
  throw new Error('ENOENT')
}

test.each([
  ['the high-water mark of Linux', () => 'VmPeak:\t  900 kB\nVmHWM:\t  123 kB\nVmRSS:\t  100 kB\n', 123 * 1024],
  ['a system without that file', refused, process.resourceUsage().maxRSS * 1024],
  ['a file without that line', () => 'Name:\tnode\n', process.resourceUsage().maxRSS * 1024],
])('%s', (_, read, least) => {
  expect(peakProcessBytes(read)).toBeGreaterThanOrEqual(least)
})

test('it counts what was freed since', () => {
  const before = process.memoryUsage.rss()
  const held = { bytes: Buffer.alloc(64 * 2 ** 20, 1) }
  expect(held.bytes.length).toBe(64 * 2 ** 20)
  expect(peakProcessBytes()).toBeGreaterThan(Math.max(before, 64 * 2 ** 20))
})
