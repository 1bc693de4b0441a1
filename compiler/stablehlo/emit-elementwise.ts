/** Emit rules for sources and elementwise ops: most have the same name in StableHLO. */
import type { OpOf } from '../ir/graph.ts'
import type { BinaryKind, ElementwiseKind, LimitKind, SourceKind } from '../ir/op-family.ts'
import { localReplica, replicaOfAll } from './across-processes.ts'
import { type Emitter, only, type Ssa } from './emitter.ts'
import { add, binary, compare, convert, fill, multiply, subtract, unary } from './hlo.ts'
import { at, type EmitRule, type EmitRules } from './rule.ts'
import { denseData, i64, splat } from './spelling.ts'

/** Same name as in StableHLO, one operand, type unchanged. */
type SameNameKind =
  | 'abs'
  | 'negate'
  | 'sign'
  | 'floor'
  | 'exponential'
  | 'log'
  | 'sqrt'
  | 'rsqrt'
  | 'tanh'
  | 'logistic'
  | 'sine'
  | 'cosine'
  | 'not'

/** A rule for an op that keeps its operand's type. */
function sameName<K extends SameNameKind>(kind: K): EmitRule<K> {
  return (e, _op, operands) => [unary(e, kind, at(operands, 0))]
}

function pairwise<K extends BinaryKind>(kind: K): EmitRule<K> {
  return (e, _op, operands) => [binary(e, kind, at(operands, 0), at(operands, 1))]
}

/**
 * acos(x) = atan2(sqrt((1 - x)(1 + x)), x): exact at both ends, where 1 - x² would lose all digits, and without the CHLO dialect,
 * which plugins may not support.
 */
function arcCosine(e: Emitter, x: Ssa): Ssa {
  const one = fill(e, x.type, 1)
  const height = unary(e, 'sqrt', multiply(e, subtract(e, one, x), add(e, one, x)))
  return binary(e, 'atan2', height, x)
}

/** Coefficients of the numerator and the denominator, from the highest power of x² down. */
const erfNumerator = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4,
  -2.954599808540253e-3, -1.60960333262415e-2,
]
const erfDenominator = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2,
]

/**
 * erf(x) = x · P(x²) / Q(x²) on [-4, 4], beyond which it is ±1 in f32: the rational approximation that Eigen and XLA use, with an
 * error below 2e-7. CHLO's own op may be missing in a plugin.
 */
function errorFunction(e: Emitter, given: Ssa): Ssa {
  const x = convert(e, given, given.type.dtype === 'f64' ? 'f64' : 'f32')
  const limit = (name: LimitKind, of: Ssa, value: number) => binary(e, name, of, fill(e, x.type, value))
  const clamped = limit('minimum', limit('maximum', x, -4), 4)
  const square = multiply(e, clamped, clamped)
  const polynomial = ([highest = 0, ...others]: readonly number[]) =>
    others.reduce(
      (value, coefficient) => add(e, multiply(e, value, square), fill(e, x.type, coefficient)),
      fill(e, x.type, highest),
    )
  const quotient = binary(e, 'divide', multiply(e, clamped, polynomial(erfNumerator)), polynomial(erfDenominator))
  return convert(e, quotient, given.type.dtype)
}

function constant(e: Emitter, op: OpOf<'constant'>): Ssa {
  const { value, dtype, shape } = op.params
  const type = { dtype, shape }
  return only(
    e.op('stablehlo.constant', [], [type], {
      value: typeof value === 'number' ? splat(type, value) : denseData(type, value),
    }),
  )
}

export const elementwiseRules: EmitRules<Exclude<SourceKind, 'input'> | ElementwiseKind> = {
  constant: (e, op) => [constant(e, op)],
  iota: (e, { params: { dtype, shape, dim } }) =>
    e.op('stablehlo.iota', [], [{ dtype, shape }], { iota_dimension: i64(dim) }),
  replica_id: (e) => [e.across === undefined ? localReplica(e) : replicaOfAll(e)],
  abs: sameName('abs'),
  negate: sameName('negate'),
  sign: sameName('sign'),
  floor: sameName('floor'),
  exponential: sameName('exponential'),
  log: sameName('log'),
  sqrt: sameName('sqrt'),
  rsqrt: sameName('rsqrt'),
  tanh: sameName('tanh'),
  logistic: sameName('logistic'),
  sine: sameName('sine'),
  cosine: sameName('cosine'),
  not: sameName('not'),
  erf: (e, _op, operands) => [errorFunction(e, at(operands, 0))],
  acos: (e, _op, operands) => [arcCosine(e, at(operands, 0))],
  is_finite: (e, _op, operands) => {
    const x = at(operands, 0)
    return e.op('stablehlo.is_finite', [x], [{ dtype: 'pred', shape: x.type.shape }])
  },
  bitcast: (e, op, operands) => {
    const x = at(operands, 0)
    return e.op('stablehlo.bitcast_convert', [x], [{ dtype: op.params.dtype, shape: x.type.shape }])
  },
  convert: (e, op, operands) => [convert(e, at(operands, 0), op.params.dtype)],
  add: pairwise('add'),
  subtract: pairwise('subtract'),
  multiply: pairwise('multiply'),
  divide: pairwise('divide'),
  remainder: pairwise('remainder'),
  power: pairwise('power'),
  maximum: pairwise('maximum'),
  minimum: pairwise('minimum'),
  and: pairwise('and'),
  or: pairwise('or'),
  xor: pairwise('xor'),
  shift_left: pairwise('shift_left'),
  shift_right_logical: pairwise('shift_right_logical'),
  compare: (e, op, operands) => [compare(e, op.params.direction, at(operands, 0), at(operands, 1))],
  select: (e, _op, operands) => e.op('stablehlo.select', operands, [at(operands, 1).type]),
}
