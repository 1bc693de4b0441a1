/**
 * Failures of a run that are neither the user's `.arc` text (diagnostics) nor mistakes of ours (`bug`): the device, the files,
 * the data. Each part of the runtime keeps its own catalogue of codes, so that a missing parameter does not compile:
 * ARC60xx engines and devices, ARC62xx data and pictures, ARC64xx tensor files and checkpoints.
 */

/** What one code says, and what to do about it. */
export interface ErrorMessage<P> {
  /** One sentence that stands alone, without a full stop. */
  readonly text: (params: P) => string
  /** The remedy, where there is one. */
  readonly hint?: (params: P) => string
}

/** Codes and what they say; `never`, since a catalogue holds messages of every parameter type. */
export type ErrorCatalogue = Record<`ARC6${number}`, ErrorMessage<never>>

type ParamsOf<C extends ErrorCatalogue, K extends keyof C> = C[K] extends ErrorMessage<infer P> ? P : never

/** A failure that people read: its code, its sentence, and the remedy where one is known. */
export class ArccError extends Error {
  override readonly name: string = 'ArccError'
  readonly code: string
  readonly hint: string | undefined

  constructor(code: string, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.hint = hint
  }
}

/** Builds the errors of one catalogue; `cause` keeps what a library said. */
export function errorsOf<C extends ErrorCatalogue>(catalogue: C) {
  return function create<K extends keyof C & string>(code: K, params: ParamsOf<C, K>, cause?: unknown): ArccError {
    const message = catalogue[code] as ErrorMessage<never>
    const options = cause === undefined ? undefined : { cause }
    return new ArccError(code, message.text(params as never), message.hint?.(params as never), options)
  }
}
