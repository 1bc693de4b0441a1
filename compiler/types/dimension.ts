/** Physical dimensions as exponents, and the units of numbers. */
import { own } from './own.ts'

export const baseDimensions = ['byte', 'second', 'flop', 'sample', 'step', 'epoch', 'radian', 'row'] as const
type BaseDimension = (typeof baseDimensions)[number]

/** Exponents; a missing base is exponent 0. `GB/s` is { byte: 1, second: -1 }. */
export type Dimension = { readonly [B in BaseDimension]?: number }

export const dimensionless: Dimension = {}

export function sameDimension(a: Dimension, b: Dimension): boolean {
  if (a === b) return true
  for (const base of baseDimensions) if ((a[base] ?? 0) !== (b[base] ?? 0)) return false
  return true
}

export function isDimensionless(dimension: Dimension): boolean {
  return sameDimension(dimension, dimensionless)
}

/** `a · b^power`: the dimension of a product (power 1) or quotient (power -1). */
export function combineDimensions(a: Dimension, b: Dimension, power: 1 | -1): Dimension {
  const result: Partial<Record<BaseDimension, number>> = {}
  for (const base of baseDimensions) {
    const exponent = (a[base] ?? 0) + power * (b[base] ?? 0)
    if (exponent !== 0) result[base] = exponent
  }
  return result
}

const plainNames: readonly (readonly [Dimension, string])[] = [
  [{}, 'a plain number'],
  [{ byte: 1 }, 'bytes'],
  [{ second: 1 }, 'a time'],
  [{ sample: 1 }, 'a number of samples'],
  [{ radian: 1 }, 'an angle'],
  [{ step: 1 }, 'steps'],
  [{ epoch: 1 }, 'epochs'],
  [{ row: 1 }, 'rows'],
  [{ byte: 1, second: -1 }, 'bytes per second'],
  [{ flop: 1, second: -1 }, 'floating-point operations per second'],
  [{ sample: 1, second: -1 }, 'samples per second'],
]

/** The dimension in words, as diagnostics name it. */
export function showDimension(dimension: Dimension): string {
  const known = plainNames.find(([d]) => sameDimension(d, dimension))
  if (known !== undefined) return known[1]
  return baseDimensions
    .filter((base) => (dimension[base] ?? 0) !== 0)
    .map((base) => (dimension[base] === 1 ? base : `${base}^${dimension[base]}`))
    .join('·')
}

/** The same for several values: `angles`. */
export function showDimensionMany(dimension: Dimension): string {
  if (sameDimension(dimension, { radian: 1 })) return 'angles'
  return sameDimension(dimension, { second: 1 }) ? 'times' : showDimension(dimension)
}

/** A unit: its size in base units. */
export interface Unit {
  readonly factor: number
  readonly dimension: Dimension
}

const atoms: Readonly<Record<string, Unit>> = {
  '%': { factor: 0.01, dimension: {} },
  B: { factor: 1, dimension: { byte: 1 } },
  kB: { factor: 1e3, dimension: { byte: 1 } },
  MB: { factor: 1e6, dimension: { byte: 1 } },
  GB: { factor: 1e9, dimension: { byte: 1 } },
  TB: { factor: 1e12, dimension: { byte: 1 } },
  KiB: { factor: 2 ** 10, dimension: { byte: 1 } },
  MiB: { factor: 2 ** 20, dimension: { byte: 1 } },
  GiB: { factor: 2 ** 30, dimension: { byte: 1 } },
  TiB: { factor: 2 ** 40, dimension: { byte: 1 } },
  ns: { factor: 1e-9, dimension: { second: 1 } },
  us: { factor: 1e-6, dimension: { second: 1 } },
  ms: { factor: 1e-3, dimension: { second: 1 } },
  s: { factor: 1, dimension: { second: 1 } },
  min: { factor: 60, dimension: { second: 1 } },
  h: { factor: 3600, dimension: { second: 1 } },
  FLOP: { factor: 1, dimension: { flop: 1 } },
  GFLOP: { factor: 1e9, dimension: { flop: 1 } },
  TFLOP: { factor: 1e12, dimension: { flop: 1 } },
  PFLOP: { factor: 1e15, dimension: { flop: 1 } },
  samples: { factor: 1, dimension: { sample: 1 } },
  step: { factor: 1, dimension: { step: 1 } },
  steps: { factor: 1, dimension: { step: 1 } },
  epoch: { factor: 1, dimension: { epoch: 1 } },
  epochs: { factor: 1, dimension: { epoch: 1 } },
  row: { factor: 1, dimension: { row: 1 } },
  rows: { factor: 1, dimension: { row: 1 } },
  rad: { factor: 1, dimension: { radian: 1 } },
  deg: { factor: Math.PI / 180, dimension: { radian: 1 } },
}

/** Every unit, for suggestions; `per device` and `global` make a batch size, not a quantity. */
export const unitNames: readonly string[] = [
  ...Object.keys(atoms),
  'GB/s',
  'GiB/s',
  'TB/s',
  'GFLOP/s',
  'TFLOP/s',
  'PFLOP/s',
  'samples/s',
  'per device',
  'global',
]

/** The unit with a spelling such as `GiB` or `GB/s`; `undefined` if there is none. */
export function unitOf(spelling: string): Unit | undefined {
  const [numerator, denominator, ...rest] = spelling.split('/')
  if (numerator === undefined || rest.length > 0) return undefined
  const top = own(atoms, numerator)
  if (denominator === undefined) return top
  const bottom = own(atoms, denominator)
  if (top === undefined || bottom === undefined) return undefined
  return { factor: top.factor / bottom.factor, dimension: combineDimensions(top.dimension, bottom.dimension, -1) }
}
