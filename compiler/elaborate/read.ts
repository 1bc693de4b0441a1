/** Reading evaluated fields whose types have been checked; another kind of value is a mistake of the compiler. */
import { bug } from '../../grammar/diagnostic.ts'
import type { DurationValue, Link, ObjectValue, StringValue, Value } from '../values/value.ts'

function wrong(value: Value, wanted: string): never {
  return bug(`a ${value.kind} where ${wanted} was checked for`)
}

export function asNumber(value: Value): number {
  return value.kind === 'number' ? value.value : wrong(value, 'a number')
}

export function asBool(value: Value): boolean {
  return value.kind === 'bool' ? value.value : wrong(value, 'a bool')
}

export function asString(value: Value): StringValue {
  return value.kind === 'string' ? value : wrong(value, 'a string')
}

/** The member of an enum, which is one of `members`. */
export function asMember<M extends string>(value: Value, members: readonly M[]): M {
  const member = value.kind === 'enum' ? members.find((known) => known === value.member) : undefined
  return member ?? wrong(value, members.join(', '))
}

export function asObject(value: Value): ObjectValue {
  return value.kind === 'object' ? value : wrong(value, 'an object')
}

export function asLink(value: Value): Link {
  return value.kind === 'link' ? value.link : wrong(value, 'a link')
}

export function asDuration(value: Value): DurationValue {
  return value.kind === 'duration' ? value : wrong(value, 'a duration')
}

/** `undefined` for a field that has no value. */
export function orNone<T>(value: Value, read: (value: Value) => T): T | undefined {
  return value.kind === 'none' ? undefined : read(value)
}
