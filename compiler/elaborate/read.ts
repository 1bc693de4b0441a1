/** Reads evaluated fields into typed members: whole sections of an experiment and whole objects, by their schema. */
import { bug } from '../../grammar/diagnostic.ts'
import { attempt, type Context } from '../evaluate/context.ts'
import { none } from '../evaluate/numbers.ts'
import { fieldOf, fieldPaths } from '../evaluate/object.ts'
import type { SectionSpec } from '../schema/spec.ts'
import { memberName, type ObjectValues, type SectionValues } from '../schema/values.ts'
import { type Type, unknown } from '../types/type.ts'
import type { ObjectValue, Value } from '../values/value.ts'

/** A value as its TypeScript type, by the rules of `ValueOf` in `schema/values.ts`. */
function plainValue(value: Value, type: Type): unknown {
  switch (value.kind) {
    case 'none':
      return undefined
    case 'number':
    case 'bool':
      return value.value
    case 'string':
      return isLate(type) ? { path: value.value, pending: value.pending } : value.value
    case 'enum':
      return value.member
    case 'list':
      return value.items.map((item) => plainValue(item, type.kind === 'list' ? type.element : unknown))
    case 'link':
      return value.link
    default:
      return value
  }
}

function isLate(type: Type): boolean {
  return type.kind === 'optional' ? isLate(type.inner) : type.kind === 'string' && type.late === true
}

type Members = Readonly<Record<string, unknown>>

function membersOf(section: SectionSpec, read: (field: string) => Value): Members {
  return Object.fromEntries(
    Object.entries(section.fields).map(([name, { type }]) => [memberName(name), plainValue(read(name), type)]),
  )
}

/** All fields of a section; `read` returns the value of each, which conforms to its type. */
export function readSection<S extends SectionSpec>(section: S, read: (field: string) => Value): SectionValues<S> {
  // `SectionValues` maps types of fields in the same way as `plainValue` maps their values.
  return membersOf(section, read) as SectionValues<S>
}

/** All fields of an object and its sections, so that all errors in it are reported; `undefined` after errors. */
export function readObject<S extends SectionSpec>(
  body: S,
  object: ObjectValue,
  context: Context,
): ObjectValues<S> | undefined {
  const paths = fieldPaths(body)
  const values = new Map<string, Value>()
  for (const path of paths) {
    const value = attempt(() => fieldOf(object, path, context))
    if (value !== undefined) values.set(path, value)
  }
  if (values.size < paths.length) return undefined
  const at = (path: string) => values.get(path) ?? none
  const sections = Object.entries(body.sections).map(([name, section]): [string, Members] => [
    memberName(name),
    membersOf(section, (field) => at(`${name}.${field}`)),
  ])
  const members: Members = { ...membersOf(body, at), ...Object.fromEntries(sections) }
  // As in `readSection`, for the sections too.
  return members as ObjectValues<S>
}

/** An object whose type has been checked; any other value is a bug in the compiler. */
export function asObject(value: Value): ObjectValue {
  return value.kind === 'object' ? value : bug(`a ${value.kind} where an object was expected`)
}
