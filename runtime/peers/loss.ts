/** What a node shows when another one ends the run. */
import { ArccError } from '../errors.ts'
import { type Report, readReport } from './store/facts.ts'
import { peerErrors } from './store/messages.ts'

/**
 * Codes of errors that another node may have caused: they go behind the error of that node. A part that speaks with other nodes by
 * connections of its own adds the code for a broken one.
 */
const consequences: ReadonlySet<string> = new Set(['ARC6850', 'ARC6857', 'ARC6868'])

/** Codes of errors that say themselves which nodes they are about, and that all nodes meet. */
const common: ReadonlySet<string> = new Set(['ARC6852', 'ARC6855', 'ARC6856'])

/** Whether an error is one of all nodes, and not of the one that reports it. */
export function isCommon(error: unknown): boolean {
  return error instanceof ArccError && common.has(error.code)
}

/** Whether an error may only follow from the end of another node. */
export function isConsequence(error: unknown): boolean {
  return error instanceof ArccError && consequences.has(error.code)
}

/** The error of a node that is gone. */
export function lossError(node: string, reason: string): ArccError {
  return peerErrors('ARC6857', { node, reason })
}

/** The error that a node has reported, with the node in front of it. */
export function reportedError(node: string, { code, reason, hint, ofAll }: Report): ArccError {
  if (!/^ARC\d{4}$/.test(code)) return peerErrors('ARC6858', { node, reason })
  return new ArccError(code, { node }, { text: ofAll === true ? reason : `${node}: ${reason}`, hint })
}

/** A report in a message of the store. */
export function reportIn(value: Uint8Array): Report {
  return readReport(value) ?? { code: 'bug', reason: 'it has not said why' }
}
