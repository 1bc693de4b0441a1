/** The watchdog: what takes too long raises an alarm, after which nothing that is watched goes on. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createWatchdog } from '../../../runtime/train/failure/watchdog.ts'

/** Seconds. */
const limit = 0.02

/** Work that is settled from outside. */
function open() {
  let resolve: (value: number) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const work = new Promise<number>((...settle) => {
    ;[resolve, reject] = settle
  })
  return { work, resolve: () => resolve(1), reject: () => reject(new Error('late')) }
}

/** What became of a promise. */
function observed(promise: Promise<unknown>) {
  const seen = { state: 'pending' }
  promise.then(
    () => {
      seen.state = 'resolved'
    },
    () => {
      seen.state = 'rejected'
    },
  )
  return seen
}

test('what ends in time is delivered, answers and errors', async () => {
  const watchdog = createWatchdog(limit)
  expect(await watchdog.watch('a step', async () => 3)).toBe(3)
  await expect(watchdog.watch('a step', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost')
  watchdog.end()
})

test.each(['resolve', 'reject'] as const)('after the alarm, a late answer is not delivered: %s', async (how) => {
  const watchdog = createWatchdog(limit)
  const late = open()
  const seen = observed(watchdog.watch('step 12', () => late.work))
  expect(await watchdog.alarm).toMatchObject({ code: 'ARC6725', params: { what: 'step 12', seconds: limit } })
  late[how]()
  await sleep(5)
  expect(seen.state).toBe('pending')
})

test('after the alarm, nothing else that is watched goes on, and nothing is started', async () => {
  const watchdog = createWatchdog(limit)
  const other = open()
  watchdog.watch('step 12', () => open().work)
  await sleep(limit * 500)
  const seen = observed(watchdog.watch('reading', () => other.work))
  await watchdog.alarm
  other.resolve()
  await sleep(5)
  expect(seen.state).toBe('pending')
  let hasStarted = false
  watchdog.watch('step 13', async () => {
    hasStarted = true
  })
  await sleep(1)
  expect(hasStarted).toBe(false)
})

test('without a limit, everything is delivered', async () => {
  const watchdog = createWatchdog('never')
  expect(await watchdog.watch('a step', () => sleep(5, 4))).toBe(4)
})
