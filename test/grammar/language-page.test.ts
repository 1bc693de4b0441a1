import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { parseExpression, parseSource } from '../../grammar/parser/parser.ts'
import { DECLARATION_WORDS, isReserved, KEYWORDS, makeToken } from '../../grammar/tokens.ts'
import { brief } from '../helpers/facts.ts'

const PAGE = readFileSync(new URL('../../docs/language.md', import.meta.url), 'utf8')

/** Examples with the words after `arc` and their first line. */
const EXAMPLES = [...PAGE.matchAll(/^```arc\b([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({
  line: PAGE.slice(0, match.index).split('\n').length,
  tags: (match[1] ?? '').trim().split(' '),
  text: match[2] ?? '',
}))

test('the page has examples', () => {
  expect(EXAMPLES.length).toBeGreaterThan(15)
})

test.each(EXAMPLES)('the example on line $line is $tags', ({ tags, text }) => {
  const bag = new DiagnosticBag()
  const source = { path: 'language.md', text }
  if (tags.includes('expr')) parseExpression(source, bag)
  else parseSource(source, bag)
  const reported = brief(bag.sorted())
  if (tags.includes('wrong')) expect(reported).not.toEqual([])
  else expect(reported).toEqual([])
})

test('the page names every keyword, and the reserved ones as such', () => {
  const [, reserved = ''] = /never\s+names: ([^.]*)\./.exec(PAGE) ?? []
  const listed = [...reserved.matchAll(/`(\w+)`/g)].map((match) => match[1])
  const wanted = [...KEYWORDS].filter(([, type]) => isReserved(makeToken(type, '', 0))).map(([word]) => word)
  expect(listed.toSorted()).toEqual(wanted.toSorted())
  for (const word of [...KEYWORDS.keys(), ...DECLARATION_WORDS]) expect(PAGE).toContain(`\`${word}\``)
})
