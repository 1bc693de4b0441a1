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
  readonly path: string
  /** The value as written. */
  readonly text: string
}

/** `NAME[identities=125000, placement=shard]`. Fields use their last name unless another swept field has the same one. */
export function variantName(experiment: string, settings: readonly NamedSetting[]): string {
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1)
  const shown = settings.map(({ path, text }) => {
    const isAlone = settings.every((other) => other.path === path || last(other.path) !== last(path))
    return `${isAlone ? last(path) : path}=${text}`
  })
  return `${experiment}[${shown.join(', ')}]`
}
