/** The tree as S-expressions, for `arcc dump --after parse` and for tests. Shows every part of the tree except places. */
import type { Expr, Node, NodeOf, NumberExpr, Parameter, SourceTree, StringExpr } from './ast.ts'

const WIDTH = 100

type Form = string | readonly Form[]

/** One form per declaration, on one line if it fits. */
export function dumpTree(tree: SourceTree): string {
  return tree.declarations.map((declaration) => `${dumpNode(declaration)}\n`).join('')
}

export const dumpNode = (node: Node): string => layOut(formOf(node), 0)

const optional = (head: string, node: Node | undefined): Form[] => (node === undefined ? [] : [[head, formOf(node)]])
const all = (nodes: readonly Node[]): Form[] => nodes.map(formOf)
const documentation = (doc: string | undefined): Form[] => (doc === undefined ? [] : [['doc', JSON.stringify(doc)]])
const parameters = (list: readonly Parameter[]): Form[] => (list.length === 0 ? [] : [['params', ...all(list)]])

const FORMS: { readonly [K in Node['kind']]: (node: NodeOf<K>) => Form } = {
  Ident: (n) => n.text,
  Number: numberForm,
  String: stringForm,
  Bool: (n) => `${n.value}`,
  Name: (n) => n.name,
  List: (n) => ['list', ...all(n.items)],
  Range: (n) => ['..', formOf(n.from), formOf(n.to)],
  Record: (n) => ['record', ...all(n.fields)],
  RecordField: (n) => [n.name.text, formOf(n.value)],
  Unary: (n) => [n.operator, formOf(n.operand)],
  Binary: (n) => [n.operator, formOf(n.left), formOf(n.right)],
  Pipe: (n) => ['|>', formOf(n.value), formOf(n.target)],
  Call: (n) => ['call', formOf(n.callee), ...all(n.arguments), ...optional('as', n.scope)],
  Argument: (n) => (n.name === undefined ? formOf(n.value) : [`${n.name.text}:`, formOf(n.value)]),
  Member: (n) => ['.', formOf(n.object), n.name.text],
  Index: (n) => ['index', formOf(n.object), formOf(n.index)],
  If: (n) => ['if', formOf(n.condition), formOf(n.then), formOf(n.otherwise)],
  For: (n) => {
    const carry: Form[] = n.carry === undefined ? [] : [['carry', n.carry.name.text, formOf(n.carry.start)]]
    return ['for', n.variable.text, formOf(n.items), ...carry, formOf(n.body)]
  },
  Block: (n) => ['block', ...all(n.lets), ...all(n.requires), formOf(n.value)],
  Batch: (n) => ['batch', formOf(n.value), n.unit.text.includes(' ') ? JSON.stringify(n.unit.text) : n.unit.text],
  SectionValue: (n) => ['section', n.name.text, ...all(n.entries)],
  Error: () => ['error'],
  NamedType: (n) => (n.arguments.length === 0 ? n.name.text : [n.name.text, ...all(n.arguments)]),
  ListType: (n) => ['list-of', formOf(n.element)],
  OptionalType: (n) => ['optional', formOf(n.inner)],
  Use: (n) => {
    const path = '..'.repeat(n.up) + n.path.map((part) => part.text).join('.')
    const names: Form[] = n.names === undefined ? [] : [all(n.names)]
    return ['use', n.file === undefined ? path : formOf(n.file), ...optional('as', n.prefix), ...names]
  },
  UsedName: (n) => (n.alias === undefined ? n.name.text : ['as', n.name.text, n.alias.text]),
  Let: (n) => ['let', n.name.text, ...documentation(n.doc), ...optional('type', n.type), formOf(n.value)],
  Parameter: (n) => [n.name.text, ...optional('type', n.type), ...optional('default', n.default)],
  Function: (n) => [
    n.body === undefined ? `extern-${n.keyword}` : n.keyword,
    n.name.text,
    ...documentation(n.doc),
    ...parameters(n.parameters),
    ...optional('on', n.input),
    ...optional('result', n.result),
    ...(n.body === undefined ? [] : [formOf(n.body)]),
  ],
  Object: (n) => [
    n.keyword,
    n.name.text,
    ...documentation(n.doc),
    ...parameters(n.parameters),
    ...optional('extends', n.extends),
    ...all(n.entries),
  ],
  Test: (n) => ['test', formOf(n.title), ...all(n.lets), ...all(n.asserts), ...all(n.expectations)],
  Field: (n) => ['field', n.path.map((part) => part.text).join('.'), formOf(n.value)],
  Section: (n) => ['section', n.name.text, ...all(n.entries)],
  Method: (n) => ['method', n.name.text, ...parameters(n.parameters), formOf(n.body)],
  State: (n) => [n.keyword, n.name.text, formOf(n.value)],
  Require: (n) => ['require', formOf(n.condition)],
  Assert: (n) => ['assert', formOf(n.condition)],
  Expect: (n) => ['expect', n.code.text, formOf(n.body)],
}

function formOf(node: Node): Form {
  const form = FORMS[node.kind] as (node: Node) => Form
  return form(node)
}

/** Floats keep a decimal point, so that `1.0` and `1` differ. */
function numberForm({ value, isInteger, unit }: NumberExpr): Form {
  const digits = isInteger || !Number.isInteger(value) || Math.abs(value) >= 1e21 ? `${value}` : value.toFixed(1)
  return unit === undefined ? digits : [digits, unit.text.includes(' ') ? JSON.stringify(unit.text) : unit.text]
}

function stringForm({ texts, holes }: StringExpr): Form {
  const text = (i: number): string => JSON.stringify(texts[i] ?? '')
  if (holes.length === 0) return text(0)
  return ['string', text(0), ...holes.flatMap((hole: Expr, i): Form[] => [formOf(hole), text(i + 1)])]
}

function flat(form: Form): string {
  return typeof form === 'string' ? form : `(${form.map(flat).join(' ')})`
}

/** Forms that are too wide keep their leading words on the first line and indent the rest. */
function layOut(form: Form, indent: number): string {
  const line = flat(form)
  if (typeof form === 'string' || indent + line.length <= WIDTH) return line
  const listAt = form.findIndex((part) => typeof part !== 'string')
  const words = listAt < 0 ? form.length : Math.max(1, listAt)
  const head = form.slice(0, words).map(flat).join(' ')
  const rest = form.slice(words).map((part) => `\n${' '.repeat(indent + 2)}${layOut(part, indent + 2)}`)
  return `(${head}${rest.join('')})`
}
