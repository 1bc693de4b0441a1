/** The edit that makes a vector of an image where only vectors fit. */
import type { Fix } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'

/** What is inside of brackets, innermost first. */
const bracketed = /\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}/g

function withoutBrackets(text: string): string {
  const less = text.replace(bracketed, '')
  return less === text ? text : withoutBrackets(less)
}

/** Whether ` |> flatten` may follow: a name, a call, or a pipeline of them, not an operator or an `if`. */
function canBePiped(text: string): boolean {
  return /^[\w.\s]+(?:\|>[\w.\s]+)*$/.test(withoutBrackets(text)) && !/\b(?:if|for|not)\b/.test(text)
}

/** Continues the expression at `span`, an image; `more` follows `flatten`. Nothing if it is no expression that can be continued. */
export function flattenFix(span: Span | undefined, more = ''): { readonly fix?: Fix } {
  if (span === undefined || !canBePiped(textOf(span))) return {}
  const replacement = ` |> flatten${more}`
  const at = { ...span, start: span.end }
  return { fix: { message: `make a vector of the image: \`${replacement.trim()}\``, span: at, replacement } }
}
