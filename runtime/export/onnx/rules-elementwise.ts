/** ONNX operators of sources and elementwise ops. */
import { type Op, operandAt, resultAt, type Value } from '../../../compiler/ir/graph.ts'
import type { CompareDirection } from '../../../compiler/ir/op.ts'
import type { ElementwiseKind, SourceKind } from '../../../compiler/ir/op-family.ts'
import { bug } from '../../../grammar/diagnostic.ts'
import { f16ToF32 } from '../../half.ts'
import type { Scope } from './emitter.ts'
import { type Attributes, int } from './model.ts'
import { absent, elementTypes, type OnnxRules, storedType, unsupported } from './rule.ts'
import { storedAs } from './stored-tensor.ts'
import { inOrder, type View } from './view.ts'

/** One operator on all operands. */
function pointwise(operator: string, values: readonly Value[], scope: Scope, attributes: Attributes = {}): View {
  const { names, axes } = scope.emitter.aligned(values.map(scope.placed))
  return { tensor: scope.emitter.node(operator, names, attributes), axes }
}

function each(operator: string) {
  return (op: Op, scope: Scope): View => pointwise(operator, op.operands, scope)
}

/** Operators of ONNX that exist only for truth values. */
function logical(operator: string) {
  return (op: Op, scope: Scope): View =>
    resultAt(op, 0).type.dtype === 'pred'
      ? pointwise(operator, op.operands, scope)
      : unsupported(op, 'which ONNX has for truth values only')
}

const comparisons: { readonly [D in Exclude<CompareDirection, 'NE'>]: string } = {
  EQ: 'Equal',
  LT: 'Less',
  LE: 'LessOrEqual',
  GT: 'Greater',
  GE: 'GreaterOrEqual',
}

const onlyRandom = 'which only the random numbers of training have'

export const sourceRules: OnnxRules<SourceKind> = {
  input: (op) => bug(`input ${op.params.name} as a node`),
  constant(op) {
    const { value, shape, dtype } = op.params
    const type = storedType(op, dtype)
    if (typeof value === 'number')
      return { tensor: storedAs({ kind: 'numbers', values: [value], shape: [] }, type), axes: [] }
    const numbers = dtype === 'f16' && value instanceof Uint16Array ? f16ToF32(value) : value
    return {
      tensor: storedAs({ kind: 'numbers', values: Array.from(numbers), shape }, type),
      axes: inOrder(shape.length),
    }
  },
  iota: absent('which only the orders of tokens in training have'),
  replica_id: absent('which only training on several devices has'),
}

export const elementwiseRules: OnnxRules<ElementwiseKind> = {
  abs: each('Abs'),
  negate: each('Neg'),
  sign: each('Sign'),
  floor: each('Floor'),
  exponential: each('Exp'),
  log: each('Log'),
  sqrt: each('Sqrt'),
  rsqrt(op, scope) {
    const root = pointwise('Sqrt', op.operands, scope)
    return { ...root, tensor: scope.emitter.node('Reciprocal', [scope.emitter.nameOf(root)]) }
  },
  tanh: each('Tanh'),
  logistic: each('Sigmoid'),
  sine: each('Sin'),
  cosine: each('Cos'),
  acos: each('Acos'),
  erf: each('Erf'),
  not: logical('Not'),
  is_finite: absent('which only the checks of training have'),
  convert(op, scope) {
    const { dtype } = op.params
    const { view } = scope.placed(operandAt(op, 0))
    const { tensor } = view
    if (dtype === 'bf16') return unsupported(op, 'with the type bf16, which exports do not have')
    // Weights are stored as the other type.
    if (typeof tensor !== 'string' && tensor.type === 'f32' && dtype === 'f16')
      return { ...view, tensor: { ...tensor, type: 'f16' } }
    return pointwise('Cast', op.operands, scope, { to: int(elementTypes[dtype]) })
  },
  bitcast: absent(onlyRandom),
  add: each('Add'),
  subtract: each('Sub'),
  multiply: each('Mul'),
  divide: each('Div'),
  remainder: (op, scope) => pointwise('Mod', op.operands, scope, { fmod: int(1) }),
  power: each('Pow'),
  maximum: each('Max'),
  minimum: each('Min'),
  and: logical('And'),
  or: logical('Or'),
  xor: logical('Xor'),
  shift_left: absent(onlyRandom),
  shift_right_logical: absent(onlyRandom),
  compare(op, scope) {
    const { direction } = op.params
    if (direction !== 'NE') return pointwise(comparisons[direction], op.operands, scope)
    const equal = pointwise('Equal', op.operands, scope)
    return { ...equal, tensor: scope.emitter.node('Not', [scope.emitter.nameOf(equal)]) }
  },
  select: each('Where'),
}
