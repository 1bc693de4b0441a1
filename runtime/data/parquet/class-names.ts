/** The names of classes that Hugging Face's `datasets` writes into the metadata of parquet files (features of kind ClassLabel). */

/** `metadata` is the value of the key `huggingface`; `undefined` if the column has no names. */
export function classNames(metadata: string | undefined, column: string): readonly string[] | undefined {
  if (metadata === undefined) return undefined
  let described: unknown
  try {
    described = JSON.parse(metadata)
  } catch {
    return undefined
  }
  const names = ['info', 'features', column, 'names'].reduce(member, described)
  return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}
