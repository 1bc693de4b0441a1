/** Values as `.arc` text and as descriptions. */
import { showString } from '../../grammar/strings.ts'
import { showShape } from '../primitives/tensors.ts'
import { baseDimensions, type Dimension, isDimensionless, sameDimension, showDimension } from '../types/dimension.ts'
import type { Link, NumberValue, ObjectValue, Value } from '../values/value.ts'

/** Units from large to small; a number uses the first one that gives it a short form. */
const units: readonly (readonly [Dimension, readonly (readonly [number, string])[]])[] = [
  [
    { byte: 1 },
    [
      [2 ** 40, 'TiB'],
      [2 ** 30, 'GiB'],
      [1e9, 'GB'],
      [2 ** 20, 'MiB'],
      [1e6, 'MB'],
      [2 ** 10, 'KiB'],
      [1, 'B'],
    ],
  ],
  [
    { second: 1 },
    [
      [1, 's'],
      [1e-3, 'ms'],
      [1e-6, 'us'],
      [1e-9, 'ns'],
    ],
  ],
  [
    { byte: 1, second: -1 },
    [
      [1e9, 'GB/s'],
      [1e6, 'MB/s'],
      [1, 'B/s'],
    ],
  ],
  [
    { flop: 1, second: -1 },
    [
      [1e12, 'TFLOP/s'],
      [1e9, 'GFLOP/s'],
      [1, 'FLOP/s'],
    ],
  ],
  [{ sample: 1, second: -1 }, [[1, 'samples/s']]],
  [{ radian: 1 }, [[1, 'rad']]],
  [{ step: 1 }, [[1, 'steps']]],
  [{ epoch: 1 }, [[1, 'epochs']]],
  [{ row: 1 }, [[1, 'rows']]],
]

/** The shortest text that equals the number to 12 digits. */
export function showFloat(value: number): string {
  const rounded = Number(value.toPrecision(12))
  return String(Number.isFinite(rounded) ? rounded : value)
}

/** A number with its unit: `32 GiB`, `0.5 rad`, `150 GB/s`. */
export function showNumber({ value, dimension }: Pick<NumberValue, 'value' | 'dimension'>): string {
  if (isDimensionless(dimension)) return showFloat(value)
  const known = units.find(([d]) => sameDimension(d, dimension))
  if (known === undefined) {
    const parts = baseDimensions.filter((base) => (dimension[base] ?? 0) !== 0)
    return `${showFloat(value)} (${parts.map((base) => `${base}^${dimension[base]}`).join(' ')})`
  }
  const spellings = known[1].map(([factor, unit]) => ({ text: showFloat(value / factor), size: value / factor, unit }))
  const fit = spellings.find(({ text, size }) => Math.abs(size) >= 1 && text.replace('.', '').length <= 4)
  const best = fit ?? spellings.find(({ size }) => Math.abs(size) >= 1) ?? spellings.at(-1)
  return best === undefined ? showFloat(value) : `${best.text} ${best.unit}`
}

function showLink(link: Link): string {
  const bandwidth = showNumber({ value: link.bandwidth, dimension: { byte: 1, second: -1 } })
  return `${link.technology}(${bandwidth}, latency: ${showNumber({ value: link.latency, dimension: { second: 1 } })})`
}

function showArguments(values: ReadonlyMap<string, Value>): string {
  return [...values].map(([name, value]) => `${name}: ${showValue(value)}`).join(', ')
}

/** The arguments except options that are off unless they are named: `sgd(lr: 0.1)` rather than `sgd(lr: 0.1, nesterov: false)`. */
function withoutUnsetOptions({ decl, arguments: given }: ObjectValue): ReadonlyMap<string, Value> {
  const off = decl.parameters.filter(({ default: initial }) => initial?.kind === 'Bool' && !initial.value)
  const names = new Set(off.map(({ name }) => name.text))
  const known = new Set(decl.parameters.map(({ name }) => name.text))
  const own = [...given].filter(([name]) => known.has(name))
  return new Map(own.filter(([name, value]) => !(names.has(name) && value.kind === 'bool' && !value.value)))
}

/** A value as the `.arc` text that produces it. */
export function showValue(value: Value): string {
  switch (value.kind) {
    case 'number':
      return showNumber(value)
    case 'bool':
      return String(value.value)
    case 'string':
      return value.template ?? showString(value.value)
    case 'list':
      return `[${value.items.map(showValue).join(', ')}]`
    case 'record':
      return `{ ${[...value.fields].map(([name, field]) => `${name} = ${showValue(field)}`).join(', ')} }`
    case 'enum':
      return value.member
    case 'batch':
      return value.scope === 'device' ? `${value.count} per device` : `${value.count} global`
    case 'duration':
      return `${showFloat(value.count)} ${value.unit}`
    case 'initializer':
      switch (value.initializer.kind) {
        case 'constant':
          return `filled(${showFloat(value.initializer.value)})`
        case 'normal':
          return `normal(${showFloat(value.initializer.std)})`
        case 'uniform':
          return `uniform(${showFloat(value.initializer.bound)})`
      }
      break
    case 'link':
      return showLink(value.link)
    case 'tolerance':
      return `skip(at_most: ${showFloat(value.atMost)})`
    case 'rate_group':
      return `group(${showString(value.path)}, factor: ${showFloat(value.factor)})`
    case 'average':
      return `ema(decay: ${showFloat(value.decay)}, warmup: ${value.warmup})`
    case 'lr_scaling':
      return `${value.rule}_scaling(reference: ${value.reference})`
    case 'tensor':
      return `a tensor ${showShape(value.value.type.shape)}`
    case 'function':
      return value.decl.name.text
    case 'backbone':
      return `${value.decl.name.text}(${showArguments(value.arguments)})`
    case 'object': {
      const written = showArguments(withoutUnsetOptions(value))
      return written === '' ? value.decl.name.text : `${value.decl.name.text}(${written})`
    }
    case 'section':
    case 'fields':
      return `${value.name} { … }`
    case 'none':
      return 'none'
  }
}

/** A description of a value for messages: `a plain number`, `a tensor [N, H 56, W 56, C 64]`. */
export function describe(value: Value): string {
  switch (value.kind) {
    case 'number':
      return isDimensionless(value.dimension) ? `the number ${showFloat(value.value)}` : showNumber(value)
    case 'bool':
    case 'enum':
    case 'batch':
    case 'duration':
      return `\`${showValue(value)}\``
    case 'string':
      return 'a string'
    case 'list':
      return `a list of ${value.items.length}`
    case 'record':
      return 'a record'
    case 'initializer':
      return 'an initializer'
    case 'link':
      return 'a link'
    case 'tolerance':
    case 'rate_group':
    case 'average':
    case 'lr_scaling':
      return `\`${showValue(value)}\``
    case 'tensor': {
      const shape = showShape(value.value.type.shape)
      const what = value.value.type.shape.length === 0 ? 'a number known on the device' : `a tensor ${shape}`
      return isDimensionless(value.dimension) ? what : `${what} (${showDimension(value.dimension)})`
    }
    case 'function':
      return `the ${value.decl.keyword} \`${value.decl.name.text}\``
    case 'backbone':
      return `the backbone \`${value.name}\``
    case 'object':
      return `the ${value.decl.keyword} \`${value.decl.name.text}\``
    case 'section':
    case 'fields':
      return `the section \`${value.name}\``
    case 'none':
      return 'nothing'
  }
}
