import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bug } from '../../grammar/diagnostic.ts'
import { dumpTree } from '../../grammar/dump.ts'
import { childrenOf, walk } from '../../grammar/visit.ts'
import { fuzzCount, mutate, seededRandom } from '../helpers/mutate.ts'
import { parse } from '../helpers/parse.ts'

const FOLDER = new URL('samples/', import.meta.url)
const SAMPLES = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))
const COUNT = fuzzCount(800)

/** CPU time of this process, so that other work on the computer cannot fail a test. */
const cpuMilliseconds = (): number => process.cpuUsage().user / 1000

test(`${COUNT} mutated files parse to a sound tree, each within a second`, { timeout: 240_000 }, () => {
  const random = seededRandom(20_181)
  let slowest = 0
  let reported = 0
  for (let i = 0; i < COUNT; i++) {
    const sample = SAMPLES[i % SAMPLES.length] ?? bug('no sample')
    const text = mutate(sample, random)
    const began = cpuMilliseconds()
    const { tree, diagnostics } = tryToParse(text)
    slowest = Math.max(slowest, cpuMilliseconds() - began)
    reported += diagnostics.length === 0 ? 0 : 1
    for (const d of diagnostics) {
      const places = [d.span, ...d.related.map((r) => r.span), ...(d.fix === undefined ? [] : [d.fix.span])]
      const sound = places.every((s) => s.start >= 0 && s.start <= s.end && s.end <= text.length)
      if (!sound || d.message.includes('undefined')) expect.fail(`${d.code} ${d.message} in\n${text}`)
    }
    for (const declaration of tree.declarations) {
      walk(declaration, (node) => {
        for (const child of childrenOf(node)) {
          if (child.span.start < node.span.start || child.span.end > node.span.end) {
            expect.fail(`${child.kind} sticks out of ${node.kind} in\n${text}`)
          }
        }
        return undefined
      })
    }
    if (i % 10 === 0) expect(dumpTree(tree)).not.toContain('undefined')
  }
  expect(slowest).toBeLessThan(1000)
  expect(reported).toBeGreaterThan(COUNT / 2)
})

function tryToParse(text: string): ReturnType<typeof parse> {
  try {
    return parse(text)
  } catch (error) {
    throw new Error(`parsing threw on\n${text}`, { cause: error })
  }
}

const REPEATED = [
  ...[
    '(',
    '[',
    '{',
    '"{',
    'f(',
    '{ a = ',
    '{ let a = ',
    'if a then ',
    'for i in ',
    'for i in x { ',
    '-',
    'not ',
    '1 + ',
    '2 ** ',
  ],
  ...[
    'x |> ',
    'a.',
    'a { ',
    'a { b = ',
    ')',
    '}',
    ']',
    '}"',
    'else ',
    '"',
    '\\',
    '#',
    '/*',
    '///\n',
    '=',
    ':',
    ',',
    ';',
    '1 ',
    'x ',
    '?',
  ],
  ...['let x = ', 'fn f(', 'experiment a {\n', 'use a', '[int', 'é', '\0'],
]

test.each(REPEATED)('%j many times over neither throws nor takes long', (piece) => {
  for (const head of ['', 'let x = ', 'experiment a {\n  b = ', 'fn f(x: ']) {
    const began = cpuMilliseconds()
    parse(head + piece.repeat(10_000))
    expect(cpuMilliseconds() - began).toBeLessThan(1000)
  }
})
