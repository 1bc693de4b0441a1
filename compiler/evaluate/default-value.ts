/** Defaults of the field tables, which are few enough forms to be read here: `shard`, `100%`, `0 B`, `true`, `[]`, `0.01`. */
import { bug } from '../../grammar/diagnostic.ts'
import { unitOf } from '../types/dimension.ts'
import type { Type } from '../types/type.ts'
import type { Value } from '../values/value.ts'
import { bool, list, number } from './numbers.ts'

function takesName(type: Type, text: string): boolean {
  return type.kind === 'enum' && type.members.includes(text)
}

const quantity = /^([\d.e+-]+)\s*([%A-Za-z/]*)$/

/** The value of a default of the given type, in base units. */
export function defaultValue(text: string, type: Type): Value {
  switch (type.kind) {
    case 'optional':
      return defaultValue(text, type.inner)
    case 'enum':
      return type.members.includes(text) ? { kind: 'enum', member: text } : bug(`\`${text}\` is not in ${type.name}`)
    case 'union':
      return defaultValue(
        text,
        type.members.find((member) => takesName(member, text)) ?? bug(`\`${text}\` fits nothing`),
      )
    case 'bool':
      return bool(text === 'true')
    case 'list':
      return text === '[]' ? list([]) : bug(`a list is no default: ${text}`)
    case 'number': {
      const [, digits = '', spelling = ''] = quantity.exec(text) ?? []
      const unit = spelling === '' ? { factor: 1, dimension: {} } : unitOf(spelling)
      const value = Number(digits) * (unit?.factor ?? Number.NaN)
      if (digits === '' || unit === undefined || Number.isNaN(value)) return bug(`\`${text}\` is not a number`)
      return number(value, unit.dimension, type.integer)
    }
    default:
      return bug(`a ${type.kind} has no default as text: ${text}`)
  }
}
