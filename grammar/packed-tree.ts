/**
 * A syntax tree as text that is faster to read than its source is to parse. The bundle contains the standard library in this form.
 *
 * An object of the tree is an array: the number of its shape (the list of its properties), then their values. An array of the tree
 * starts with `list`; `undefined` is `null`; the source, to which every span refers, is left out. Reading gives objects with the
 * same properties in the same order as the parser's.
 */
import type { SourceTree } from './ast.ts'
import { bug } from './diagnostic.ts'
import type { SourceFile } from './source.ts'

/** Stands before the items of an array. */
const list = -1

/** The property of a span, and of a tree, that holds the text. */
const sourceProperty = 'source'

type Packed = null | string | number | boolean | readonly Packed[]

interface PackedTree {
  /** Names of properties, by the numbers of the shapes. */
  readonly shapes: readonly (readonly string[])[]
  readonly tree: Packed
}

/** Packs a tree; every span in it has the tree's own source. */
export function packTree(root: SourceTree): string {
  const shapes: string[][] = []
  const numbers = new Map<string, number>()
  const shapeOf = (keys: string[]): number => {
    const name = keys.join(' ')
    const known = numbers.get(name)
    if (known !== undefined) return known
    numbers.set(name, shapes.length)
    return shapes.push(keys) - 1
  }
  const pack = (value: unknown): Packed => {
    if (value === undefined || value === root.source) return null
    if (typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (Array.isArray(value)) return [list, ...value.map(pack)]
    if (typeof value !== 'object' || value === null) return bug(`a tree contains ${String(value)}`)
    const entries = Object.entries(value)
    return [shapeOf(entries.map(([key]) => key)), ...entries.map(([, inner]) => pack(inner))]
  }
  const tree = pack(root)
  return JSON.stringify({ shapes, tree } satisfies PackedTree)
}

/** The tree that `packTree` packed, for an equal text. The packed text comes from the build and is not verified. */
export function unpackTree(packed: string, source: SourceFile): SourceTree {
  const { shapes, tree } = JSON.parse(packed) as PackedTree
  const unpack = (value: Packed): unknown => {
    if (value === null) return undefined
    if (typeof value !== 'object') return value
    const [head] = value
    if (head === list) {
      const items: unknown[] = []
      for (let at = 1; at < value.length; at++) items.push(unpack(value[at] ?? null))
      return items
    }
    const keys = shapes[Number(head)] ?? bug(`a packed tree has no shape ${head}`)
    const made: Record<string, unknown> = {}
    for (const [at, key] of keys.entries()) made[key] = key === sourceProperty ? source : unpack(value[at + 1] ?? null)
    return made
  }
  return unpack(tree) as SourceTree
}
