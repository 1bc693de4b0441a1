/** Walks the tree. Only `childrenOf` knows which fields of a node contain nodes; a test checks it by reflection. */
import type { Node, NodeOf } from './ast.ts'

type Children = readonly (Node | undefined)[]

const CHILDREN: { readonly [K in Node['kind']]: (node: NodeOf<K>) => Children } = {
  Ident: () => [],
  Number: (n) => [n.unit],
  String: (n) => n.holes,
  Bool: () => [],
  Name: () => [],
  List: (n) => n.items,
  Range: (n) => [n.from, n.to],
  Record: (n) => n.fields,
  RecordField: (n) => [n.name, n.value],
  Unary: (n) => [n.operand],
  Binary: (n) => [n.left, n.right],
  Pipe: (n) => [n.value, n.target],
  Call: (n) => [n.callee, ...n.arguments, n.scope],
  Argument: (n) => [n.name, n.value],
  Member: (n) => [n.object, n.name],
  Index: (n) => [n.object, n.index],
  If: (n) => [n.condition, n.then, n.otherwise],
  For: (n) => [n.variable, n.items, n.carry?.name, n.carry?.start, n.body],
  Block: (n) => [...n.lets, ...n.requires, n.value],
  Batch: (n) => [n.value, n.unit],
  SectionValue: (n) => [n.name, ...n.entries],
  Error: () => [],
  NamedType: (n) => [n.name, ...n.arguments],
  ListType: (n) => [n.element],
  OptionalType: (n) => [n.inner],
  Use: (n) => [...n.path, n.file, n.prefix, ...(n.names ?? [])],
  UsedName: (n) => [n.name, n.alias],
  Let: (n) => [n.name, n.type, n.value],
  Parameter: (n) => [n.name, n.type, n.default],
  Function: (n) => [n.name, ...n.parameters, n.input, n.result, n.body],
  Object: (n) => [n.name, ...n.parameters, n.extends, ...n.entries],
  Test: (n) => [n.title, ...n.lets, ...n.asserts, ...n.expectations],
  Field: (n) => [...n.path, n.value],
  Section: (n) => [n.name, ...n.entries],
  Method: (n) => [n.name, ...n.parameters, n.body],
  State: (n) => [n.name, n.value],
  Require: (n) => [n.condition],
  Assert: (n) => [n.condition],
  Expect: (n) => [n.code, n.body],
}

/** The direct children of a node. In textual order, except for `let`s, which precede a block's conditions and values and a test's asserts. */
export function childrenOf(node: Node): readonly Node[] {
  const children = CHILDREN[node.kind] as (node: Node) => Children
  return children(node).filter((child) => child !== undefined)
}

/** Calls `enter` for a node and all its descendants, parents first. `enter` may return false to skip the descendants. */
export function walk(node: Node, enter: (node: Node) => boolean | undefined): void {
  if (enter(node) === false) return
  for (const child of childrenOf(node)) walk(child, enter)
}
