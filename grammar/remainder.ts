/** Remainders and whole quotients of numbers that need not be whole: `mod` and `div` take whole numbers only. */
import type { Fix } from './diagnostic.ts'
import type { SourceFile, Span } from './source.ts'

/** The same as `x mod y`, or `x div y`, for any numbers; in parentheses, because what is around it may bind more tightly. */
export function floored(isRemainder: boolean, x: string, y: string): string {
  const quotient = `floor(${x} / ${y})`
  return isRemainder ? `(${x} - ${y} * ${quotient})` : quotient
}

/** `factor(step, total) = …`, `update(weight, …) {`, `fn f(x: scalar) …`: a method or a function, with its parameters. */
const heads = /\b(fn\s+)?\w+\s*\(([^()]*)\)\s*(?:->\s*\w+\s*)?(?:=(?![=>])|\{)/g

/** The parameters of the method or function around a place that need not be whole numbers. */
function scalarsAround(source: SourceFile, place: Span): readonly string[] {
  const head = [...source.text.slice(0, place.start).matchAll(heads)].at(-1)
  if (head === undefined) return []
  const [, fn, parameters = ''] = head
  const pattern = fn === undefined ? /^\s*(\w+)\s*$/ : /^\s*(\w+)\s*:\s*(?:scalar|float)\b/
  return parameters.split(',').flatMap((parameter) => pattern.exec(parameter)?.[1] ?? [])
}

/** `step % 2` in a method, whose values are no whole numbers: the edit that computes the remainder; `undefined` elsewhere. */
export function remainderFix(source: SourceFile, sign: Span): Fix | undefined {
  const before = source.text.slice(Math.max(0, sign.start - 80), sign.start)
  const after = source.text.slice(sign.end, sign.end + 80)
  const [left, x] = /(?<![.*/][ \t]*)(\b[A-Za-z_]\w*)[ \t]*$/.exec(before) ?? []
  const [right, y] = /^[ \t]*([A-Za-z_]\w*|\d+(?:\.\d+)?)(?![\w.(]|[ \t]*\*\*)/.exec(after) ?? []
  if (left === undefined || x === undefined || right === undefined || y === undefined) return undefined
  const scalars = scalarsAround(source, sign)
  if (!scalars.includes(x) && !scalars.includes(y)) return undefined
  const span = { source, start: sign.start - left.length, end: sign.end + right.length }
  return {
    message: 'compute the remainder with `floor`: `mod` takes whole numbers',
    span,
    replacement: floored(true, x, y),
  }
}
