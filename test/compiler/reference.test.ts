/** The generated reference. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generateReference } from '../../compiler/reference/generate-reference.ts'

const root = join(import.meta.dirname, '../..')

describe('the reference (if a page is out of date: npm run reference)', () => {
  const pages = generateReference()

  it.each(pages)('$path is up to date', ({ path, text }) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text)
  })

  it('has no other pages', () => {
    const written = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/reference/'))
    expect(readdirSync(join(root, 'docs/reference')).map((file) => `docs/reference/${file}`)).toEqual(written.sort())
  })

  it('has every name of the standard library once', () => {
    const text = pages.map((page) => page.text).join('\n')
    for (const name of ['conv', 'r50', 'arcface', 'sgd', 'dgx_h100', 'glint360k', 'flip', 'pairs', 'gather'])
      expect(
        text.split('\n').filter((line) => new RegExp(`^(### |\\| )\`${name}\``).test(line)),
        name,
      ).toHaveLength(1)
  })
})
