/** Numbers with their units, and strings. */
import type { BatchExpr, NumberExpr, StringExpr } from '../../grammar/ast.ts'
import type { Extras } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { unitNames, unitOf } from '../types/dimension.ts'
import { own } from '../types/own.ts'
import { batch, float, int, quantity, string, type Type, unknown } from '../types/type.ts'
import { type Checker, report, type Scope } from './checker.ts'
import { checkDiagnostic } from './messages.ts'
import { quoteLikeliest, showType } from './show-type.ts'

/** Common spellings other than a unit's symbol. */
const otherSpellings: Readonly<Record<string, string>> = {
  degree: 'deg',
  degrees: 'deg',
  radian: 'rad',
  radians: 'rad',
  sec: 's',
  second: 's',
  seconds: 's',
  msec: 'ms',
  msecs: 'ms',
  millis: 'ms',
  milliseconds: 'ms',
  minute: 'min',
  minutes: 'min',
  hour: 'h',
  hours: 'h',
  percent: '%',
  byte: 'B',
  bytes: 'B',
  gigabytes: 'GB',
  megabytes: 'MB',
  flop: 'FLOP',
  flops: 'FLOP/s',
  gflops: 'GFLOP/s',
  tflops: 'TFLOP/s',
  pflops: 'PFLOP/s',
  images: 'global',
  imgs: 'global',
  pictures: 'global',
  total: 'global',
  overall: 'global',
  altogether: 'global',
  ...{ k: 'kB', m: 'MB', g: 'GB', t: 'TB', ki: 'KiB', mi: 'MiB', gi: 'GiB', ti: 'TiB' },
  'images/s': 'samples/s',
  'img/s': 'samples/s',
  'imgs/s': 'samples/s',
  'sample/s': 'samples/s',
  sample: 'samples',
  iterations: 'steps',
  iters: 'steps',
}

/** The unit that a spelling most likely means: `gib` → `GiB`. */
function meantUnit(written: string): string | undefined {
  const sameLetters = unitNames.find((unit) => unit.toLowerCase() === written.toLowerCase())
  if (written.startsWith('per ')) return 'per device'
  return sameLetters ?? own(otherSpellings, written.toLowerCase()) ?? nearest(written, unitNames)
}

/** The type of a number, which depends on its unit. */
export function typeOfNumber(checker: Checker, expr: NumberExpr): Type {
  if (expr.unit === undefined) return expr.isInteger ? int : float
  const text = expr.unit.text
  if (text === 'per device' || text === 'global') {
    if (Number.isInteger(expr.value) && expr.value > 0) return batch
    report(checker, checkDiagnostic('ARC3017', { value: expr.value }, expr.span))
    return batch
  }
  const unit = unitOf(text)
  if (unit !== undefined) return quantity(unit.dimension)
  if (!reportBits(checker, expr, text)) reportUnit(checker, text, expr.unit.span)
  return unknown
}

/** `n per device`: a whole number of samples. */
export function typeOfBatch(checker: Checker, { value, unit }: BatchExpr, scope: Scope): Type {
  checker.check(value, scope, { type: int, what: 'a batch size', verb: 'must be' })
  if (unit.text !== 'per device' && unit.text !== 'global') reportUnit(checker, unit.text, unit.span)
  return batch
}

const bitUnits: Readonly<Record<string, number>> = { M: 1e6, G: 1e9, T: 1e12 }

/** `200 Gb/s`: bandwidths are in bytes, so it is `25 GB/s`; false for other units. */
function reportBits(checker: Checker, expr: NumberExpr, text: string): boolean {
  const prefix =
    /^([MGT])b(?:it)?(?:\/s|ps)$/.exec(text)?.[1] ?? /^([MGT])bits?(?:\/s|ps)$/i.exec(text)?.[1]?.toUpperCase()
  const factor = prefix === undefined ? undefined : own(bitUnits, prefix)
  if (factor === undefined || expr.unit === undefined) return false
  const replacement = `${Number(((expr.value * factor) / 8e9).toPrecision(12))} GB/s`
  const fix = { message: `bandwidths are in bytes per second: write \`${replacement}\``, span: expr.span, replacement }
  report(checker, checkDiagnostic('ARC3006', { text, unit: text }, expr.unit.span, { label: 'unknown unit', fix }))
  return true
}

/** What has several devices, so that its batch is not that of one. */
const SEVERAL_DEVICES: ReadonlySet<string> = new Set([
  'per node',
  'per machine',
  'per host',
  'per computer',
  'per server',
])

/** `batch = 256 per node`: the field can read how many devices a node has. */
function batchOfNode(span: Span): Extras {
  if (!/\bbatch[ \t]*=[ \t]*\d+[ \t]+$/.test(span.source.text.slice(0, span.start).slice(-80))) return {}
  const replacement = 'div machine.devices_per_node per device'
  return { fix: { message: 'divide it among the devices', span, replacement } }
}

function reportUnit(checker: Checker, text: string, span: Span): void {
  const meant = meantUnit(text)
  const isOfNodes = SEVERAL_DEVICES.has(text)
  const notes =
    meant === undefined
      ? [`units are ${quoteLikeliest(text, unitNames)}`]
      : isOfNodes
        ? [`batches are \`per device\` or \`global\`: write \`n div machine.devices_per_node per device\``]
        : []
  // `%` directly follows its number.
  const blank = meant === '%' ? (/[ \t]*$/.exec(span.source.text.slice(0, span.start))?.[0].length ?? 0) : 0
  const fix = isOfNodes ? batchOfNode(span) : didYouMean(meant, { ...span, start: span.start - blank })
  const extras = { label: 'unknown unit', notes, ...fix }
  report(checker, checkDiagnostic('ARC3006', { text, unit: text }, span, extras))
}

/** `$FACES/train` and `~/faces`, which only a shell replaces: what a string says instead. */
function noteShellVariable(checker: Checker, { span, holes }: StringExpr): void {
  const [, variable, name] = /^"(\$([A-Z_][A-Z0-9_]*)|~(?=\/))/.exec(textOf(span)) ?? []
  if (variable === undefined || holes.length > 0) return
  const { source, start } = span
  const at = { source, start: start + 1, end: start + 1 + variable.length }
  const replacement = `{env("${name ?? 'HOME'}")}`
  const fix = { message: `write \`${replacement}\``, span: at, replacement }
  report(checker, checkDiagnostic('ARC3293', { variable }, span, { fix }))
}

/** A string may contain numbers, strings, enum names and `true` or `false`. */
export function typeOfString(checker: Checker, expr: StringExpr, scope: Scope): Type {
  noteShellVariable(checker, expr)
  for (const hole of expr.holes) {
    const type = checker.infer(hole, scope)
    const shown =
      type.kind === 'unknown' ||
      type.kind === 'string' ||
      type.kind === 'enum' ||
      (type.kind === 'bool' && !type.device) ||
      (type.kind === 'number' && !type.device)
    if (shown) continue
    const { source, start, end } = hole.span
    const braces = { source, start: start - 1, end: end + 1 }
    const text = textOf(braces)
    const isPlain = text.startsWith('{') && text.endsWith('}')
    const fix = { message: 'for plain braces, write `\\{\\}`', span: braces, replacement: `\\{${text.slice(1, -1)}\\}` }
    report(checker, checkDiagnostic('ARC3015', { found: showType(type) }, hole.span, isPlain ? { fix } : {}))
  }
  return string
}
