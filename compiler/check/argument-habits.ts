/** Arguments as in other languages: a decimal comma, and a list without its brackets. */
import { joinSpans, textOf } from '../../grammar/source.ts'
import type { Application, Given } from './application.ts'
import { type Checker, report, type Scope } from './checker.ts'
import { fits } from './fit.ts'
import { checkDiagnostic } from './messages.ts'
import { showType } from './show-type.ts'

/** `m: 0,5`: a decimal comma, which makes two arguments of one number; false if this is anything else. */
export function reportDecimalComma(checker: Checker, before: Given | undefined, given: Given): boolean {
  if (before === undefined || given.name !== undefined) return false
  const span = joinSpans(before.value.span, given.value.span)
  const text = textOf(span)
  if (!/^\d+,\d+( ?[A-Za-z%/]+)?$/.test(text)) return false
  const replacement = text.replace(',', '.')
  const fix = { message: `write \`${replacement}\``, span, replacement }
  report(checker, checkDiagnostic('ARC3116', { text }, span, { fix }))
  return true
}

/** `betas: [0.9, 0.99]`, where the parameters are `beta1` and `beta2`: reported once, and understood as both. */
export function splitNumbered(checker: Checker, call: Application): Application {
  const { given, slots } = call
  for (const [index, { name, value, span }] of given.entries()) {
    if (name === undefined || value.kind !== 'List' || !name.text.endsWith('s')) continue
    const numbered = value.items.map((_, i) => `${name.text.slice(0, -1)}${i + 1}`)
    if (numbered.length < 2 || !numbered.every((one) => slots.some((slot) => slot.name === one))) continue
    const parts = value.items.map((item, i) => ({
      name: { ...name, text: numbered[i] ?? '' },
      value: item,
      span: item.span,
    }))
    const replacement = parts.map((part) => `${part.name.text}: ${textOf(part.span)}`).join(', ')
    const fix = { message: `write \`${replacement}\``, span, replacement }
    report(checker, checkDiagnostic('ARC3103', { callee: call.callee, name: name.text }, name.span, { fix }))
    return { ...call, given: [...given.slice(0, index), ...parts, ...given.slice(index + 1)] }
  }
  return call
}

/** Values whose type is found without checking anything else. */
const plain: ReadonlySet<Given['value']['kind']> = new Set(['Name', 'Number', 'String', 'Bool'])

/**
 * `stage(channels, x)` for `stage(x, channels)`: two neighboring arguments, each of which fits only the place of the other. Reported
 * once, and understood as they were meant.
 */
export function exchangeSwapped(checker: Checker, call: Application, scope: Scope): Application {
  const { given, slots } = call
  for (const [index, a] of given.entries()) {
    const [b, first, second] = [given[index + 1], slots[index], slots[index + 1]]
    if (b === undefined || first === undefined || second === undefined) return call
    if (fits(first.type, second.type) || ![a, b].every(isPlain)) continue
    const silent = checker.silent()
    const [found, next] = [silent.infer(a.value, scope), silent.infer(b.value, scope)]
    if (found.kind === 'unknown' || next.kind === 'unknown') continue
    if (!fits(found, second.type) || !fits(next, first.type) || fits(found, first.type) || fits(next, second.type))
      continue
    const span = joinSpans(a.span, b.span)
    const between = span.source.text.slice(a.span.end, b.span.start)
    const replacement = `${textOf(b.span)}${between}${textOf(a.span)}`
    const fix = { message: 'swap them', span, replacement }
    const related = call.declared === undefined ? [] : [{ span: call.declared, message: 'declared here' }]
    const params = { callee: call.callee, first: first.name, second: second.name }
    report(checker, checkDiagnostic('ARC3115', params, span, { related, fix }))
    return { ...call, given: [...given.slice(0, index), b, a, ...given.slice(index + 2)] }
  }
  return call
}

function isPlain({ name, into, value }: Given): boolean {
  return name === undefined && into === undefined && plain.has(value.kind)
}

/** `multistep(4 epochs, 8 epochs)`, whose first parameter is a list of durations: reported once, and understood as the list. */
export function gatherList(checker: Checker, call: Application, scope: Scope): Application {
  const { given, slots } = call
  const end = given.findIndex(({ name }) => name !== undefined)
  const count = end < 0 ? given.length : end
  const silent = checker.silent()
  for (const [index, slot] of slots.slice(0, Math.max(0, count - 1)).entries()) {
    if (slot.type.kind !== 'list') continue
    const { element } = slot.type
    const isElement = ({ value }: Given) =>
      (value.kind === 'Number' || value.kind === 'String') && fits(silent.infer(value, scope), element)
    const last = given[count - 1]
    const first = given[index]
    if (first === undefined || last === undefined || !given.slice(index, count).every(isElement)) continue
    const span = joinSpans(first.span, last.span)
    const fix = { message: 'write a list', span, replacement: `[${textOf(span)}]` }
    const params = {
      place: `\`${slot.name}\` of \`${call.callee}\` takes`,
      expected: showType(slot.type),
      found: `${count - index} values`,
    }
    report(checker, checkDiagnostic('ARC3001', params, span, { fix }))
    const whole = { name: undefined, value: first.value, span, type: slot.type }
    return { ...call, given: [...given.slice(0, index), whole, ...given.slice(count)] }
  }
  return call
}
