/** Collects the nodes and stored tensors of an ONNX model, and arranges the dims of values for operators. */
import type { Op, Value } from '../../../compiler/ir/graph.ts'
import { bug } from '../../../grammar/diagnostic.ts'
import { type Extent, type Extents, isOne } from './extents.ts'
import { type Attributes, int, ints, type OnnxNode } from './model.ts'
import { type StoredTensor, storedAs, storedKey } from './stored-tensor.ts'
import { definedAxes, jointAxes, repeatsTo, sameAxes, type View } from './view.ts'

/** A value and how it lies. */
export interface Placed {
  readonly view: View
  readonly extents: readonly Extent[]
}

export class Emitter {
  readonly opset: number
  readonly #images: string
  readonly #nodes: OnnxNode[] = []
  readonly #tensors = new Map<string, StoredTensor>()
  readonly #nameOfKey = new Map<string, string>()
  readonly #taken = new Map<string, number>()
  #count: string | undefined
  #path = ''

  /** `images`: the name of the input, whose dim 0 is the number of images; `result`: that of the output. Nothing else gets these. */
  constructor(opset: number, images: string, result: string) {
    this.opset = opset
    this.#images = images
    for (const name of [images, result]) this.#taken.set(name, 1)
  }

  get nodes(): readonly OnnxNode[] {
    return this.#nodes
  }

  get tensors(): ReadonlyMap<string, StoredTensor> {
    return this.#tensors
  }

  /** Nodes that follow are named after the place of this op. */
  at({ origin }: Op): void {
    this.#path = origin.path.replaceAll('.', '/')
  }

  #unique(name: string): string {
    const before = this.#taken.get(name) ?? 0
    this.#taken.set(name, before + 1)
    return before === 0 ? name : this.#unique(`${name}_${before}`)
  }

  /** Adds a node and returns the name of its output. The slash makes names unlike `Sub` and `Mul`, which programs look for. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = this.#unique(`${this.#path === '' ? '' : `/${this.#path}`}/${operator}`)
    return this.#add(name, operator, inputs, attributes)
  }

  /** Adds a node with a name of its own. */
  namedNode(name: string, inputs: readonly string[]): string {
    return this.#add(this.#unique(name), name, inputs, {})
  }

  #add(name: string, operator: string, inputs: readonly string[], attributes: Attributes): string {
    const output = `${name}_output`
    this.#nodes.push({ name, operator, inputs, output, attributes })
    return output
  }

  /** The name of a stored tensor; equal ones are stored once. */
  stored(tensor: StoredTensor): string {
    const key = storedKey(tensor)
    const known = this.#nameOfKey.get(key)
    if (known !== undefined) return known
    const { content } = tensor
    const name = this.#unique(content.kind === 'numbers' ? 'constant' : content.name)
    this.#nameOfKey.set(key, name)
    this.#tensors.set(name, tensor)
    return name
  }

  /** The name of a tensor of whole numbers: axes and shapes. */
  wholes(values: readonly number[]): string {
    return this.stored(storedAs({ kind: 'numbers', values, shape: [values.length] }, 'i64'))
  }

  nameOf({ tensor }: View): string {
    return typeof tensor === 'string' ? tensor : this.stored(tensor)
  }

  /** The number of images, i64[1]. */
  #batch(): string {
    if (this.#count === undefined) {
      const shape = this.node('Shape', [this.#images])
      this.#count = this.node('Slice', [shape, this.wholes([0]), this.wholes([1])])
    }
    return this.#count
  }

  /** A shape, i64[rank]; `inferable`: a single unknown size may be left to the operator. */
  shape(extents: readonly Extent[], inferable: boolean): string {
    const unknown = extents.filter(({ ofBatch }) => ofBatch).length
    if (unknown === 0 || (inferable && unknown === 1))
      return this.wholes(extents.map(({ count, ofBatch }) => (ofBatch ? -1 : count)))
    const parts = extents.map(({ count, ofBatch }) => {
      if (!ofBatch) return this.wholes([count])
      return count === 1 ? this.#batch() : this.node('Mul', [this.#batch(), this.wholes([count])])
    })
    return this.node('Concat', parts, { axis: int(0) })
  }

  /** The same value with its dims as wanted; dims along which it is repeated have size 1. */
  arranged({ view, extents }: Placed, wanted: View['axes']): View {
    const present = new Set(definedAxes(view.axes))
    const target = wanted.map((axis) => (axis !== undefined && present.has(axis) ? axis : undefined))
    if (definedAxes(target).length !== present.size) return bug(`axes ${view.axes} arranged as ${wanted}`)
    if (sameAxes(view.axes, target)) return view
    const { tensor } = view
    if (typeof tensor !== 'string') {
      const order = target.map((axis) => (axis === undefined ? -1 : (tensor.order[view.axes.indexOf(axis)] ?? -1)))
      return { tensor: { ...tensor, order }, axes: target }
    }
    const [from, to] = [definedAxes(view.axes), definedAxes(target)]
    let current: View = view
    if (!sameAxes(from, to)) {
      const permutation = permutationTo(view.axes, target)
      const axes = permutation.map((i) => view.axes[i])
      current = { tensor: this.node('Transpose', [tensor], { perm: ints(permutation) }), axes }
    }
    if (sameAxes(current.axes, target)) return current
    const sizes = target.map((axis): Extent => (axis === undefined ? one : (extents[axis] ?? one)))
    return { tensor: this.node('Reshape', [this.nameOf(current), this.shape(sizes, true)]), axes: target }
  }

  /** The name of the value with all of its dims, in this order, nothing left to repetition. */
  whole({ view, extents }: Placed, order: readonly number[]): string {
    const arranged = this.arranged({ view, extents }, order)
    const isWhole = order.every((dim, i) => arranged.axes[i] === dim || isOne(extents[dim] ?? one))
    if (isWhole) return this.nameOf(arranged)
    const sizes = order.map((dim) => extents[dim] ?? one)
    return this.node('Expand', [this.nameOf(arranged), this.shape(sizes, false)])
  }

  /** The names of operands of an elementwise operator, and the axes of its result. */
  aligned(operands: readonly Placed[]): { readonly names: readonly string[]; readonly axes: View['axes'] } {
    const axes = jointAxes(operands.map(({ view }) => view.axes))
    const names = operands.map((operand) => {
      if (repeatsTo(operand.view.axes, axes)) return this.nameOf(operand.view)
      const first = axes.findIndex((axis) => axis !== undefined && operand.view.axes.includes(axis))
      return this.nameOf(this.arranged(operand, first < 0 ? [] : axes.slice(first)))
    })
    return { names, axes }
  }
}

const one: Extent = { count: 1, ofBatch: false }

/** Positions of the dims of a tensor in the order of `target`, dims of size 1 wherever they fit. */
function permutationTo(axes: View['axes'], target: View['axes']): readonly number[] {
  const spare = axes.flatMap((axis, i) => (axis === undefined ? [i] : []))
  const wanted = target.flatMap((axis) => {
    if (axis !== undefined) return [axes.indexOf(axis)]
    const position = spare.shift()
    return position === undefined ? [] : [position]
  })
  return [...wanted, ...spare]
}

/** Values in the model, by values of the graph. */
export interface Scope {
  readonly emitter: Emitter
  readonly extents: Extents
  /** Where a value lies that an earlier layer computes, or a weight. */
  placed(value: Value): Placed
}
