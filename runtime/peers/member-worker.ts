/**
 * The thread that keeps a node in its run. It has nothing else to do, so that heartbeats do not wait for compiling or for a busy event
 * loop.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { need } from '../../grammar/diagnostic.ts'
import type { FromMember, MemberData, ToMember } from './member-messages.ts'
import { createPatience } from './patience.ts'
import { attemptJoin, type MemberConnection } from './store/client.ts'

/** Milliseconds between attempts to reach rank 0: where nobody answers, and where a run is about to end. */
const pause = { unreachable: 250, refused: 1000 }

const port = need(parentPort, 'a parent')
const { timeoutMs, waitsForNext, ...options }: MemberData = workerData
const tell = (message: FromMember) => port.postMessage(message)
let member: MemberConnection | undefined

port.on('message', (message: ToMember) => {
  if (message !== 'close') return member?.send(message)
  member?.close()
  port.close()
})

const began = performance.now()
let said = ''

const goesOn = createPatience({ timeoutMs, waitsForNext })

while (member === undefined) {
  const attempt = await attemptJoin(options, {
    onResponse: (response) => {
      if (response.op === 'ok') {
        // A view would be sent with all of the buffer behind it.
        const value = Uint8Array.from(response.value)
        port.postMessage({ type: 'response', response: { ...response, value } } satisfies FromMember, [value.buffer])
      } else tell({ type: 'response', response })
    },
    onGone: (reason) => tell({ type: 'gone', reason }),
  })
  if (attempt.how === 'admitted') {
    member = attempt.member
    tell({ type: 'admitted', address: attempt.address, first: attempt.first })
    break
  }
  if (attempt.how === 'stranger' || !goesOn(attempt, performance.now() - began)) {
    tell({ type: 'rejected', attempt })
    port.close()
    break
  }
  if (attempt.reason !== said) tell({ type: 'waiting', reason: attempt.reason })
  said = attempt.reason
  await new Promise((resolve) => setTimeout(resolve, pause[attempt.how]))
}
