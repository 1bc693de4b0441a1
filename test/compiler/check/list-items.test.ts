/** What is wrong with all elements of a list is told once, with one fix; with some of them, at each. */
import { expect, test } from 'vitest'
import { checkText } from '../../helpers/diagnose.ts'

test.each([
  ['[duration]', '[3, 5]', ['ARC3002'], '[3 epochs, 5 epochs]'],
  ['[duration]', '[3 epochs, 5]', ['ARC3002'], '[3 epochs, 5 epochs]'],
  ['[angle]', '[0, 20]', ['ARC3002'], '[0 deg, 20 deg]'],
  ['[int]', '["3", "5"]', ['ARC3001'], '[3, 5]'],
  ['[int]', '[3, "x", 5.5]', ['ARC3001', 'ARC3004'], '[3, "x", 5.5]'],
])('%s %s', (type, list, codes, mended) => {
  const text = `let a: ${type} = ${list}\n`
  const { diagnostics } = checkText(text)
  expect(diagnostics.map(({ code }) => code)).toEqual(codes)
  const fix = diagnostics[0]?.fix
  const after = fix === undefined ? text : text.slice(0, fix.span.start) + fix.replacement + text.slice(fix.span.end)
  expect(after).toBe(`let a: ${type} = ${mended}\n`)
})
