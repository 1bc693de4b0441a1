/** A record's own entry: programs choose the names that are looked up in tables, and these must not find `constructor`. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
