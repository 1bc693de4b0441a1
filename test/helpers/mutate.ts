/** Seeded mutations of a text that imitate typing errors, for tests that nothing throws or hangs. */

/** How many mutated files a test tries: few in the suite; `npm run fuzz` asks for many through `$ARCC_FUZZ`. */
export const fuzzCount = (few: number): number => Number(process.env.ARCC_FUZZ ?? few)

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const TOKEN = /\r?\n|[ \t]+|\/\/[^\n]*|"[^"\n]*"|[A-Za-z_]\w*|\d[\w.]*|\|>|->|\*\*|\.\.|[=!<>]=|[^\s\w]/gu

/** Inserted texts: brackets, operators, keywords, words of other languages, characters without meaning. */
const INSERTIONS = [
  ...[
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '"',
    "'",
    '\\',
    '#',
    '//',
    '/*',
    '///',
    ';',
    ',',
    ':',
    '=',
    '==',
    '===',
    '&&',
    '||',
    '!',
    '?',
  ],
  ...[
    '|>',
    '->',
    '=>',
    '..',
    '.',
    '**',
    '%',
    '≈',
    '…',
    '\n',
    '\n\n',
    '\t',
    '\r',
    '\0',
    '𝒳',
    'é',
    '`',
    '$',
    '@',
    '-',
    '+=',
  ],
  ...[
    'let',
    'if',
    'then',
    'else',
    'for',
    'in',
    'carry',
    'as',
    'and',
    'not',
    'mod',
    'use',
    'fn',
    'experiment',
    'margin',
    'test',
  ],
  ...[
    'extends',
    'on',
    'state',
    'require',
    'assert',
    'per',
    'yes',
    'None',
    'return',
    'x',
    '0',
    '1e999',
    '5.',
    '30 GiB',
    '1_',
    '"{x}"',
  ],
] as const

const pick = <T>(items: readonly T[], random: () => number, otherwise: T): T =>
  items[Math.floor(random() * items.length)] ?? otherwise

/** Cuts a text into characters or tokens, of which one is deleted, doubled, moved, swapped with the next or preceded by another. */
function mutateOnce(text: string, random: () => number): string {
  const pieces = random() < 0.4 ? Array.from(text) : (text.match(TOKEN) ?? [])
  const at = Math.floor(random() * (pieces.length + 1))
  const piece = pieces[at] ?? ''
  switch (Math.floor(random() * 6)) {
    case 0:
      return pieces.toSpliced(at, 1).join('')
    case 1:
      return pieces.toSpliced(at, 0, piece).join('')
    case 2:
      return pieces.toSpliced(at, 2, pieces[at + 1] ?? '', piece).join('')
    case 3:
      return pieces.toSpliced(at, 0, pick(pieces, random, '')).join('')
    case 4:
      return pieces.toSpliced(at, 1 + Math.floor(random() * 20)).join('')
    default:
      return pieces.toSpliced(at, 0, pick(INSERTIONS, random, '')).join('')
  }
}

/** One to four mutations in a row. */
export function mutate(text: string, random: () => number): string {
  let mutated = text
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) mutated = mutateOnce(mutated, random)
  return mutated
}
