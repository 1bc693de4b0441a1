/**
 * Failures of a run that are neither errors in the user's `.arc` text (diagnostics) nor bugs in arcc (`bug`): devices, files,
 * data. Each part of the runtime has its own catalogue of codes, so that a missing parameter does not compile:
 * ARC60xx engines and devices, ARC62xx data and pictures, ARC63xx verification, ARC640x tensor files, ARC641x written data sets,
 * ARC65xx training, ARC66xx files that a command names.
 */
import type { Params } from '../grammar/diagnostic.ts'
import { showName } from '../grammar/source.ts'

/** The message of one code, and its remedy. */
export interface ErrorMessage<P extends Params> {
  /** One self-contained sentence, without a full stop. */
  readonly text: (params: P) => string
  /** The remedy, if any. */
  readonly hint?: (params: P) => string
}

/** Codes and their messages; `never`, because a catalogue contains messages of every parameter type. */
export type ErrorCatalogue = Record<`ARC6${number}`, ErrorMessage<never>>

/** The parameters of one code of a catalogue. */
type ParamsOf<C extends ErrorCatalogue, K extends keyof C> =
  C[K] extends ErrorMessage<infer P extends Params> ? P : never

/** A user-facing failure: its code, its message, and the remedy if known. */
export class ArccError extends Error {
  override readonly name: string = 'ArccError'
  readonly code: string
  /** The parameters of the message and of the hint. */
  readonly params: Params
  readonly hint: string | undefined

  constructor(code: string, params: Params, said: { text: string; hint?: string | undefined }, options?: ErrorOptions) {
    super(said.text, options)
    this.code = code
    this.params = params
    this.hint = said.hint
  }
}

/** Parameters that are names of files, which may contain anything. */
const names: ReadonlySet<string> = new Set(['file', 'folder', 'path', 'root', 'set'])

/** The parameters with control characters of names as escapes, so that a message stays on its line. */
function printable(params: Params): Params {
  const shown = Object.entries(params).map(([key, value]) => [
    key,
    names.has(key) && typeof value === 'string' ? showName(value) : value,
  ])
  return Object.fromEntries(shown)
}

/** Returns the function that builds the errors of one catalogue, with the catalogue attached; `cause` is the original error. */
export function errorsOf<C extends ErrorCatalogue>(catalogue: C) {
  function create<K extends keyof C & string>(code: K, params: ParamsOf<C, K>, cause?: unknown): ArccError {
    const message = catalogue[code] as ErrorMessage<never>
    const options = cause === undefined ? undefined : { cause }
    const shown = printable(params) as never
    const said = { text: message.text(shown), hint: message.hint?.(shown) }
    return new ArccError(code, params, said, options)
  }
  return Object.assign(create, { catalogue })
}
