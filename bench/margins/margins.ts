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
  of('sphereface', 'sphereface', 'm: 1.5, scale: 16'),
  of('sphereface-exact', 'sphereface', 'm: 1.5, scale: 16'),
  of('adaface', 'adaface', 'm: 0.4, h: 0.333, pace: 0.1, scale: 16'),
  of('magface', 'magface', 'low: 0.45 rad, high: 0.8 rad, shortest: 10, longest: 110, weight: 20, scale: 16'),
  of('curricularface', 'curricularface', 'm: 0.5 rad, scale: 16'),
  of('mv-arc', 'mv_arcface', 'm: 0.35 rad, weight: 1.12, scale: 16'),
  of('mv-am', 'mv_cosface', 'm: 0.35, weight: 1.12, scale: 16'),
  of('elastic-arc', 'elastic_arcface', 'm: 0.5 rad, spread: 0.0125 rad, scale: 16'),
  of('elastic-cos', 'elastic_cosface', 'm: 0.35, spread: 0.0125, scale: 16'),
  of('circle', 'circle', 'm: 0.25, scale: 16'),
  of('uniface', 'uniface', 'm: 0.4, scale: 16'),
  of('ldam', 'ldam', 'm: 0.5, scale: 16'),
  of('kappaface-counts', 'kappaface_counts', 'm: 0.62 rad, scale: 16'),
  of('sub-center', 'arcface', 'm: 0.5 rad, scale: 16', { centers: 'per_class = 3' }),
]
