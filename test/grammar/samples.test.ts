import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Node, SourceTree } from '../../grammar/ast.ts'
import { dumpTree } from '../../grammar/dump.ts'
import { ArcParser } from '../../grammar/parser/parser.ts'
import { textOf } from '../../grammar/source.ts'
import { childrenOf, walk } from '../../grammar/visit.ts'
import { brief } from '../helpers/facts.ts'
import { parse } from '../helpers/parse.ts'

const FOLDER = new URL('samples/', import.meta.url)
const NAMES = readdirSync(FOLDER)

function allNodes(tree: SourceTree): Node[] {
  const nodes: Node[] = []
  for (const declaration of tree.declarations) {
    walk(declaration, (node) => {
      nodes.push(node)
      return undefined
    })
  }
  return nodes
}

/** Nodes among the values of an object, found without knowing its kind. */
function nodesInside(value: unknown): Node[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(nodesInside)
  if ('kind' in value && 'span' in value) return [value as Node]
  if ('source' in value) return []
  return Object.values(value).flatMap(nodesInside)
}

describe.each(NAMES)('%s', (name) => {
  const text = readFileSync(new URL(name, FOLDER), 'utf8')
  const { tree, diagnostics } = parse(text, name)

  test('parses without a word', () => {
    expect(brief(diagnostics)).toEqual([])
  })

  test('has this tree', async () => {
    await expect(dumpTree(tree)).toMatchFileSnapshot(`__snapshots__/${name}.lisp`)
  })

  test('children are all found, and lie inside their parents in order', () => {
    for (const node of allNodes(tree)) {
      const children = childrenOf(node)
      const reflected = Object.values(node).flatMap(nodesInside)
      expect(new Set(children)).toEqual(new Set(reflected))
      expect(children.length).toBe(reflected.length)
      const isInOrder = node.kind !== 'Test' && node.kind !== 'Block'
      let at = node.span.start
      for (const child of children) {
        expect(child.span.start).toBeGreaterThanOrEqual(isInOrder ? at : node.span.start)
        expect(child.span.end).toBeLessThanOrEqual(node.span.end)
        at = child.span.end
      }
    }
  })

  test('spans hold exactly the text of their nodes', () => {
    for (const node of allNodes(tree)) {
      const written = textOf(node.span)
      expect(written).toBe(written.trim())
      if (node.kind === 'Name') expect(written).toBe(node.name)
      if (node.kind === 'Ident' && written !== '') expect(written.replace(/\s+/g, ' ')).toBe(node.text)
      if (node.kind === 'Number' && node.unit === undefined)
        expect(Number(written.replaceAll('_', ''))).toBe(node.value)
      if (node.kind === 'Binary') expect(textOf(node.operatorSpan)).toMatch(/^\S+$/)
    }
  })

  test('every kind of line end and indentation gives the same tree', () => {
    const expected = dumpTree(tree)
    expect(dumpTree(parse(text.replaceAll('\n', '\r\n')).tree)).toBe(expected)
    expect(dumpTree(parse(text.replaceAll('  ', '\t')).tree)).toBe(expected)
    expect(dumpTree(parse(`\ufeff\n\n${text.replaceAll('\n', '\n\n')}`).tree)).toBe(expected)
    expect(dumpTree(parse(text.trimEnd()).tree)).toBe(expected)
  })
})

test('the samples hold every kind of node', () => {
  const nodes = NAMES.flatMap((name) => allNodes(parse(readFileSync(new URL(name, FOLDER), 'utf8')).tree))
  const kinds = new Set(nodes.map((node) => node.kind))
  const missing =
    'Ident Number String Bool Name List Range Record RecordField Unary Binary Pipe Call Argument Member Index If For Block NamedType ListType OptionalType Use Let Parameter Function Object Test Field Section Method State Require Assert'
      .split(' ')
      .filter((kind) => !kinds.has(kind as Node['kind']))
  expect(missing).toEqual([])
})

test('chevrotain finds no fault in the grammar', () => {
  expect(() => new ArcParser(false)).not.toThrow()
})
