import { expect, test, vi } from 'vitest'
import { lookFor } from '../../../cli/render/look.ts'
import { scanLine } from '../../../cli/render/scan-progress.ts'
import { scanCount } from '../../../runtime/data/scan-progress.ts'

const noTerminal = { isTTY: false, columns: 80 }

test('each slow phase is noted once, and each slow listing with its root and its own time', () => {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  const notes: string[] = []
  const look = lookFor(noTerminal, {}, false)
  const watcher = scanLine({
    look,
    errorLook: look,
    result: () => undefined,
    note: (lines) => void notes.push(...lines),
    diagnostics: () => undefined,
  })
  /** One phase of 320 items that takes so many seconds. */
  const phase = (what: string, seconds: number) => {
    const count = scanCount(watcher, what)
    for (let i = 0; i < 320; i++) {
      now += (1000 * seconds) / 320
      count.add()
    }
  }
  watcher.begin('/sets/a')
  phase('reading /sets/a/1.rec', 3)
  phase('reading /sets/a/2.rec', 8)
  phase('reading /sets/a/3.rec', 1)
  watcher.end()
  now += 60_000
  watcher.begin('/sets/b')
  phase('reading /sets/b/1.rec', 4)
  watcher.end()
  watcher.begin('/sets/c')
  phase('reading /sets/c/1.rec', 7)
  watcher.end()
  clock.mockRestore()
  expect(notes).toEqual([
    'reading /sets/a/2.rec …',
    '/sets/a listed in 12.0 s',
    'reading /sets/c/1.rec …',
    '/sets/c listed in 7.00 s',
  ])
})
