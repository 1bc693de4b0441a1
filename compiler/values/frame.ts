/** The chain of calls that led to a place. */
import type { Span } from '../../grammar/source.ts'

/** Where the arguments of a call are written, by parameter. */
export type ArgumentPlaces = ReadonlyMap<string, { readonly span: Span }>

/** A call on the chain that led to the current place. */
export interface Frame {
  readonly name: string
  /** The callee; if it is already on the chain, it calls itself. */
  readonly target: object
  /** The scope it opened for parameters, if any. */
  readonly path: string | undefined
  readonly span: Span
  /** Where its arguments are written, by parameter. */
  readonly places?: ArgumentPlaces
  readonly outer: Frame | undefined
  readonly depth: number
}
