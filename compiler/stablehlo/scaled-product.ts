/**
 * Products with a matrix whose rows or columns are scaled, by native kernels: class centers divided by their lengths, above all. The
 * product is taken of the matrix as it is in memory, and the smaller of what remains is scaled, since a·(s∘b) = s∘(a·b). The scaled
 * matrix, 200 MB for 100,000 centers, is then neither written nor read.
 *
 * Legend: a [M,K], b [K,N] or transposed; s the factors of one of the four dims.
 */
import { byteSize, elementCount } from '../ir/dtype.ts'
import { type OpOf, operandAt, resultAt, type Value } from '../ir/graph.ts'
import type { Emitter, Ssa } from './emitter.ts'
import { broadcast, multiply } from './hlo.ts'
import { nativeProduct } from './native-call.ts'

/** Smaller matrices stay in a cache, in bytes. */
const large = 2 ** 22

interface Scaled {
  readonly plain: Value
  readonly factors: Value
  /** The dim of the matrix along which the factors differ. */
  readonly dim: number
}

/** The product without the scaled matrix; `undefined` if there is none that pays. */
export function scaledProduct(e: Emitter, op: OpOf<'dot_general'>, find: (value: Value) => Ssa): Ssa | undefined {
  const { params } = op
  const values = [operandAt(op, 0), operandAt(op, 1)] as const
  const isPlain = values.every(({ type }) => type.dtype === 'f32' && type.shape.length === 2)
  const isOfMatrices = params.lhsContract.length === 1 && params.lhsBatch.length === 0
  if (e.native === undefined || !isPlain || params.dtype !== 'f32' || !isOfMatrices) return undefined
  const isLeft = byteSize(values[0].type) > byteSize(values[1].type)
  const [scaled, other] = isLeft ? [scaledBy(values[0]), values[1]] : [scaledBy(values[1]), values[0]]
  if (scaled === undefined) return undefined
  const [own, others] = isLeft ? [params.lhsContract, params.rhsContract] : [params.rhsContract, params.lhsContract]
  const isSummed = own[0] === scaled.dim
  const isLarger = elementCount(resultAt(op, 0).type.shape) > elementCount(scaled.plain.type.shape)
  if (!isSummed && isLarger) return undefined
  const [plain, rest, factors] = [find(scaled.plain), find(other), find(scaled.factors)]
  const productOf = (b: Ssa) => nativeProduct(e, isLeft ? plain : b, isLeft ? b : plain, params, params.dtype)
  if (isSummed) return productOf(multiply(e, rest, broadcast(e, factors, rest.type.shape, others)))
  const product = productOf(rest)
  return product && multiply(e, product, broadcast(e, factors, product.type.shape, [isLeft ? 0 : 1]))
}

function scaledBy({ op, type }: Value): Scaled | undefined {
  if (op.kind !== 'multiply' || byteSize(type) < large) return undefined
  for (const [i, factor] of op.operands.entries()) {
    const [dim, ...more] = factor.op.kind === 'broadcast_in_dim' ? factor.op.params.dims : []
    if (dim === undefined || more.length > 0) continue
    const factors = operandAt(factor.op, 0)
    if (factors.type.shape[0] === type.shape[dim]) return { plain: operandAt(op, 1 - i), factors, dim }
  }
  return undefined
}
