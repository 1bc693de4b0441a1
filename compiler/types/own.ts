/** A record's own entry: names of programs are looked up in tables, and `constructor` is not in them. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
