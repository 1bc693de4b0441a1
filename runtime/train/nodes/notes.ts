/** What other nodes tell rank 0 while a run goes on, one after the other. */

import type { SkippedPicture } from '../../data/loader/picture-maker.ts'
import { ArccError } from '../../errors.ts'
import { labelOf } from '../../peers/calls.ts'
import type { Peers } from '../../peers/peers.ts'
import type { PlainError } from '../../plain-error.ts'
import type { StopSignal } from '../failure/interruption.ts'

/** Why all nodes stop after the same step: a signal at one of them, or an error beside its work. */
export type Stop =
  | {
      readonly signal: StopSignal
      /** Milliseconds from now until whoever sent the signal ends the process. */
      readonly grace?: number
    }
  /** `node` is the one with the error, for people. */
  | { readonly crash: PlainError; readonly rank: number; readonly node: string }

export type Note =
  | { readonly kind: 'stop'; readonly stop: Stop }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'damaged'; readonly pictures: readonly SkippedPicture[] }

export interface Notes {
  /** Tells rank 0; on rank 0 itself, nothing happens. Never throws. */
  send(note: Note): void
  /** Waits until all notes are sent, and listens no more. Never throws. */
  close(): Promise<void>
}

/** How long a request waits for the next note, in milliseconds; then another one does. */
const patience = 30_000

/** `onNote` receives the notes of other nodes on rank 0; `channel` is used once per run. */
export function openNotes(peers: Peers, channel: string, onNote: (note: Note, node: string) => void): Notes {
  const { nodes, rank } = peers
  let isOpen = true
  const listen = async (from: number) => {
    for (let number = 0; isOpen; number++) {
      const key = `${channel}/${from}/${number}`
      const bytes = await nextOf(peers, key, () => isOpen)
      if (bytes === undefined) return
      onNote(JSON.parse(Buffer.from(bytes).toString('utf8')), labelOf(from, peers.names))
      await peers.delete(key)
    }
  }
  // The end of the run says why a node is heard no more.
  if (rank === 0) for (let from = 1; from < nodes; from++) void listen(from).catch(() => undefined)
  let sent = 0
  let sending: Promise<void> = Promise.resolve()
  return {
    send(note) {
      if (rank === 0) return
      const key = `${channel}/${rank}/${sent++}`
      const bytes = Buffer.from(JSON.stringify(note))
      sending = sending.then(() => peers.put(key, bytes)).catch(() => undefined)
    },
    async close() {
      isOpen = false
      await sending
    },
  }
}

/** The value of a key that comes some time; `undefined` when nobody wants it any more. Throws when the run is over. */
export async function nextOf(peers: Peers, key: string, isWanted: () => boolean): Promise<Uint8Array | undefined> {
  while (isWanted()) {
    try {
      return await peers.get(key, patience)
    } catch (error) {
      if (!(error instanceof ArccError) || error.code !== 'ARC6850') throw error
    }
  }
  return undefined
}
