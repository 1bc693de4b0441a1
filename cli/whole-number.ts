/** Whole numbers as arguments of options. */
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
