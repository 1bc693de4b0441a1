/** Packed trees: what the bundle has of the standard library is what the parser makes of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stdlibFolder } from '../../cli/host/package-folder.ts'
import { packLibrary } from '../../compiler/names/pack-library.ts'
import { parseModule, readShipped } from '../../compiler/names/parse-module.ts'
import { packTree, unpackTree } from '../../grammar/packed-tree.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { packageFolder } from '../../runtime/package-folder.ts'

const read = (folder: string, file: string): SourceFile => ({
  path: file,
  text: readFileSync(join(folder, file), 'utf8'),
})
const samples = join(packageFolder, 'test/grammar/samples')
const files = [
  ...readdirSync(stdlibFolder).map((file) => [file, read(stdlibFolder, file)] as const),
  ...readdirSync(samples)
    .filter((file) => file.endsWith('.arc'))
    .map((file) => [file, read(samples, file)] as const),
]

test.each(files)('%s comes back with the same properties in the same order', (_, source) => {
  const { tree } = parseModule(source)
  const back = unpackTree(packTree(tree), source)
  expect(back).toStrictEqual(tree)
  expect(JSON.stringify(back)).toBe(JSON.stringify(tree))
  expect(back.declarations[0]?.span.source).toBe(source)
})

test('a tree is taken for exactly its text only', () => {
  const source: SourceFile = { path: 'std/a.arc', text: 'let a = 1' }
  const trees = packLibrary(new Map([['a', source]]))
  expect(readShipped('a', source, trees)).toStrictEqual(parseModule(source))
  const changed: SourceFile = { path: 'std/a.arc', text: 'let a = 2' }
  expect(readShipped('a', changed, trees)).toStrictEqual(parseModule(changed))
  expect(readShipped('b', source, trees)).toStrictEqual(parseModule(source))
})

test('a module with a mistake is not shipped', () => {
  expect(packLibrary(new Map([['a', { path: 'std/a.arc', text: 'let = ' }]]))).toEqual({})
})
