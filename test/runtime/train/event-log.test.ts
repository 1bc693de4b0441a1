/** The event log on a disk that is full: `/dev/full` takes no byte. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { openEventLog } from '../../../runtime/train/event-log.ts'

test.skipIf(!existsSync('/dev/full'))('after closing, nothing is written and nothing is said', async () => {
  const messages: string[] = []
  const log = await openEventLog('/dev/full', {
    retryAfter: 0,
    onTrouble(message) {
      messages.push(message)
      // As in a run: its warnings are events too.
      if (messages.length < 20) log.add({ type: 'warning', message })
    },
  })
  log.add({ type: 'warning', message: 'first' })
  await log.close()
  const said = messages.length
  expect(messages.at(-1)).toContain('events are lost')
  const timers = vi.spyOn(globalThis, 'setTimeout')
  log.add({ type: 'warning', message: 'late' })
  await sleep(20)
  expect(messages).toHaveLength(said)
  expect(timers).not.toHaveBeenCalled()
  timers.mockRestore()
})
