/** Named options of PJRT calls. */
import { addressOf, type Memory, struct } from './memory.ts'

/** `PJRT_NamedValue_Type` */
const namedText = 0
const namedInteger = 1

/** An option whose value is text. */
export function textOption(option: string, text: string): Memory {
  const name = Buffer.from(option)
  const value = Buffer.from(text)
  const { bytes, parts } = struct('PJRT_NamedValue', {
    name,
    name_size: name.length,
    type: namedText,
    value: addressOf(value),
    value_size: value.length,
  })
  return { bytes, parts: [...parts, value] }
}

/** An option whose value is a whole number. */
export function integerOption(option: string, value: number): Memory {
  const name = Buffer.from(option)
  return struct('PJRT_NamedValue', { name, name_size: name.length, type: namedInteger, value, value_size: 1 })
}
