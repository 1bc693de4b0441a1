/** Names of the variants of a swept experiment: `quality[sample_rate=10%]`. */

/** The experiment that a name refers to: a variant's experiment or the experiment itself. */
export function experimentOf(name: string): string {
  const bracket = name.indexOf('[')
  return bracket < 0 ? name : name.slice(0, bracket)
}

export function isVariantName(name: string): boolean {
  return name !== experimentOf(name)
}

export interface NamedSetting {
  /** `dataset.identities` */
  readonly field: string
  /** As written. */
  readonly value: string
}

/** `NAME[identities=125000, placement=shard]`. Fields use their last name unless another swept field has the same one. */
export function variantName(experiment: string, settings: readonly NamedSetting[]): string {
  const last = (field: string) => field.slice(field.lastIndexOf('.') + 1)
  const shown = settings.map(({ field, value }) => {
    const isAlone = settings.every((other) => other.field === field || last(other.field) !== last(field))
    return `${isAlone ? last(field) : field}=${value}`
  })
  return `${experiment}[${shown.join(', ')}]`
}
