/**
 * Finds layer normalizations and their gradients in a graph, so that one kernel computes either. Otherwise mean, variance, result and
 * each sum of the gradient is a pass over memory.
 *
 * A gradient is what differentiating the very ops of the normalization builds, op by op. What is found is therefore equal by
 * construction.
 *
 * Legend: x y dx dy [...,C]; scale offset dscale doffset [C].
 */
import { need } from '../../grammar/diagnostic.ts'
import { GraphBuilder } from '../ir/build.ts'
import { sameShape } from '../ir/dtype.ts'
import { copyPart, placeOutputs } from '../ir/formula.ts'
import { type Graph, type Op, operandAt, resultAt, type Value } from '../ir/graph.ts'
import { type LayerNorm, layerNormOf } from '../ir/layer-norm.ts'
import { readersOf } from '../ir/readers.ts'
import { numberValues, type ValueNumbers } from '../ir/value-numbers.ts'
import { gradient } from '../ir/vjp.ts'

/** Values that are one result of a kernel: equal, and each of the same type. */
type Result = readonly Value[]

export interface LayerNormForward extends LayerNorm {
  readonly y: Result
}

export interface LayerNormBackward extends Omit<LayerNorm, 'offset' | 'unit'> {
  readonly dy: Value
  /** What is added to dx: the gradient that reaches x elsewhere. */
  readonly added: Value | undefined
  readonly dx: Result
  readonly dscale: Result
  readonly doffset: Result
}

export interface LayerNorms {
  readonly forward: readonly LayerNormForward[]
  readonly backward: readonly LayerNormBackward[]
}

/** A graph, and what is asked about it. */
interface Place {
  readonly numbers: ValueNumbers
  /** The readers of all values that are equal to one. */
  readonly readers: (value: Value) => readonly Op[]
  /** One result of a kernel, in bf16 where nothing reads more of it. */
  readonly resultOf: (value: Value) => Result
}

export function findLayerNorms(graph: Graph): LayerNorms {
  const found = graph.ops.flatMap((op) => {
    const y = op.kind === 'add' ? resultAt(op, 0) : undefined
    const norm = y && layerNormOf(y)
    return y === undefined || norm?.scale.type.dtype !== 'f32' || norm.offset.type.dtype !== 'f32'
      ? []
      : [{ ...norm, y }]
  })
  if (found.length === 0) return { forward: [], backward: [] }
  const place = placeIn(graph)
  return {
    forward: found.map((norm) => ({ ...norm, x: widened(norm.x), y: place.resultOf(norm.y) })),
    backward: found.flatMap((norm) => gradientsOf(norm, place)),
  }
}

function placeIn(graph: Graph): Place {
  const numbers = numberValues(graph)
  const known = readersOf(graph)
  const outputs = new Set(graph.outputs.map(({ value }) => value))
  const readers = (value: Value) => numbers.equals(value).flatMap((equal) => known.get(equal) ?? [])
  return {
    numbers,
    readers,
    resultOf(value) {
      const own = readers(value)
      const isNarrow = own.length > 0 && own.every((op) => op.kind === 'convert' && op.params.dtype === 'bf16')
      const equals = numbers.equals(value)
      return isNarrow && !equals.some((equal) => outputs.has(equal)) ? own.map((op) => resultAt(op, 0)) : equals
    },
  }
}

/** The bf16 tensor that a value is in f32, or the value itself. */
function widened(value: Value): Value {
  const source = value.op.kind === 'convert' ? operandAt(value.op, 0) : value
  return source.type.dtype === 'bf16' ? source : value
}

/** The gradients of a normalization: several only if the graph computes them for several dy. */
function gradientsOf(norm: LayerNorm & { readonly y: Value }, place: Place): readonly LayerNormBackward[] {
  const { x, scale, epsilon } = norm
  const formula = gradientFormula(norm)
  if (formula === undefined) return []
  return cotangents(norm, place).flatMap((dy) => {
    const [own, mean, dscale, doffset] = placeOutputs(formula, place.numbers, [x, scale, norm.offset, dy])
    if (own === undefined || mean === undefined || dscale === undefined || doffset === undefined) return []
    const sum = sumOf(own, mean, place)
    if (sum === undefined) return []
    return [
      {
        x: widened(x),
        scale,
        epsilon,
        dy: widened(dy),
        added: sum.added && widened(sum.added),
        dx: place.resultOf(sum.dx),
        dscale: place.numbers.equals(dscale),
        doffset: place.numbers.equals(doffset),
      },
    ]
  })
}

/** What may be dy: it is multiplied by the normalized x for the gradient of the scale. */
function cotangents({ unit, y }: LayerNorm & { readonly y: Value }, { readers, numbers }: Place): readonly Value[] {
  const equals = numbers.equals(unit)
  const factors = readers(unit)
    .filter((op) => op.kind === 'multiply')
    .flatMap((op) => op.operands.filter((operand) => !equals.includes(operand)))
  return [...new Set(factors)].filter(({ type }) => type.dtype === y.type.dtype && sameShape(type.shape, y.type.shape))
}

/** dx as its two terms, by way of the distances and by way of the mean, then dscale and doffset. */
function gradientFormula({ x, scale, offset, y }: LayerNorm & { readonly y: Value }): Graph | undefined {
  const b = new GraphBuilder('layer normalization', 1)
  const inputs = [x, scale, offset].map((value, i) => b.input(`operand ${i}`, value.type))
  const copy = copyPart(b, y, new Map([x, scale, offset].map((value, i) => [value, need(inputs[i], 'an input')])))
  const [dx, dscale, doffset] = gradient(b, [{ value: copy, cotangent: b.input('dy', y.type) }], inputs)
  if (dx?.op.kind !== 'add' || dscale === undefined || doffset === undefined) return undefined
  const values = { own: operandAt(dx.op, 0), mean: operandAt(dx.op, 1), dscale, doffset }
  return b.finish(Object.entries(values).map(([name, value]) => ({ name, value })))
}

/** The sum of both terms of dx, and of a gradient that has reached x before, which comes first. */
function sumOf(
  own: Value,
  mean: Value,
  { readers, numbers }: Place,
): { readonly dx: Value; readonly added: Value | undefined } | undefined {
  const [owns, means] = [numbers.equals(own), numbers.equals(mean)]
  const withMean = (value: Value) => {
    const sum = readers(value).find((op) => op.kind === 'add' && means.includes(operandAt(op, 1)))
    return sum && resultAt(sum, 0)
  }
  const alone = withMean(own)
  if (alone !== undefined) return { dx: alone, added: undefined }
  for (const op of readers(own)) {
    const dx = op.kind === 'add' && owns.includes(operandAt(op, 1)) ? withMean(resultAt(op, 0)) : undefined
    if (dx !== undefined) return { dx, added: operandAt(op, 0) }
  }
  return undefined
}
