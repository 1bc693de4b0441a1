/**
 * Recomputation by blocks (Chen et al., Training deep nets with sublinear memory cost, arXiv:1604.06174): of the forward pass only
 * the tensors between blocks are kept, and the backward pass computes what lies inside of a block again when it comes to it.
 *
 * Where a block may end is read off the graph: a cut is a place that only one tensor of activations crosses, as between the residual
 * blocks of a network. What lies between two cuts cannot be divided; the largest such piece is needed at once in any case, so
 * neighbours are joined up to that size, or beyond where fewer tensors between blocks are worth more than a larger block.
 *
 * What is computed again reads its block's input and weights through an optimization barrier that waits for the gradient of the
 * block's output: a compiler neither finds it equal to the first time nor does it early. The last block's activations are used at
 * once, and are kept.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from './build.ts'
import { byteSize } from './dtype.ts'
import { isInner } from './fusion.ts'
import type { Op, Value } from './graph.ts'
import { lastUses } from './last-uses.ts'
import * as ops from './ops.ts'
import { gradient, type Seed } from './vjp.ts'

/** Sizes of blocks that are tried, from that of the largest piece on, a quarter of it apart. */
const CHOICES = 16

/** Ops between two cuts. */
interface Piece {
  readonly ops: readonly Op[]
  /** The one tensor of activations that they read from before, and the one that they give. */
  readonly input: Value
  readonly output: Value
}

/**
 * As `gradient` of one output, which depends on `wrt` and on `source` (the images). Neither `source` nor what depends on it may be
 * in `wrt`.
 */
export function gradientByBlocks(
  b: GraphBuilder,
  seed: Seed,
  source: Value,
  wrt: readonly Value[],
): (Value | undefined)[] {
  const blocks = joinPieces(cutPieces(activationOps(b.ops, source, seed.value), source, seed.value))
  const found = new Map<Value, Value>()
  let cotangent: Value | undefined = seed.cotangent
  for (let i = blocks.length - 1; i >= 0 && cotangent !== undefined; i--) {
    const block = need(blocks[i], 'a block')
    const isLast = i === blocks.length - 1
    const around = surroundings(block, wrt)
    const weights = wrt.filter((weight) => around.reads.has(weight))
    const given = { block, helpers: around.helpers, weights, cotangent }
    const again = isLast ? keep(given) : computeAgain(b, given)
    const [inner, ...own] = gradient(b, [again.seed], [again.input, ...again.weights], again.ops)
    weights.forEach((weight, k) => {
      const more = own[k]
      const before = found.get(weight)
      if (more !== undefined) found.set(weight, before === undefined ? more : ops.add(b, before, more))
    })
    cotangent = inner
  }
  return wrt.map((weight) => found.get(weight))
}

/** The ops that lead from `source` to `output`, in order. */
function activationOps(all: readonly Op[], source: Value, output: Value): Op[] {
  const reached = new Set([source])
  const candidates = all.filter((op) => {
    if (!op.operands.some((operand) => reached.has(operand))) return false
    for (const result of op.results) reached.add(result)
    return true
  })
  const wanted = new Set([output])
  const kept = candidates.toReversed().filter((op) => {
    if (!op.results.some((result) => wanted.has(result))) return false
    for (const operand of op.operands) wanted.add(operand)
    return true
  })
  return kept.toReversed()
}

/** Cuts after every op beyond which only one tensor of activations is read. */
function cutPieces(path: readonly Op[], source: Value, output: Value): Piece[] {
  const lastUse = lastUses(path, [output])
  const crossing = new Set([source])
  const pieces: Piece[] = []
  let input = source
  let begin = 0
  path.forEach((op, at) => {
    for (const operand of op.operands) if ((lastUse.get(operand) ?? at) <= at) crossing.delete(operand)
    for (const result of op.results) if ((lastUse.get(result) ?? at) > at) crossing.add(result)
    const [only, ...others] = crossing
    if (only === undefined || others.length > 0) return
    pieces.push({ ops: path.slice(begin, at + 1), input, output: only })
    input = only
    begin = at + 1
  })
  return pieces
}

