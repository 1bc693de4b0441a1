/** Columns of texts: the short way counts as the library does. */
import pc from 'picocolors'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { textWidth } from '../../../cli/render/text-width.ts'

test('every character up to U+2FFF is as wide as string-width says, also after a letter', () => {
  const others: string[] = []
  for (let code = 0; code < 0x3000; code++) {
    const sign = String.fromCharCode(code)
    if (textWidth(sign) !== stringWidth(sign) || textWidth(`a${sign}`) !== stringWidth(`a${sign}`))
      others.push(code.toString(16))
  }
  expect(others).toEqual([])
})

test.each([
  ['8 × NVIDIA H100 → 4.00 GiB', 26],
  [pc.createColors(true).red('12 µs ▍'), 7],
  ['e\u0301', 1],
  ['人工', 4],
  ['👩‍👩‍👧', 2],
  ['↔\ufe0f', 2],
  ['\u001b]8;;https://example.org\u0007link\u001b]8;;\u0007', 4],
])('%j takes %i columns', (text, width) => {
  expect(textWidth(text)).toBe(width)
  expect(stringWidth(text)).toBe(width)
})
