/** The clock of tests in which files are old enough to be kept. */
import { afterAll, vi } from 'vitest'

/** Sets the clock a minute ahead for the rest of a test file, so that what it writes did not change a moment ago. */
export function aMinuteLater(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  afterAll(() => void vi.useRealTimers())
}
