/**
 * Failures of a run that are neither mistakes in the user's `.arc` text (diagnostics) nor our own (`bug`): the device, the files,
 * the data. Each part of the runtime has its own catalog of codes, so that a missing parameter does not compile: ARC60xx engines
 * and devices, ARC62xx data and images, ARC64xx tensor files and checkpoints.
 */

/** The message of a code, and the remedy. */
export interface ErrorMessage<P> {
  /** A single complete sentence, without a period. */
  readonly text: (params: P) => string
  /** The remedy, if there is one. */
  readonly hint?: (params: P) => string
}

/** Codes and their messages; `never`, since a catalog holds messages of every parameter type. */
export type ErrorCatalogue = Record<`ARC6${number}`, ErrorMessage<never>>

type ParamsOf<C extends ErrorCatalogue, K extends keyof C> = C[K] extends ErrorMessage<infer P> ? P : never

/** A user-facing failure: its code, its sentence, and the remedy if known. */
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

/** Builds the errors of one catalog; `cause` keeps a library's own error. */
export function errorsOf<C extends ErrorCatalogue>(catalogue: C) {
  return function create<K extends keyof C & string>(code: K, params: ParamsOf<C, K>, cause?: unknown): ArccError {
    const message = catalogue[code] as ErrorMessage<never>
    const options = cause === undefined ? undefined : { cause }
    return new ArccError(code, message.text(params as never), message.hint?.(params as never), options)
  }
}
