/** Cases of mistakes in a text, and of what it is after all fixes. */
import { expect, test } from 'vitest'
import { brief } from './facts.ts'
import { applyFixes, parse } from './parse.ts'

/** A text, its mistakes, and the text after all fixes, which has none; without it, the fixes are left out. */
export type Mistake = [name: string, text: string, errors: readonly string[], fixed?: string]

/** A test of each. */
export function testMistakes(cases: readonly Mistake[]): void {
  test.each(cases)('%s', (_, text, errors, fixed) => {
    const { diagnostics } = parse(text)
    expect(brief(diagnostics)).toEqual(errors)
    if (fixed === undefined) return
    expect(applyFixes(text, diagnostics)).toBe(fixed)
    expect(brief(parse(fixed).diagnostics)).toEqual([])
  })
}
