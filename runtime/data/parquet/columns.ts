/** Finds the columns of pictures and labels in the schema of a parquet file. */
import type { SchemaTree } from 'hyparquet'

/** A column without repetition, whose cells are found by row. */
export interface Column {
  /** `image.bytes` */
  readonly name: string
  readonly type: NonNullable<SchemaTree['element']['type']>
  /** The nodes from the root to the column. */
  readonly path: readonly SchemaTree[]
  /** Definition level of a cell that has a value; lower ones mean that it has none. */
  readonly level: number
}

/** The column of encoded pictures: binary, or a struct with `bytes` as Hugging Face writes it; otherwise what is wrong. */
export function imageColumn(schema: SchemaTree, name: string): Column | string {
  const node = schema.children.find(({ element }) => element.name === name)
  if (node === undefined) return `it has no column "${name}"; its columns are ${columnNames(schema)}`
  const leaf = node.children.length === 0 ? node : node.children.find(({ element }) => element.name === 'bytes')
  if (leaf === undefined || leaf.children.length > 0 || leaf.element.type !== 'BYTE_ARRAY' || isText(leaf)) {
    return `the column "${name}" has no bytes of pictures: it is ${showType(node)}`
  }
  return columnOf(leaf === node ? [schema, node] : [schema, node, leaf], name)
}

const labelTypes: readonly string[] = ['INT32', 'INT64', 'BYTE_ARRAY', 'FLOAT', 'DOUBLE']

/** The column of labels, numbers or texts; otherwise what is wrong. */
export function labelColumn(schema: SchemaTree, name: string): Column | string {
  const node = schema.children.find(({ element }) => element.name === name)
  if (node === undefined) return `it has no column "${name}"; its columns are ${columnNames(schema)}`
  if (node.children.length > 0 || !labelTypes.includes(node.element.type ?? '')) {
    return `the column "${name}" has no labels: it is ${showType(node)}`
  }
  return columnOf([schema, node], name)
}

/** A column by its path, as a recipe names it. */
export function columnAt(schema: SchemaTree, name: string): Column | string {
  const path = [schema]
  let node: SchemaTree | undefined = schema
  for (let rest = name; rest !== ''; ) {
    // A name may contain points: the longest one that fits is taken.
    const found: SchemaTree | undefined = node.children
      .filter(({ element }) => rest === element.name || rest.startsWith(`${element.name}.`))
      .sort((a, b) => b.element.name.length - a.element.name.length)[0]
    if (found === undefined) return `it has no column "${name}"; its columns are ${columnNames(schema)}`
    path.push(found)
    node = found
    rest = rest.slice(found.element.name.length + 1)
  }
  return columnOf(path, name)
}

function columnOf(path: readonly SchemaTree[], shown: string): Column | string {
  const below = path.slice(1)
  const type = below.at(-1)?.element.type
  if (type === undefined) return `the column "${shown}" is no column of values`
  if (below.some(({ element }) => element.repetition_type === 'REPEATED')) {
    return `the column "${shown}" has lists of values, not one for each row`
  }
  return {
    name: below.map(({ element }) => element.name).join('.'),
    type,
    path,
    level: below.filter(({ element }) => element.repetition_type !== 'REQUIRED').length,
  }
}

function columnNames(schema: SchemaTree): string {
  const names = schema.children.map(({ element }) => element.name)
  return [...names.slice(0, 12), ...(names.length > 12 ? ['…'] : [])].join(', ')
}

function isText({ element }: Pick<SchemaTree, 'element'>): boolean {
  return element.converted_type === 'UTF8' || element.logical_type?.type === 'STRING'
}

function showType({ element, children }: SchemaTree): string {
  if (children.length > 0) return `a struct or list of ${children.map((child) => child.element.name).join(', ')}`
  if (isText({ element })) return 'text'
  return element.type?.toLowerCase() ?? 'nothing'
}
