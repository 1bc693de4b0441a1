/** What XLA says of a program that it does not compile, and where in the `.arc` files that came from. */

export interface Refusal {
  readonly message: string
  /** ` --> layers.arc:12:5` on a line of its own; empty where XLA names no place. */
  readonly place: string
}

/** MLIR's diagnostics: the location of the op at fault, then what is wrong with it. */
const located = /^(.+\.arc:\d+:\d+): error: (.+)$/m

/** The first error with a place in an `.arc` file, else all that was said. */
export function readRefusal(text: string): Refusal {
  const found = located.exec(text)
  if (found === null) return { message: text.trim(), place: '' }
  const [, place = '', message = ''] = found
  return { message, place: `\n  --> ${place}` }
}