/** Bytes that the ops of a piece leave in memory for its backward pass. */
function innerBytes(piece: Piece): number {
  const stored = piece.ops.filter((op) => !isInner(op)).flatMap((op) => op.results)
  return stored.reduce((sum, value) => sum + byteSize(value.type), 0)
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** Joins neighbours into blocks so that what is kept between blocks and one block's inside are the least together. */
function joinPieces(pieces: readonly Piece[]): readonly Piece[] {
  const sizes = new Map(pieces.map((piece) => [piece, innerBytes(piece)]))
  const sizeOf = (piece: Piece) => need(sizes.get(piece), 'the size of a piece')
  const inputOf = (piece: Piece) => byteSize(piece.input.type)
  const least = Math.max(0, ...pieces.map((piece) => inputOf(piece) + sizeOf(piece)))
  const choices = Array.from({ length: CHOICES }, (_, i) => {
    const groups = groupPieces(pieces, least * (1 + i / 4), sizeOf)
    let between = 0
    let bytes = 0
    for (const group of groups) {
      between += inputOf(need(group[0], 'a piece'))
      // The inside of a block, and its gradients; tensors between later blocks are gone by then.
      bytes = Math.max(bytes, between + 2 * sum(group.map(sizeOf)))
    }
    return { groups, bytes }
  })
  const best = choices.reduce((a, choice) => (choice.bytes < a.bytes ? choice : a))
  return best.groups.map((group) => ({
    ops: group.flatMap((piece) => piece.ops),
    input: need(group[0], 'a piece').input,
    output: need(group.at(-1), 'a piece').output,
  }))
}

/** Neighbours together while what they start from and what they leave stays below the limit. */
function groupPieces(pieces: readonly Piece[], limit: number, sizeOf: (piece: Piece) => number): Piece[][] {
  const groups: Piece[][] = []
  let bytes = 0
  for (const piece of pieces) {
    const last = groups.at(-1)
    if (last !== undefined && bytes + sizeOf(piece) <= limit) {
      last.push(piece)
      bytes += sizeOf(piece)
    } else {
      groups.push([piece])
      bytes = byteSize(piece.input.type) + sizeOf(piece)
    }
  }
  return groups
}

/**
 * All that a block's ops read, directly or through what depends neither on activations nor on `wrt`, and the ops of the latter in
 * order.
 */
function surroundings(
  block: Piece,
  wrt: readonly Value[],
): { readonly reads: ReadonlySet<Value>; readonly helpers: readonly Op[] } {
  const given = new Set(wrt)
  const inside = new Set(block.ops)
  const seen = new Set<Value>([block.input])
  const helpers = new Set<Op>()
  const visit = (value: Value) => {
    if (seen.has(value) || inside.has(value.op)) return
    seen.add(value)
    if (value.op.kind === 'input' || given.has(value)) return
    for (const operand of value.op.operands) visit(operand)
    helpers.add(value.op)
  }
  for (const op of block.ops) for (const operand of op.operands) visit(operand)
  return { reads: seen, helpers: [...helpers] }
}

interface Given {
  readonly block: Piece
  readonly helpers: readonly Op[]
  readonly weights: readonly Value[]
  readonly cotangent: Value
}

/** A block as the backward pass sees it. */
interface Again {
  readonly ops: readonly Op[]
  readonly input: Value
  readonly weights: readonly Value[]
  readonly seed: Seed
}

function keep({ block, helpers, weights, cotangent }: Given): Again {
  return {
    ops: [...helpers, ...block.ops],
    input: block.input,
    weights,
    seed: { value: block.output, cotangent },
  }
}

function computeAgain(b: GraphBuilder, { block, helpers, weights, cotangent }: Given): Again {
  const [late, input, ...own] = b.addAll('optimization_barrier', [cotangent, block.input, ...weights], {})
  const copies = new Map<Value, Value>()
  const copy = (from: readonly Value[], to: readonly (Value | undefined)[]) => {
    for (const [i, value] of from.entries()) copies.set(value, need(to[i], 'a copy'))
  }
  copy([block.input, ...weights], [input, ...own])
  const begin = b.ops.length
  for (const op of [...helpers, ...block.ops]) {
    const operands = op.operands.map((operand) => copies.get(operand) ?? operand)
    const origin = { ...op.origin, phase: 'backward' } as const
    copy(
      op.results,
      b.within(origin, () => b.addAll(op.kind, operands, op.params, op.regions)),
    )
  }
  return {
    ops: b.ops.slice(begin),
    input: need(input, 'the input'),
    weights: own,
    seed: {
      value: need(copies.get(block.output), 'the output'),
      // Out of the barrier, so that nothing of the block begins before it is there.
      cotangent: need(late, 'the cotangent'),
    },
  }
}
