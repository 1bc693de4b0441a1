/**
 * Recomputation by blocks (Chen et al., Training deep nets with sublinear memory cost, arXiv:1604.06174): only the forward
 * tensors between blocks are kept, and the backward pass recomputes the inside of a block when it reaches the block.
 *
 * Block bounds are derived from the graph: a cut is a place that only one activation tensor crosses, as between the residual
 * blocks of a network. The piece between two cuts cannot be split. Since the largest piece is needed at once in any case,
 * neighbors are merged up to that size, or beyond it if fewer tensors between blocks outweigh a larger block.
 *
 * Recomputed ops read their block's input and weights through an optimization barrier that waits for the gradient of the block's
 * output, so a compiler neither merges them with the first computation nor runs them early. The last block's activations are used
 * immediately, so they are kept.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { GraphBuilder } from './build.ts'
import { byteSize } from './dtype.ts'
import { isInner } from './fusion.ts'
import type { Op, Value } from './graph.ts'
import { lastUses } from './last-uses.ts'
import * as ops from './ops.ts'
import { gradient, type Seed } from './vjp.ts'

/** Number of block sizes to try, starting at the largest piece, in steps of a quarter of it. */
const CHOICES = 16

/** Ops between two cuts. */
interface Piece {
  readonly ops: readonly Op[]
  /** The activation tensor that they read, and the one that they produce. */
  readonly input: Value
  readonly output: Value
}

/**
 * Like `gradient` of one output, which depends on `wrt` and on `source` (the images). Neither `source` nor anything that depends
 * on it may be in `wrt`.
 */
export function gradientByBlocks(
  b: GraphBuilder,
  seed: Seed,
  source: Value,
  wrt: readonly Value[],
): (Value | undefined)[] {
  const pieces = cutPieces(activationOps(b.ops, source, seed.value), source, seed.value)
  const blocks = joinPieces(aboveFrozen(pieces, wrt)).map((block) => ({ block, ...surroundings(block, wrt) }))
  const lowest = blocks.findIndex(({ weights }) => weights.length > 0)
  const found = new Map<Value, Value>()
  let cotangent: Value | undefined = lowest < 0 ? undefined : seed.cotangent
  for (let i = blocks.length - 1; i >= lowest && cotangent !== undefined; i--) {
    const { block, helpers, weights } = need(blocks[i], 'a block')
    const given = { block, helpers, weights, cotangent }
    const again = i === blocks.length - 1 ? keep(given) : computeAgain(b, given)
    const below = i === lowest ? [] : [again.input]
    const gradients = gradient(b, [again.seed], [...below, ...again.weights], again.ops)
    const own = gradients.slice(below.length)
    weights.forEach((weight, k) => {
      const more = own[k]
      const before = found.get(weight)
      if (more !== undefined) found.set(weight, before === undefined ? more : ops.add(b, before, more))
    })
    cotangent = below.length === 0 ? undefined : gradients[0]
  }
  return wrt.map((weight) => found.get(weight))
}

/**
 * The pieces from the lowest weight of `wrt` on: no gradient reaches those below it, which have weights that are not trained. Pieces
 * below it without products, such as the normalization of images, stay: the first block then reads bytes instead of numbers.
 */
function aboveFrozen(pieces: readonly Piece[], wrt: readonly Value[]): readonly Piece[] {
  const lowest = pieces.findIndex((piece) => surroundings(piece, wrt).weights.length > 0)
  const isCheap = pieces.slice(0, Math.max(lowest, 0)).every((piece) => piece.ops.every(isInner))
  return isCheap ? pieces : pieces.slice(lowest)
}

/** The ops on the path from `source` to `output`, in order. */
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

/** Cuts after every op beyond which only one activation tensor is read. */
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

/** Bytes that the ops of a piece keep in memory for its backward pass. */
function innerBytes(piece: Piece): number {
  const stored = piece.ops.filter((op) => !isInner(op)).flatMap((op) => op.results)
  return stored.reduce((sum, value) => sum + byteSize(value.type), 0)
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** Merges neighbors into blocks that minimize the memory between blocks plus that inside one block. */
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
      // The inside of a block and its gradients; by then, tensors between later blocks have been freed.
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

/** Groups neighbors while their inputs and outputs stay below the limit. */
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
 * The weights of `wrt` that a block's ops read, directly or through values that do not depend on activations, and the ops that
 * compute those values, in order.
 */
function surroundings(
  block: Piece,
  wrt: readonly Value[],
): { readonly weights: readonly Value[]; readonly helpers: readonly Op[] } {
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
  return { weights: wrt.filter((weight) => seen.has(weight)), helpers: [...helpers] }
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
      // Through the barrier, so that nothing in the block starts before it is available.
      cotangent: need(late, 'the cotangent'),
    },
  }
}
