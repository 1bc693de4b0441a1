/** Which types fit where, and the common type of two. */
import { baseDimensions, type Dimension, isDimensionless, sameDimension } from '../types/dimension.ts'
import { block, type NumberType, type TensorForm, type Type, unknown } from '../types/type.ts'
import { blockMisfit } from './block-values.ts'

/** The name that takes the value of an optional field away. */
export const noValue = 'none'

/** Whether a value of type `actual` is allowed where `expected` is required. */
export function fits(actual: Type, expected: Type): boolean {
  if (actual.kind === 'unknown' || expected.kind === 'unknown') return true
  if (expected.kind === 'optional') return fits(actual.kind === 'optional' ? actual.inner : actual, expected.inner)
  if (expected.kind === 'union') {
    if (actual.kind === 'union') return actual.members.every((member) => fits(member, expected))
    return expected.members.some((member) => fits(actual, member))
  }
  switch (actual.kind) {
    case 'number':
      if (expected.kind === 'duration') return !actual.device && isDurationDimension(actual.dimension)
      return expected.kind === 'number' && numberFits(actual, expected)
    case 'bool':
      return expected.kind === 'bool' && (!actual.device || expected.device === true)
    case 'enum':
      return expected.kind === 'enum' && actual.members.every((member) => expected.members.includes(member))
    case 'list':
      return expected.kind === 'list' && fits(actual.element, expected.element)
    case 'tensor':
      return expected.kind === 'tensor' && joinForms(actual.form, expected.form) !== undefined
    case 'object':
      return expected.kind === 'object' && actual.keyword === expected.keyword
    case 'function':
      if (expected.kind === 'block') return blockMisfit(actual.decl) === undefined
      return expected.kind === 'function' && actual.decl === expected.decl
    case 'record':
      return expected.kind === 'record' && join(actual, expected) !== undefined
    case 'union':
      return actual.members.every((member) => fits(member, expected))
    case 'optional':
      return false
    default:
      return actual.kind === expected.kind
  }
}

function numberFits(actual: NumberType, expected: NumberType): boolean {
  if (!sameDimension(actual.dimension, expected.dimension)) return false
  return (actual.integer || !expected.integer) && (!actual.device || expected.device)
}

/** `steps` or `epochs`, and nothing else. */
export function isDurationDimension(dimension: Dimension): boolean {
  const used = baseDimensions.filter((base) => (dimension[base] ?? 0) !== 0)
  return used.length === 1 && (dimension.step === 1 || dimension.epoch === 1)
}

/** A tensor of unknown form may turn out to be an image; an image is never a vector. */
function joinForms(a: TensorForm, b: TensorForm): TensorForm | undefined {
  if (a === b) return a
  return a === 'Tensor' || b === 'Tensor' ? 'Tensor' : undefined
}

/**
 * The type of a value that is one of two: the result of an `if`, a list element, a carried name. `undefined` if they disagree.
 */
export function join(a: Type, b: Type): Type | undefined {
  if (a.kind === 'unknown') return b
  if (b.kind === 'unknown') return a
  if (a.kind === 'optional' || b.kind === 'optional') {
    const inner = join(a.kind === 'optional' ? a.inner : a, b.kind === 'optional' ? b.inner : b)
    return inner && { kind: 'optional', inner }
  }
  if (a.kind === 'number' && b.kind === 'number') {
    if (!sameDimension(a.dimension, b.dimension)) return undefined
    return { kind: 'number', integer: a.integer && b.integer, dimension: a.dimension, device: a.device || b.device }
  }
  if (a.kind === 'tensor' && b.kind === 'tensor') return { kind: 'tensor', form: joinForms(a.form, b.form) ?? 'Tensor' }
  if (a.kind === 'bool' && b.kind === 'bool') return a.device ? a : b
  if (a.kind === 'list' && b.kind === 'list') {
    const element = join(a.element, b.element)
    return element && { kind: 'list', element }
  }
  if (a.kind === 'object' && b.kind === 'object' && a.keyword === b.keyword)
    return a.decl === b.decl ? a : { kind: 'object', keyword: a.keyword, decl: undefined }
  if (a.kind === 'backbone' && b.kind === 'backbone')
    return a.decl === b.decl ? a : { kind: 'backbone', decl: undefined }
  if (a.kind === 'function' && b.kind === 'function' && a.decl !== b.decl)
    return fits(a, block) && fits(b, block) ? block : undefined
  if (a.kind === 'record' && b.kind === 'record') return joinRecords(a.fields, b.fields)
  return fits(a, b) ? b : fits(b, a) ? a : undefined
}

function joinRecords(a: ReadonlyMap<string, Type>, b: ReadonlyMap<string, Type>): Type | undefined {
  if (a.size !== b.size) return undefined
  const fields = new Map<string, Type>()
  for (const [name, type] of a) {
    const joined = join(type, b.get(name) ?? { kind: 'record', fields: new Map() })
    if (!b.has(name) || joined === undefined) return undefined
    fields.set(name, joined)
  }
  return { kind: 'record', fields }
}

/** The type of an optional value that is present. */
export function present(type: Type | undefined): Type {
  if (type === undefined) return unknown
  return type.kind === 'optional' ? type.inner : type
}

/** The names that a place accepts without a `use`: of its enum, or of the enums of its union. */
export function membersOf(type: Type | undefined): readonly string[] {
  switch (type?.kind) {
    case 'enum':
      return type.members
    case 'optional':
      return membersOf(type.inner)
    case 'union':
      return type.members.flatMap(membersOf)
    default:
      return []
  }
}

/** Whether it is a plain number, static or not. */
export function isPlainNumber(type: Type): type is NumberType {
  return type.kind === 'number' && isDimensionless(type.dimension)
}
