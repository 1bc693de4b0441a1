/** Requests to stop: what comes first, and an error beside it. */
import { expect, test } from 'vitest'
import { interruptible } from '../../../cli/host/interruptible.ts'
import { Crash, Interruption } from '../../../runtime/train/failure/interruption.ts'

test('an error stops a command; a second one does not wait', () => {
  const stop = interruptible({ onFirst: () => undefined })
  expect(() => stop.throwCrash()).not.toThrow()
  expect([stop.crash(new Error('a socket')), stop.signal.reason instanceof Crash, stop.code]).toEqual([
    true,
    true,
    undefined,
  ])
  expect(stop.crash(new Error('another'))).toBe(false)
  expect(() => stop.throwCrash()).toThrow('a socket')
  stop.release()
})

test('a command that stops because of a signal goes on stopping, and the error is kept', () => {
  const stop = interruptible({ onFirst: () => undefined })
  process.emit('SIGHUP', 'SIGHUP')
  expect([stop.crash(new Error('a socket')), stop.signal.reason instanceof Interruption, stop.code]).toEqual([
    true,
    true,
    129,
  ])
  expect(() => stop.throwCrash()).toThrow('a socket')
  expect(stop.crash(new Error('another'))).toBe(false)
  stop.release()
})
