import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkText, rendered } from '../../helpers/diagnose.ts'

const root = join(import.meta.dirname, '../../..')
const files = (folder: string) => readdirSync(join(root, folder)).filter((file) => file.endsWith('.arc'))

test.each(files('stdlib'))('std/%s checks without a word', (file) => {
  const text = readFileSync(join(root, 'stdlib', file), 'utf8')
  expect(rendered(checkText(text, {}, `std/${file}`).diagnostics)).toBe('')
})

test.each(files('experiments'))('experiments/%s checks without a word', (file) => {
  const text = readFileSync(join(root, 'experiments', file), 'utf8')
  expect(rendered(checkText(text, {}, `experiments/${file}`).diagnostics)).toBe('')
})
