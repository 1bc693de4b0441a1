/** Freed memory goes back to the system, which the C library alone would keep. */
import { expect, it } from 'vitest'
import { processLibrary } from '../../runtime/native-library.ts'
import { giveBackFreePages } from '../../runtime/xla/free-pages.ts'

const isGlibc =
  process.platform === 'linux' && 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header

it.runIf(isGlibc)('gives back what lies below memory in use', () => {
  const libc = processLibrary()
  const allocate = libc.func('void* malloc(size_t bytes)')
  const fill = libc.func('void* memset(void* at, int byte, size_t count)')
  const free = libc.func('void free(void* at)')
  // Small enough to come from the heap, 128 MiB together.
  const bytes = 2 ** 16
  const blocks = Array.from({ length: 2049 }, () => fill(allocate(bytes), 1, bytes))
  const last = blocks.pop()
  for (const block of blocks) free(block)
  const before = process.memoryUsage.rss()
  giveBackFreePages()
  expect(before - process.memoryUsage.rss()).toBeGreaterThan(100 * 2 ** 20)
  free(last)
})
