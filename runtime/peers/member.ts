/** The thread that keeps this node in its run, as the main thread holds it. */
import { startThread } from '../start-thread.ts'
import { showAddress } from './address.ts'
import type { JoinOptions } from './join-options.ts'
import { lossError, reportedError, reportIn } from './loss.ts'
import type { FromMember, MemberData, ToMember } from './member-messages.ts'
import { createRequests, type Requests } from './requests.ts'
import { peerErrors } from './store/messages.ts'
import type { Response } from './store/protocol.ts'
import { refusalError } from './store/refusal.ts'

export interface Member {
  readonly requests: Requests
  /** The address at which the store was reached, and the name of rank 0; rejects if this node cannot join. */
  readonly admitted: Promise<{ readonly address: string; readonly first: string }>
  /** Ends the connection and the thread. */
  close(): Promise<void>
}

/** Starts to join. `lost` is aborted when another node ends the run. */
export function startMember(
  options: JoinOptions & { readonly name: string },
  nameOf: (rank: number, name?: string) => string,
  lost: AbortController,
): Member {
  const { nodes, rank, rendezvous, token, version, name, timeoutMs, waitsForNext = false, onNotice } = options
  const address = showAddress(rendezvous)
  const facts = { version, name, nodes }
  const workerData: MemberData = { ...rendezvous, token, rank, facts, timeoutMs, waitsForNext }
  const thread = startThread(new URL('./member-worker.ts', import.meta.url), { workerData })
  const requests = createRequests((request) => thread.postMessage(request satisfies ToMember))
  let isClosing = false

  const lose = (error: Error) => {
    if (!isClosing && !lost.signal.aborted) lost.abort(error)
  }
  const take = (response: Response) => {
    if (response.op === 'ok' || response.op === 'error') {
      if (response.id !== 0) requests.take(response)
      return
    }
    const report = reportIn(response.report)
    if (response.op === 'lost') lose(lossError(nameOf(response.rank, report.name), report.reason))
    // The own error is known here.
    else if (response.rank !== rank || report.ofAll === true)
      lose(reportedError(nameOf(response.rank, report.name), report))
  }
  const admitted = new Promise<Awaited<Member['admitted']>>((resolve, reject) => {
    const end = (error: Error) => {
      reject(error)
      requests.end(error)
    }
    thread.once('error', end)
    thread.on('message', (message: FromMember) => {
      switch (message.type) {
        case 'waiting':
          return onNotice(`waiting for rank 0 at ${address}: ${message.reason}`)
        case 'admitted':
          return resolve(message)
        case 'rejected':
          return end(rejection(message.attempt, address, timeoutMs))
        case 'gone': {
          const error = lossError(nameOf(0), message.reason)
          lose(error)
          return requests.end(lost.signal.aborted ? lost.signal.reason : error)
        }
        case 'response':
          return take(message.response)
      }
    })
  })
  const exited = new Promise<void>((resolve) => {
    thread.once('exit', () => resolve())
  })
  return {
    requests,
    admitted,
    async close() {
      isClosing = true
      thread.postMessage('close' satisfies ToMember)
      const late = setTimeout(() => thread.terminate(), 2000)
      await exited
      clearTimeout(late)
      requests.end(lossError(`rank ${rank}`, 'it has left the run'))
    },
  }
}

function rejection(
  attempt: Extract<FromMember, { readonly type: 'rejected' }>['attempt'],
  address: string,
  timeoutMs: number,
): Error {
  switch (attempt.how) {
    case 'refused':
      return refusalError(attempt.refusal, attempt.reason)
    case 'stranger':
      return peerErrors('ARC6866', { address, reason: attempt.reason })
    case 'unreachable':
      return peerErrors('ARC6851', { address, seconds: Math.round(timeoutMs / 1000), reason: attempt.reason })
  }
}
