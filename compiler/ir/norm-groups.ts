/**
 * Batch normalizations together with what follows them: a PReLU, a residual sum; and the same for their gradients. One kernel
 * computes each group, so that the values in between are never in memory.
 *
 * Legend: x y dx dy [...,C]; slope of the PReLU [C].
 */
import { sameShape } from './dtype.ts'
import { type Graph, type Op, type OpOf, operandAt, resultAt, type Value } from './graph.ts'

interface Group {
  /** The value that the kernel computes, of the same type as its x. */
  readonly result: Value
  /** The slope of the PReLU in between. */
  readonly slope: Value | undefined
  /** What is added to the result. */
  readonly added: Value | undefined
}

export interface NormForward extends Group {
  readonly norm: OpOf<'batch_norm_training'>
}

export interface NormBackward extends Group {
  readonly norm: OpOf<'batch_norm_grad'>
  /** The gradient of the result of the normalization, or of the PReLU if there is one. */
  readonly cotangent: Value
  /** The normalization's offset, and the value that gets the slope's gradient; there with a slope. */
  readonly offset: Value | undefined
  readonly slopeGradient: Value | undefined
}

export interface NormGroups {
  /** By the op in whose place the group is computed: all that it reads is known there. */
  readonly at: ReadonlyMap<Op, NormForward | NormBackward>
  /** The other ops of groups. */
  readonly inside: ReadonlySet<Op>
}

/** The large values that the kernels of a graph's groups read and write, which are therefore in memory. */
export function kernelValues(graph: Graph): ReadonlySet<Value> {
  const values = [...normGroups(graph).at.values()].flatMap((group) => [
    group.result,
    group.added,
    'cotangent' in group ? group.cotangent : undefined,
  ])
  return new Set(values.filter((value) => value !== undefined))
}

interface Uses {
  readonly of: (value: Value) => readonly Op[]
  readonly positionOf: (op: Op) => number
}

const known = new WeakMap<Graph, NormGroups>()

/** All normalizations of a graph, each in a group of its own. */
export function normGroups(graph: Graph): NormGroups {
  const found = known.get(graph) ?? findGroups(graph)
  known.set(graph, found)
  return found
}

function usesOf(graph: Graph): Uses {
  const users = new Map<Value, Op[]>()
  for (const op of graph.ops)
    for (const operand of new Set(op.operands)) users.set(operand, [...(users.get(operand) ?? []), op])
  // An output is used once more, by nothing that a group contains.
  const outputs = new Set(graph.outputs.map((output) => output.value))
  const positions = new Map(graph.ops.map((op, i) => [op, i]))
  return {
    of: (value) => (outputs.has(value) ? [] : (users.get(value) ?? [])),
    positionOf: (op) => positions.get(op) ?? Number.POSITIVE_INFINITY,
  }
}

function findGroups(graph: Graph): NormGroups {
  const uses = usesOf(graph)
  const at = new Map<Op, NormForward | NormBackward>()
  const inside = new Set<Op>()
  const gradients = new Map(
    graph.ops.flatMap((op) => (op.kind === 'batch_norm_grad' ? [[operandAt(op, 4), op] as const] : [])),
  )
  const taken = new Set<Op>()
  for (const op of graph.ops) {
    if (op.kind === 'batch_norm_training') {
      const rectifier = rectifierAfter(op, gradients, uses)
      if (rectifier === undefined) {
        const sum = sumAfter(resultAt(op, 0), uses.positionOf(op), uses)
        if (sum !== undefined) inside.add(sum.op)
        at.set(op, { norm: op, result: sum?.result ?? resultAt(op, 0), slope: undefined, added: sum?.added })
        continue
      }
      const { slope, result, ops, gradient } = rectifier
      for (const one of ops) inside.add(one)
      at.set(op, { norm: op, result, slope, added: undefined })
      if (gradient === undefined) continue
      const { first, norm } = gradient
      for (const one of gradient.ops) if (one !== first) inside.add(one)
      const sum = sumAfter(resultAt(norm, 0), uses.positionOf(first), uses)
      if (sum !== undefined) inside.add(sum.op)
      taken.add(norm)
      inside.add(norm)
      const { cotangent, slopeGradient } = gradient
      const whole = { norm, cotangent, slopeGradient, slope, offset: operandAt(op, 2) }
      at.set(first, { ...whole, result: sum?.result ?? resultAt(norm, 0), added: sum?.added })
    } else if (op.kind === 'batch_norm_grad' && !taken.has(op)) {
      const sum = sumAfter(resultAt(op, 0), uses.positionOf(op), uses)
      if (sum !== undefined) inside.add(sum.op)
      at.set(op, {
        norm: op,
        cotangent: operandAt(op, 4),
        result: sum?.result ?? resultAt(op, 0),
        added: sum?.added,
        slope: undefined,
        offset: undefined,
        slopeGradient: undefined,
      })
    }
  }
  return { at, inside }
}

