/** Rules of the house that read the code: an enum stands in one place, and so does a field of an experiment. */
import ts from 'typescript'

export interface SourceText {
  /** Below the repository: `compiler/plan/plan.ts`. */
  readonly path: string
  readonly text: string
}

function placeOf(tree: ts.SourceFile, node: ts.Node): string {
  return `${tree.fileName}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`
}

/** Every node of a file. */
function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => {
    children.push(child)
  })
  for (const child of children) yield* nodesOf(child)
}

function treeOf({ path, text }: SourceText): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
}

/** Type operators whose union is a choice among members that stand elsewhere: `Pick<Spec, 'a' | 'b'>`. */
const choosing = ['Pick', 'Omit', 'Exclude']

function unionMembers(node: ts.UnionTypeNode): readonly string[] {
  const { parent } = node
  if (ts.isTypeReferenceNode(parent) && choosing.includes(parent.typeName.getText())) return []
  // `K extends 'a' | 'b'` chooses too.
  if (ts.isTypeParameterDeclaration(parent)) return []
  return node.types.flatMap((type) =>
    ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? [type.literal.text] : [],
  )
}

/** Members of an array that lists an enum: `[…] as const`, `enum: […]` of a JSON schema, `enumOf('…', […])`. */
function arrayMembers(node: ts.ArrayLiteralExpression): readonly string[] {
  const { parent } = node
  const isConst = ts.isAsExpression(parent) && parent.type.getText() === 'const'
  const isSchema = ts.isPropertyAssignment(parent) && parent.name.getText() === 'enum'
  const isField = ts.isCallExpression(parent) && parent.expression.getText() === 'enumOf'
  if (!(isConst || isSchema || isField)) return []
  const members = node.elements.flatMap((element) => (ts.isStringLiteral(element) ? [element.text] : []))
  return members.length === node.elements.length ? members : []
}

/** Sets of two or more strings that stand as a union type, an array or a JSON schema's `enum` in more than one place. */
export function enumsWrittenTwice(sources: readonly SourceText[]): string[] {
  const places = new Map<string, string[]>()
  for (const source of sources) {
    const tree = treeOf(source)
    for (const node of nodesOf(tree)) {
      const members = ts.isUnionTypeNode(node)
        ? unionMembers(node)
        : ts.isArrayLiteralExpression(node)
          ? arrayMembers(node)
          : []
      if (members.length < 2) continue
      const key = [...new Set(members)].toSorted().join(' | ')
      places.set(key, [...(places.get(key) ?? []), placeOf(tree, node)])
    }
  }
  return [...places].filter(([, found]) => found.length > 1).map(([key, found]) => `${key}: ${found.join(', ')}`)
}
