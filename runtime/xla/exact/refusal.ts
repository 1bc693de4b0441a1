/** XLA's error for a program that it does not compile, and its place in the `.arc` files. */

export interface Refusal {
  readonly message: string
  /** ` --> layers.arc:12:5` on its own line; empty if XLA gives no place. */
  readonly place: string
}

/** MLIR's diagnostics: the location of the failing op, then the error. */
const located = /^(.+\.arc:\d+:\d+): error: (.+)$/m

/** The first error with a place in an `.arc` file, otherwise the whole text. */
export function readRefusal(text: string): Refusal {
  const found = located.exec(text)
  if (found === null) return { message: text.trim(), place: '' }
  const [, place = '', message = ''] = found
  return { message, place: `\n  --> ${place}` }
}