interface Sum {
  readonly op: Op
  readonly result: Value
  readonly added: Value
}

/** The sum that is the only use of a value, if its other term is known at `position`. */
function sumAfter(value: Value, position: number, uses: Uses): Sum | undefined {
  const [op, ...others] = uses.of(value)
  if (op?.kind !== 'add' || others.length > 0) return undefined
  const added = op.operands.find((operand) => operand !== value)
  if (added === undefined || uses.positionOf(added.op) >= position) return undefined
  return { op, result: resultAt(op, 0), added }
}

interface Rectifier {
  readonly slope: Value
  readonly result: Value
  readonly ops: readonly Op[]
  readonly gradient: RectifierGradient | undefined
}

interface RectifierGradient {
  readonly norm: OpOf<'batch_norm_grad'>
  readonly cotangent: Value
  readonly slopeGradient: Value
  readonly ops: readonly Op[]
  /** The earliest of the ops. */
  readonly first: Op
}

/** `select(y > 0, y, slope·y)` as the only use of y, its gradient aside. */
function rectifierAfter(
  norm: OpOf<'batch_norm_training'>,
  gradients: ReadonlyMap<Value, OpOf<'batch_norm_grad'>>,
  uses: Uses,
): Rectifier | undefined {
  const y = resultAt(norm, 0)
  const users = uses.of(y)
  const compare = users.find((op) => op.kind === 'compare')
  const choice = users.find((op) => op.kind === 'select')
  if (compare?.kind !== 'compare' || choice === undefined || compare.params.direction !== 'GT') return undefined
  if (operandAt(compare, 0) !== y || !isZero(operandAt(compare, 1))) return undefined
  const [condition, positive, negative] = choice.operands
  if (condition !== compare.results[0] || positive !== y || negative === undefined) return undefined
  const scaled = scaledBy(negative.op, y)
  if (scaled !== undefined && uses.positionOf(scaled.slope.op) >= uses.positionOf(norm)) return undefined
  if (scaled === undefined || !isOnly(uses.of(negative), [choice])) return undefined
  const forward = [compare, choice, negative.op]
  const result = resultAt(choice, 0)
  const rest = users.filter((op) => !forward.includes(op))
  const masked = uses.of(resultAt(compare, 0)).filter((op) => op !== choice)
  if (rest.length === 0 && masked.length === 0)
    return { slope: scaled.slope, result, ops: forward, gradient: undefined }
  const gradient = rectifierGradient(
    { x: operandAt(norm, 0), rest, masked, broadcast: scaled.broadcast },
    gradients,
    uses,
  )
  return gradient && { slope: scaled.slope, result, ops: forward, gradient }
}

interface Backward {
  /** The normalization's operand. */
  readonly x: Value
  /** The uses of y and of its mask that are not in the forward pass. */
  readonly rest: readonly Op[]
  readonly masked: readonly Op[]
  readonly broadcast: Value
}

