/** Types as text for messages. */
import type { ObjectKeyword, Parameter } from '../../grammar/ast.ts'
import { byLikeness } from '../../grammar/suggest.ts'
import { isDimensionless, showDimension, showDimensionMany, unitOf } from '../types/dimension.ts'
import { own } from '../types/own.ts'
import type { NumberType, TensorForm, Type } from '../types/type.ts'

const forms: { readonly [F in TensorForm]: string } = {
  Tensor: 'a tensor',
  Image: 'an image',
  Tokens: 'tokens',
  Vector: 'a vector',
}
const plurals: { readonly [F in TensorForm]: string } = {
  Tensor: 'tensors',
  Image: 'images',
  Tokens: 'sequences of tokens',
  Vector: 'vectors',
}

const objects: { readonly [K in ObjectKeyword]: readonly [string, string] } = {
  margin: ['a margin', 'margins'],
  optimizer: ['an optimizer', 'optimizers'],
  schedule: ['a schedule', 'schedules'],
  device: ['a device', 'devices'],
  machine: ['a machine', 'machines'],
  dataset: ['a data set', 'data sets'],
  augmentation: ['an augmentation', 'augmentations'],
  verification: ['a verification set', 'verification sets'],
  start: ['a start', 'starts'],
  experiment: ['an experiment', 'experiments'],
}

/** The keyword with its article: `a margin`, `an optimizer`. */
export function showKeyword(keyword: ObjectKeyword): string {
  return objects[keyword][0]
}

/** `a`, `a and b`, `a, b and c`; the last one joined by another word if given. */
export function showList(items: readonly string[], last = 'and'): string {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`
}

/** Each in backticks: `` `a`, `b` or `c` ``. */
export function quoteList(items: readonly string[], last = 'and'): string {
  return showList(
    items.map((item) => `\`${item}\``),
    last,
  )
}

/** Of more names than one reads, those that are most like the written one come first, and the others are counted. */
export function quoteLikeliest(written: string, names: readonly string[]): string {
  const shown = 6
  if (names.length <= shown + 2) return quoteList(names)
  const likeliest = byLikeness(written, names).slice(0, shown)
  return `${likeliest.map((name) => `\`${name}\``).join(', ')} and ${names.length - shown} others`
}

/** A value of the type, with its article: `a whole number`, `bytes`, `a list of strings`. */
export function showType(type: Type): string {
  switch (type.kind) {
    case 'number':
      return showNumber(type)
    case 'bool':
      return '`true` or `false`'
    case 'string':
      return 'a string'
    case 'batch':
      return 'a batch size'
    case 'duration':
      return 'steps or epochs'
    case 'enum':
      return quoteList(type.members, 'or')
    case 'list':
      return type.element.kind === 'unknown' ? 'a list' : `a list of ${showMany(type.element)}`
    case 'record':
      return `a record of ${quoteList([...type.fields.keys()])}`
    case 'optional':
      return showType(type.inner)
    case 'union':
      return showList(type.members.map(showType), 'or')
    case 'tensor':
      return forms[type.form]
    case 'initializer':
      return 'an initializer'
    case 'link':
      return 'a link'
    case 'tolerance':
      return '`skip(…)`'
    case 'rate_group':
      return '`group(…)`'
    case 'average':
      return '`ema(…)`'
    case 'lr_scaling':
      return '`linear_scaling(…)` or `sqrt_scaling(…)`'
    case 'backbone':
      return 'a backbone'
    case 'object':
      return objects[type.keyword][0]
    case 'function':
      return type.decl.keyword === 'block' ? 'a block' : 'a function'
    case 'block':
      return 'a block'
    case 'section':
      return `a section \`${type.name}\``
    case 'unknown':
      return 'a value'
  }
}

/** Where a number is known is not part of its name: ARC3005 covers that. */
function showNumber(type: NumberType): string {
  if (!isDimensionless(type.dimension)) return showDimension(type.dimension)
  return type.integer ? 'a whole number' : 'a plain number'
}

function showMany(type: Type): string {
  switch (type.kind) {
    case 'number':
      if (!isDimensionless(type.dimension)) return showDimensionMany(type.dimension)
      return type.integer ? 'whole numbers' : 'numbers'
    case 'string':
      return 'strings'
    case 'enum':
      return `names (${quoteList(type.members, 'or')})`
    case 'tensor':
      return plurals[type.form]
    case 'object':
      return objects[type.keyword][1]
    case 'list':
      return `lists of ${showMany(type.element)}`
    case 'rate_group':
      return showType(type)
    case 'optional':
      return showMany(type.inner)
    case 'union':
      return showList(type.members.map(showMany), 'or')
    default:
      return `values that are ${showType(type)}`
  }
}

/** A call with values for some parameters: `arcface(m: …)`. */
export function showCall(name: string, parameters: readonly Parameter[]): string {
  return `\`${name}(${parameters.map((parameter) => `${parameter.name.text}: …`).join(', ')})\``
}

export type AngleUnit = 'rad' | 'deg'

/** The unit in which a number is most likely an angle. */
export function angleUnit(value: number): AngleUnit {
  return Math.abs(value) <= Math.PI / 2 ? 'rad' : 'deg'
}

/** An example value of the type, if it helps: `32 GiB`. */
export function exampleOf(type: Type, digits: string): string | undefined {
  switch (type.kind) {
    case 'optional':
      return exampleOf(type.inner, digits)
    case 'batch':
      return `${digits} per device`
    case 'duration':
      return `${digits} steps`
    case 'number': {
      const unit = exampleUnits.find(([dimension]) => dimension === showDimension(type.dimension))
      return unit && `${digits} ${unit[1]}`
    }
    default:
      return undefined
  }
}

const exampleUnits: readonly (readonly [string, string])[] = [
  ['bytes', 'GiB'],
  ['a time', 's'],
  ['steps', 'steps'],
  ['epochs', 'epochs'],
  ['rows', 'rows'],
  ['bytes per second', 'GB/s'],
  ['floating-point operations per second', 'TFLOP/s'],
  ['samples per second', 'samples/s'],
]

const scaledUnits: Readonly<Record<string, readonly string[]>> = {
  bytes: ['GiB', 'GB', 'MiB', 'MB'],
  'bytes per second': ['TB/s', 'GB/s', 'MB/s'],
  'floating-point operations per second': ['PFLOP/s', 'TFLOP/s', 'GFLOP/s'],
}

/** `35.6 TFLOP/s` for 35.6e12: a number so large that it was written in the base unit, in the first unit with few digits. */
export function scaledExample(type: Type, value: number): string | undefined {
  const isLarge = type.kind === 'number' && value >= 1e6
  const units = isLarge ? own(scaledUnits, showDimension(type.dimension)) : undefined
  const examples = (units ?? []).map(
    (name) => [Number((value / (unitOf(name)?.factor ?? 1)).toPrecision(12)), name] as const,
  )
  const found = examples.find(([amount]) => amount >= 1 && amount === Number(amount.toPrecision(4)))
  return found && `${found[0]} ${found[1]}`
}
