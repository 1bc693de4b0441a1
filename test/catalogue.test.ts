/** All messages of arcc by code. Only this test checks their words; other tests check codes, places and parameters. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageFolder } from '../runtime/package-folder.ts'
import { catalogues } from './catalogue/catalogues.ts'

const rendered = Object.values(catalogues).flat()

test('every message, with examples', async () => {
  const text = rendered
    .toSorted((a, b) => a.code.localeCompare(b.code))
    .flatMap(({ lines }) => lines)
    .join('\n')
  await expect(`${text}\n`).toMatchFileSnapshot('catalogue.txt')
})

test('no code is used twice, and each has an example', () => {
  const codes = rendered.map(({ code }) => code)
  expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([])
  expect(rendered.filter(({ lines }) => lines.length === 0)).toEqual([])
})

test('messages have no holes and end without a full stop', () => {
  for (const line of rendered.flatMap(({ lines }) => lines)) {
    expect(line).not.toMatch(/undefined|\[object|\.$/)
  }
})

test('every catalogue is here', () => {
  const builders = ['grammar', 'compiler', 'runtime', 'cli'].flatMap((folder) =>
    readdirSync(join(packageFolder, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(packageFolder, folder, file), 'utf8'))
      .flatMap((text) => [...text.matchAll(/(\w+) = (?:diagnosticsOf|errorsOf)\(/g)].map((match) => match[1] ?? '')),
  )
  expect(builders.toSorted()).toEqual(Object.keys(catalogues).toSorted())
})
