/** Lists of pairs with columns that name groups. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type GroupedPairs, readGroupedPairs } from '../../../../runtime/data/verification/list-pairs.ts'
import { ArccError } from '../../../../runtime/errors.ts'
import { fuzzCount, mutate, seededRandom } from '../../../helpers/mutate.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const pictures = ['a/1.jpg', 'a/2.jpg', 'b/1.jpg', 'b/2.jpg']

beforeAll(() => {
  for (const person of ['a', 'b']) mkdirSync(join(root, person))
  // Lists are read without opening a picture.
  for (const picture of pictures) writeFileSync(join(root, picture), '')
})

async function listed(text: string): Promise<GroupedPairs> {
  const list = join(root, 'list.csv')
  writeFileSync(list, text)
  return readGroupedPairs({ list, root: '' })
}

/** Ten lines; `more(i)`: the further fields of a line. */
function lines(more: (i: number) => string, separator = ','): string {
  return Array.from({ length: 10 }, (_, i) => {
    const [a, b] = i % 2 === 0 ? ['a/1.jpg', 'a/2.jpg'] : ['a/1.jpg', 'b/2.jpg']
    return [a, b, i % 2 === 0 ? '1' : '0', more(i)].filter((field) => field !== '').join(separator)
  }).join('\n')
}

/** Each column with the values of the pairs. */
const columnsOf = ({ groups }: GroupedPairs) =>
  groups.map(({ title, values, of }) => [title, Array.from(of, (value) => values[value])] as const)

const races = (i: number) => ['African', 'Asian', 'Indian'][i % 3] ?? ''
const ten = <T>(value: (i: number) => T) => Array.from({ length: 10 }, (_, i) => value(i))

describe('columns', () => {
  test.each<[string, string, (readonly [string, readonly string[]])[], string[]]>([
    ['one without a title, as of RFW', lines(races), [['group', ten(races)]], []],
    ['blanks between fields', lines(races, ' '), [['group', ten(races)]], []],
    [
      'tabs and a name with a blank',
      lines((i) => `South ${races(i)}`, '\t'),
      [['group', ten((i) => `South ${races(i)}`)]],
      [],
    ],
    [
      'two without titles',
      lines((i) => `${races(i)},${i % 4}`),
      [
        ['column 4', ten(races)],
        ['column 5', ten((i) => String(i % 4))],
      ],
      [],
    ],
    [
      'titles',
      `left,right,same,race,age\n${lines((i) => `${races(i)},${i < 5 ? 'old' : 'young'}`)}`,
      [
        ['race', ten(races)],
        ['age', ten((i) => (i < 5 ? 'old' : 'young'))],
      ],
      [],
    ],
    [
      'the group first',
      `race,left,same,right\n${ten((i) => `${races(i)},a/1.jpg,${i % 2},${i % 2 === 1 ? 'a/2.jpg' : 'b/1.jpg'}`).join('\n')}`,
      [['race', ten(races)]],
      [],
    ],
    ['missing values', lines((i) => (i < 3 ? '' : 'x')), [['group', ten((i) => (i < 3 ? '' : 'x'))]], []],
    ['measurements', `a,b,same,score\n${lines((i) => `0.${i}1`)}`, [], ['score']],
    ['quotes', lines(() => '"East, Asian"'), [['group', ten(() => 'East, Asian')]], []],
    ['separators at the ends of lines', lines(() => ' '), [], []],
    ['none', lines(() => ''), [], []],
  ])('%s', async (_, text, columns, ungrouped) => {
    const set = await listed(text)
    expect(columnsOf(set)).toEqual(columns)
    expect(set.ungrouped).toEqual(ungrouped)
    expect(set.pairs.same.length).toBe(10)
    expect(set.names.every((name) => pictures.includes(name))).toBe(true)
  })

  test('with more than a hundred values name no groups', async () => {
    const text = Array.from({ length: 120 }, (_, i) => `a/1.jpg,b/1.jpg,${i % 2},id${i}`).join('\n')
    expect(await listed(text)).toMatchObject({ groups: [], ungrouped: ['group'] })
  })

  test("LFW's lists have none", async () => {
    mkdirSync(join(root, 'Ann'))
    for (const i of [1, 2]) writeFileSync(join(root, 'Ann', `Ann_000${i}.jpg`), '')
    mkdirSync(join(root, 'Bob'))
    writeFileSync(join(root, 'Bob', 'Bob_0001.jpg'), '')
    const text = Array.from({ length: 5 }, () => 'Ann\t1\t2\nAnn\t1\tBob\t1').join('\n')
    expect(await listed(text)).toMatchObject({
      groups: [],
      names: ['Ann/Ann_0001.jpg', 'Ann/Ann_0002.jpg', 'Bob/Bob_0001.jpg'],
    })
  })
})

/** What is wrong with a list that was read, compared with its lines; nothing if it is right. */
function wrongIn({ pairs, groups, names }: GroupedPairs, text: string): string[] {
  const wrong: string[] = []
  const own = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== '')
  const titled = own.length - pairs.same.length
  if (titled !== 0 && titled !== 1) wrong.push(`${pairs.same.length} pairs of ${own.length} lines`)
  for (const [p, flag] of pairs.same.entries()) {
    const line = (own[p + titled] ?? '').replaceAll('""', '"').replaceAll('\\', '/')
    const texts = [0, 1].map((side) => names[pairs.pairs[2 * p + side] ?? -1] ?? 'no name')
    for (const { values, of } of groups) texts.push((values[of[p] ?? -1] ?? 'no value').replaceAll('\\', '/'))
    // A path of a list can have another form, such as `./a/1.jpg`.
    for (const one of texts)
      if (!line.includes(one) && !/\.\.?\/|\/\//.test(line)) wrong.push(`${one} is not in ${line}`)
    if (!(flag === 1 ? /1|true|yes|same/i : /0|false|no|different/i).test(line)) wrong.push(`flag ${flag} of ${line}`)
  }
  for (const { values, of } of groups) {
    if (of.length !== pairs.same.length) wrong.push('pairs without a group')
    if (new Set(of).size !== values.length) wrong.push('a group without pairs')
  }
  return wrong
}

test('mutated lists with groups are read right or refused with a named error', async () => {
  const random = seededRandom(12)
  const sources = [
    lines(races),
    `left,right,same,race,age\n${lines((i) => `${races(i)},${i % 2}`)}`,
    `race,left,same,right\n${ten((i) => `${races(i)},a/1.jpg,${i % 2},${i % 2 === 1 ? 'a/2.jpg' : 'b/1.jpg'}`).join('\n')}`,
    lines(races, '\t'),
    lines((i) => `"${races(i)}"`),
    lines(races, ' '),
  ]
  const codes = new Set<string>()
  const wrong: string[] = []
  for (let i = 0; i < fuzzCount(600); i++) {
    const text = mutate(sources[i % sources.length] ?? '', random)
    try {
      wrong.push(...wrongIn(await listed(text), text))
      codes.add('read')
    } catch (error) {
      codes.add(error instanceof ArccError ? error.code : String(error))
    }
  }
  expect(wrong.slice(0, 5)).toEqual([])
  expect([...codes].filter((code) => !['read', 'ARC6234', 'ARC6280'].includes(code))).toEqual([])
  expect(codes.has('read')).toBe(true)
})
