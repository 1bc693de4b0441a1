import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { diagnoseText } from '../../helpers/diagnose.ts'
import { factsOf, wordsOf } from '../../helpers/facts.ts'

const folder = join(import.meta.dirname, '../../wrong')
const files: Record<string, string> = {}
for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
  if (path.endsWith('.arc')) files[path] = readFileSync(join(folder, path), 'utf8')
const entries = Object.keys(files).filter((path) => !path.startsWith('parts'))

test('there are at least fifty wrong files', () => {
  expect(entries.length).toBeGreaterThanOrEqual(50)
})

test.each(entries)('%s', async (path) => {
  const text = files[path] ?? ''
  const diagnostics = diagnoseText(text, files, path)
  expect(diagnostics.length).toBeGreaterThan(0)
  for (const { span, fix } of diagnostics) {
    expect(Object.keys(files), 'the place is in a file of the user').toContain(span.source.path)
    expect(span.start).toBeLessThanOrEqual(span.end)
    if (fix !== undefined) expect(fix.replacement).not.toContain('…')
  }
  await expect(factsOf(diagnostics)).toMatchFileSnapshot(join(folder, path.replace(/\.arc$/, '.txt')))
})

test('the words beside their sentences', async () => {
  const all: readonly Diagnostic[] = entries.flatMap((path) => diagnoseText(files[path] ?? '', files, path))
  await expect(wordsOf(all)).toMatchFileSnapshot(join(folder, 'words.txt'))
})
