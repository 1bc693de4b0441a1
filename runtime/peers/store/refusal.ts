/** Why a node is not admitted. In an error of the store the reason follows its kind, so that both sides say the same. */
import type { ArccError } from '../../errors.ts'
import { peerErrors } from './messages.ts'

const kinds = {
  token: (reason) => peerErrors('ARC6853', { reason }),
  taken: (reason) => peerErrors('ARC6854', { reason }),
  difference: (reason) => peerErrors('ARC6855', { differences: [reason] }),
  clock: (reason) => peerErrors('ARC6856', { reason }),
  over: (reason) => peerErrors('ARC6867', { reason }),
  stranger: (reason) => peerErrors('ARC6862', { reason }),
} as const satisfies Readonly<Record<string, (reason: string) => ArccError>>

export type Refusal = keyof typeof kinds

/** A node that should be part of the run, but cannot: no other will come in its place, so the run ends. */
export function endsRun(refusal: Refusal): boolean {
  return refusal === 'difference' || refusal === 'clock'
}

/** The error that both sides show. */
export function refusalError(refusal: Refusal, reason: string): ArccError {
  return kinds[refusal](reason)
}

export function refusalText(refusal: Refusal, reason: string): string {
  return `${refusal}: ${reason}`
}

/** What the text of a refusal stands for. */
export function readRefusal(text: string): { readonly refusal: Refusal; readonly reason: string } {
  const at = text.indexOf(': ')
  const kind = text.slice(0, at)
  const isKnown = (it: string): it is Refusal => Object.hasOwn(kinds, it)
  return isKnown(kind) ? { refusal: kind, reason: text.slice(at + 2) } : { refusal: 'stranger', reason: text }
}
