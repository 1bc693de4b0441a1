/** Texts as arrays, as lists are kept, and back. */
import type { TextTable } from '../collection.ts'
import { buildTextTable, textAt, textCount } from '../text-table.ts'
import type { Numbers } from './array-file.ts'

/** The texts of a table by their places. */
export function tableOf(texts: readonly string[]): TextTable {
  const table = buildTextTable()
  for (const text of texts) table.add(text)
  return table.build()
}

/** A kept table; `undefined` if the arrays are none. */
export function keptTable(bytes: Numbers | undefined, starts: Numbers | undefined): TextTable | undefined {
  return bytes instanceof Uint8Array && starts instanceof Float64Array ? { bytes, starts } : undefined
}

export function textsOf(table: TextTable): string[] {
  return Array.from({ length: textCount(table) }, (_, i) => textAt(table, i))
}