/** dy = select(mask, c, 0) + slope·n and dslope = Σ n·y, where n = select(mask, 0, c). */
function rectifierGradient(
  { x, rest, masked, broadcast }: Backward,
  gradients: ReadonlyMap<Value, OpOf<'batch_norm_grad'>>,
  uses: Uses,
): RectifierGradient | undefined {
  const [product] = rest
  if (rest.length !== 1 || product?.kind !== 'multiply' || masked.length !== 2) return undefined
  const kept = masked.find((op) => op.kind === 'select' && isZero(operandAt(op, 2)))
  const dropped = masked.find((op) => op.kind === 'select' && isZero(operandAt(op, 1)))
  if (kept === undefined || dropped === undefined || kept === dropped) return undefined
  const cotangent = operandAt(kept, 1)
  const negative = resultAt(dropped, 0)
  if (operandAt(dropped, 2) !== cotangent || !product.operands.includes(negative)) return undefined
  const weighted = uses.of(negative).find((op) => op.kind === 'multiply' && op.operands.includes(broadcast))
  if (weighted === undefined || !isOnly(uses.of(negative), [product, weighted])) return undefined
  const [sum] = uses.of(resultAt(kept, 0))
  if (sum?.kind !== 'add' || !isOnly(uses.of(resultAt(kept, 0)), [sum])) return undefined
  if (!isOnly(uses.of(resultAt(weighted, 0)), [sum])) return undefined
  const norm = gradients.get(resultAt(sum, 0))
  if (norm === undefined || !isOnly(uses.of(resultAt(sum, 0)), [norm]) || operandAt(norm, 0) !== x) return undefined
  const reduced = reducedBy(product, uses)
  if (reduced === undefined) return undefined
  const ops = [kept, dropped, product, weighted, sum, ...reduced.ops]
  const first = ops.reduce((a, b) => (uses.positionOf(a) < uses.positionOf(b) ? a : b))
  if (uses.positionOf(cotangent.op) >= uses.positionOf(first)) return undefined
  return { norm, cotangent, slopeGradient: reduced.result, ops, first }
}

/** Σ over all dims but the last of a product, perhaps widened to f32, as its only use. */
function reducedBy(product: Op, uses: Uses): { readonly result: Value; readonly ops: readonly Op[] } | undefined {
  const [next, ...more] = uses.of(resultAt(product, 0))
  if (next === undefined || more.length > 0) return undefined
  const widened = next.kind === 'convert' ? next : undefined
  const [sum, ...others] = widened === undefined ? [next] : uses.of(resultAt(widened, 0))
  if (sum?.kind !== 'reduce_sum' || others.length > 0) return undefined
  const result = resultAt(sum, 0)
  if (sum.params.dims.length !== operandAt(sum, 0).type.shape.length - 1 || result.type.dtype !== 'f32')
    return undefined
  return { result, ops: widened === undefined ? [sum] : [widened, sum] }
}

/** The slope if an op multiplies y by one value per channel, which is narrowed to the type of y before it is repeated or after. */
function scaledBy(op: Op, y: Value): { readonly slope: Value; readonly broadcast: Value } | undefined {
  const broadcast = op.kind === 'multiply' ? op.operands.find((operand) => operand !== y) : undefined
  if (op.kind !== 'multiply' || !op.operands.includes(y) || broadcast === undefined) return undefined
  const repeated = broadcast.op.kind === 'convert' ? operandAt(broadcast.op, 0).op : broadcast.op
  if (repeated.kind !== 'broadcast_in_dim') return undefined
  const { shape } = y.type
  const given = operandAt(repeated, 0)
  if (!sameShape(given.type.shape, shape.slice(-1)) || repeated.params.dims[0] !== shape.length - 1) return undefined
  const slope = given.op.kind === 'convert' ? operandAt(given.op, 0) : given
  return slope.type.dtype === 'f32' ? { slope, broadcast } : undefined
}

function isZero({ op }: Value): boolean {
  return op.kind === 'constant' && op.params.value === 0
}

/** Whether exactly these ops use a value. */
function isOnly(users: readonly Op[], wanted: readonly Op[]): boolean {
  return users.length === wanted.length && users.every((op) => wanted.includes(op))
}
