import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generatePrelude } from '../../../compiler/primitives/generate-prelude.ts'
import { parse } from '../../helpers/parse.ts'

const root = join(import.meta.dirname, '../../..')

describe('the generated prelude', () => {
  const files = generatePrelude()

  it.each(files)('$path is what the signatures say (else: npm run prelude)', ({ path, text }) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text)
  })

  it('declares functions with documentation, types and results', () => {
    const { tree, diagnostics } = parse(files[0]?.text ?? '')
    expect(diagnostics).toEqual([])
    for (const decl of tree.declarations) {
      expect(decl).toMatchObject({ kind: 'Function', keyword: 'fn', body: undefined })
      if (decl.kind !== 'Function') continue
      expect(decl.doc, decl.name.text).toBeTruthy()
      expect(decl.result, decl.name.text).toBeDefined()
      for (const parameter of decl.parameters) expect(parameter.type, decl.name.text).toBeDefined()
    }
  })

  it('writes defaults with their units', () => {
    expect(files[0]?.text).toContain('latency: time = 3e-6 s')
    expect(files[0]?.text).toContain('layout: string = "same"')
  })
})
