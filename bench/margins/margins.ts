/** The standard library's margins with the arguments that the authors' figures were computed with. */
export interface ComparedMargin {
  /** The file in figures/, without `.json`. */
  readonly figures: string
  /** Names from std.margins. */
  readonly uses: readonly string[]
  readonly text: string
  /** Entries of `centers { … }`. */
  readonly centers?: string
  /** The name of a state in arcc, by its name in the figures, where they differ. */
  readonly state?: Readonly<Record<string, string>>
}

const of = (figures: string, name: string, passed: string, more: Partial<ComparedMargin> = {}): ComparedMargin => ({
  figures,
  uses: [name],
  text: `${name}(${passed})`,
  ...more,
})

export const comparedMargins: readonly ComparedMargin[] = [
  of('arcface', 'arcface', 'm: 0.5 rad, scale: 16'),
  of('cosface', 'cosface', 'm: 0.35, scale: 16'),
  of('sub-center', 'arcface', 'm: 0.5 rad, scale: 16', { centers: 'per_class = 3' }),
]
