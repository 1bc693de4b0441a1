/** `match index { 0 => 2, _ => 1 }` of other languages: a choice here. */
import type { DiagnosticBag } from './diagnostic.ts'
import { grammarError } from './messages.ts'
import { type Span, textOf } from './source.ts'
import { DECLARATION_WORDS } from './tokens.ts'

const MATCH = /(?:match|switch|when)\b[ \t]*([^\n{}]*?)[ \t]*\{([^{}]*(?:=>|->|\bcase\b)[^{}]*)\}/y

/** `block match(x: Image) … {` declares a block with this name. */
const DECLARED = new RegExp(String.raw`\b(?:${DECLARATION_WORDS.join('|')})[ \t]+$`)

/** Where one ends that starts at an offset. */
export function matchEnd(text: string, start: number): number | undefined {
  MATCH.lastIndex = start
  if (DECLARED.test(text.slice(Math.max(0, start - 40), start))) return undefined
  return MATCH.test(text) ? MATCH.lastIndex : undefined
}

/** The same choice with `if`; `undefined` if a case is more than a value. */
function asChoice(subject: string, cases: string): string | undefined {
  const pairs = cases
    .split(/[,;\n]/)
    .filter((one) => one.trim() !== '')
    .map((one) => /^\s*(?:case\s+)?([\w.+-]+|"[^"]*")\s*(?:=>|->)\s*([^=>]+?)\s*$/.exec(one))
  const last = pairs.at(-1)
  if (last === null || last === undefined || !/^(?:_|else|default)$/.test(last[1] ?? '')) return undefined
  const others = pairs.slice(0, -1)
  if (others.length === 0 || others.includes(null)) return undefined
  const branches = others.map((pair) => `if ${subject} == ${pair?.[1]} then ${pair?.[2]} else `)
  return branches.join('') + last[2]
}

export function reportMatch(span: Span, bag: DiagnosticBag): void {
  const text = textOf(span)
  MATCH.lastIndex = 0
  const [, subject = '', cases = ''] = MATCH.exec(text) ?? []
  const [word = ''] = /^\w+/.exec(text) ?? []
  const replacement = /^[\w.() ]+$/.test(subject) ? asChoice(subject.replace(/^\((.*)\)$/, '$1'), cases) : undefined
  const fix = replacement === undefined ? {} : { fix: { message: 'write `if`', span, replacement } }
  const place = { ...span, end: span.start + word.length }
  bag.add(grammarError('ARC1224', { word, instead: 'a choice is written `if a then b else c`' }, place, fix))
}
