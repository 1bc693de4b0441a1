/** Architecture rules that read the code: each enum and each field of an experiment is declared in one place. */
import ts from 'typescript'

export interface SourceText {
  /** Below the repository: `compiler/plan/plan.ts`. */
  readonly path: string
  readonly text: string
}

export function placeOf(tree: ts.SourceFile, node: ts.Node): string {
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

export function treeOf({ path, text }: SourceText): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
}

/** Type operators whose union selects members declared elsewhere: `Pick<Spec, 'a' | 'b'>`. */
const choosing = ['Pick', 'Omit', 'Exclude']

function unionMembers(node: ts.UnionTypeNode): readonly string[] {
  const { parent } = node
  if (ts.isTypeReferenceNode(parent) && choosing.includes(parent.typeName.getText())) return []
  // `K extends 'a' | 'b'` selects too.
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

/** Sets of two or more strings that are declared as a union type, an array or a JSON schema's `enum` in more than one place. */
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

/** The names of the fields of each section and object in TypeScript: `sampleRate`. */
export type FieldTable = Readonly<Record<string, readonly string[]>>

/** A type with this many fields of one section, or with all of them, is a copy of it. */
const copied = 4

function memberNames(node: ts.InterfaceDeclaration | ts.TypeLiteralNode): readonly string[] {
  return node.members.flatMap((member) => (ts.isPropertySignature(member) ? [member.name.getText()] : []))
}

/** Members that a type of the table can have in addition to its fields: the name and the place of its declaration. */
const besides = ['name', 'span', 'device', 'mixed']

/** Fields that a handwritten type repeats from the table or adds to a type derived from it. */
function handWritten(node: ts.InterfaceDeclaration | ts.TypeLiteralNode, table: FieldTable): readonly string[] {
  const names = memberNames(node)
  const copies = Object.entries(table)
    .filter(([, fields]) => names.filter((name) => fields.includes(name)).length >= Math.min(copied, fields.length))
    .map(([section]) => `repeats the fields of ${section}`)
  const isMapped =
    ts.isInterfaceDeclaration(node) && /\b(Section|Object)Values\b/.test(node.heritageClauses?.[0]?.getText() ?? '')
  const isJoined = ts.isIntersectionTypeNode(node.parent) && /\b(Section|Object)Values\b/.test(node.parent.getText())
  const added = isMapped || isJoined ? names.filter((name) => !besides.includes(name)) : []
  return [...copies, ...added.map((name) => `adds \`${name}\` to the fields of the table`)]
}

/** `fields.value('train.clip')`, `fieldOf(object, 'scale', …)`: one field read by name, with a handwritten type. */
function readField(node: ts.CallExpression, sections: readonly string[]): string | undefined {
  const called = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText()
  const literal = node.arguments.find((argument) => ts.isStringLiteralLike(argument))
  if (literal === undefined || !ts.isStringLiteralLike(literal)) return undefined
  const inSection = sections.some((section) => literal.text.startsWith(`${section}.`))
  const isRead = called === 'fieldOf' || ((called === 'value' || called === 'get') && inSection)
  return isRead ? `reads \`${literal.text}\` by its name` : undefined
}

/**
 * Fields outside their table: types that repeat a section or add a field to one by hand, and single fields that are read by name
 * instead of whole sections by the table.
 */
export function fieldsOutsideOfTable(sources: readonly SourceText[], table: FieldTable): string[] {
  return sources.flatMap((source) => {
    const tree = treeOf(source)
    return [...nodesOf(tree)].flatMap((node) => {
      const found =
        ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node)
          ? handWritten(node, table)
          : ts.isCallExpression(node)
            ? [readField(node, Object.keys(table))].filter((read) => read !== undefined)
            : []
      return found.map((what) => `${placeOf(tree, node)} ${what}`)
    })
  })
}
