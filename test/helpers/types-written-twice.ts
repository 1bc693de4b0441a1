/** An architecture rule that reads the code: types of the same members under different names are one type. */
import ts from 'typescript'
import { placeOf, type SourceText, treeOf } from './architecture-rules.ts'

/** Aliases of shorter types and of functions are abbreviations, which may coincide: `readonly [number, number]`. */
const shortest = 36

const inOneLine = (node: ts.Node) =>
  node
    .getText()
    .replace(/\breadonly /g, '')
    .replace(/\s+/g, ' ')

/** The members of an object type in a fixed order; undefined for types with methods and for those of one member. */
function shapeOf(members: readonly ts.TypeElement[]): string | undefined {
  if (members.length < 2 || !members.every(ts.isPropertySignature)) return undefined
  return members
    .map((member) => inOneLine(member).replace(/;$/, ''))
    .toSorted()
    .join('; ')
}

function keyOf(node: ts.Node): string | undefined {
  if (ts.isInterfaceDeclaration(node)) {
    const isWhole = node.heritageClauses === undefined && node.typeParameters === undefined
    return isWhole ? shapeOf(node.members) : undefined
  }
  if (!ts.isTypeAliasDeclaration(node)) return undefined
  if (ts.isTypeLiteralNode(node.type)) return shapeOf(node.type.members)
  const text = inOneLine(node.type)
  return text.length < shortest || ts.isFunctionTypeNode(node.type) ? undefined : text
}

/** Types that are declared in more than one place, with their names: `Pair = Couple: a.ts:1, b.ts:2`. */
export function typesWrittenTwice(sources: readonly SourceText[]): string[] {
  const found = new Map<string, { readonly names: string[]; readonly places: string[] }>()
  for (const source of sources) {
    const tree = treeOf(source)
    for (const node of tree.statements) {
      const key = keyOf(node)
      if (key === undefined || !(ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))) continue
      const entry = found.get(key) ?? { names: [], places: [] }
      found.set(key, entry)
      entry.names.push(node.name.text)
      entry.places.push(placeOf(tree, node))
    }
  }
  return [...found.values()]
    .filter(({ places }) => places.length > 1)
    .map(({ names, places }) => `${[...new Set(names)].join(' = ')}: ${places.join(', ')}`)
}
