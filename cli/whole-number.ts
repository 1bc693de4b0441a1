/** Numbers as arguments of options. */
import { InvalidArgumentError } from 'commander'

/** A parser of whole numbers in a range. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`Write a whole number ${range}.`)
  }
}

/** A parser of seconds, also of parts of one. */
export function seconds(value: string): number {
  const number = Number(value)
  if (value.trim() === '' || !(number >= 0 && number < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('Write it as a number of seconds, as in 30.')
  return number
}
