import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { readPairList } from '../../../../runtime/data/verification/list-pairs.ts'
import { readPairLines } from '../../../../runtime/data/verification/pair-lines.ts'
import { ArccError } from '../../../../runtime/errors.ts'
import { fuzzCount, mutate, seededRandom } from '../../../helpers/mutate.ts'
import { readRows } from '../../../helpers/read-rows.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const people = ['Ann_Lee', 'Bob', "Cid O'Neil", 'Dora']

/** Picture j of person p is gray, of level 20 p + j. */
beforeAll(async () => {
  for (const [p, person] of people.entries()) {
    mkdirSync(join(root, person))
    for (let j = 1; j <= 4; j++) {
      const create = {
        width: 8,
        height: 8,
        channels: 3,
        background: { r: 20 * p + j, g: 20 * p + j, b: 20 * p + j },
      } as const
      const ending = j === 4 ? 'PNG' : 'png'
      writeFileSync(join(root, person, `${person}_000${j}.${ending}`), await sharp({ create }).png().toBuffer())
    }
  }
})

function listed(text: string, name = 'list.txt') {
  const list = join(root, name)
  writeFileSync(list, text)
  return readPairList({ list, root: '' })
}

/** The levels of the pairs' pictures, and their flags. */
async function contentOf(text: string) {
  const set = await listed(text)
  const levels = (await readRows(set, set.pairs)).map((row) => row[0])
  const { same, images, name, recipe } = set
  return { levels, same: [...same], images, name, kind: recipe.kind }
}

const levels = [...Array(5).keys()].flatMap(() => [1, 4, 2, 23])
const expected = { levels, same: Array(5).fill([1, 0]).flat(), images: 4, name: 'list', kind: 'files' }
const times = (line: string, count = 5) => Array(count).fill(line).join('\n')
const lfw = (separator: string) =>
  times(`${['Ann_Lee', 1, 4].join(separator)}\n${['Ann_Lee', 2, 'Bob', 3].join(separator)}`)
const table = (separator: string, yes = '1', no = '0') => {
  const path = (person: string, j: number, ending = 'png') => `${person}/${person}_000${j}.${ending}`
  const lines = [
    [path('Ann_Lee', 1), path('Ann_Lee', 4, 'PNG'), yes],
    [path('Ann_Lee', 2), path('Bob', 3), no],
  ]
  return times(lines.map((fields) => fields.join(separator)).join('\n'))
}

describe('lists as people write them', () => {
  test.each([
    ["LFW's pairs.txt", `10\t300\n${lfw('\t')}\n`],
    ["LFW's pairsDevTest.txt", `500\n${lfw('\t')}`],
    ['LFW without a count, with spaces and empty lines', `\n${lfw(' ')}\n\n`],
    ['with Windows line ends and a byte order mark', `\ufeff${lfw('\t').replaceAll('\n', '\r\n')}\r\n`],
    ['commas', table(',')],
    ['commas, with titles', `image1,image2,same\n${table(',')}`],
    ['commas, with other titles', `a,b,c\n${table(', ', 'True', 'False')}`],
    ['semicolons and words', table(';', 'same', 'different')],
    ['tabs', table('\t', 'yes', 'no')],
    ['spaces', table(' ', '1.0', '0.0')],
    ['Windows paths', table(',').replaceAll('/', '\\')],
    ['quoted fields', table('","').replace(/^|$/gm, '"')],
    ['absolute paths', table(',').replace(/(^|,)(?=[A-Z])/gm, `$1${root}/`)],
  ])('%s', async (_, text) => {
    expect(await contentOf(text)).toEqual(expected)
  })

  test('the title says which column tells', async () => {
    const swapped = table(',').replace(/^(.*),(.*),(.*)$/gm, '$3,$1,$2')
    expect(await contentOf(`is_same,left,right\n${swapped}`)).toEqual(expected)
  })

  test('a first line of LFW is no title', () => {
    expect(readPairLines('Ann 2 4\nAnn 2 3').pairs.length).toBe(2)
  })

  test('names with blanks and quotes, and a comma inside quotes', () => {
    const { pairs, faults } = readPairLines(`Cid O'Neil\t1\t2\nCid O'Neil\t1\tBob\t2`)
    expect(faults).toEqual([])
    expect(pairs[0]?.pictures[0]).toEqual({ kind: 'person', person: "Cid O'Neil", number: 1 })
    const quoted = readPairLines('"a, ""b"".png",c.png,1\nd.png,e.png,0')
    expect(quoted.pairs[0]?.pictures[0]).toEqual({ kind: 'path', path: 'a, "b".png' })
  })

  test('a root apart from the list', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'lfw.txt'), lfw('\t'))
    const set = await readPairList({ list: join(folder, 'lfw.txt'), root })
    expect([set.images, set.name]).toEqual([4, 'lfw'])
  })
})

describe('faults are reported together, with their lines', () => {
  test('all kinds', async () => {
    const text = `${lfw('\t')}\nBob\t1\nBob\t1\t9\nEve\t1\t2\nBob\t1\tEve\t7\nx.png\ty.png\tmaybe\n`
    await expect(listed(text)).rejects.toMatchObject({
      code: 'ARC6234',
      params: {
        faults: [
          'line 11: expected `name i j`, `name1 i name2 j`, or two pictures and whether they show one person',
          'line 15: "maybe" is neither true nor false',
          `line 12: there is no picture ${join(root, 'Bob', 'Bob_0009')}`,
          `line 13: there is no folder ${join(root, 'Eve')}`,
          `line 13: there is no folder ${join(root, 'Eve')}`,
          `line 14: there is no folder ${join(root, 'Eve')}`,
        ],
      },
    })
  })

  test('thousands of missing pictures are counted', async () => {
    const text = Array.from({ length: 2000 }, (_, i) => `no/${i}.png,no/${i + 1}.png,${i % 2}`).join('\n')
    await expect(listed(text)).rejects.toMatchObject({
      params: {
        faults: [0, 1, 1].map((i) => expect.stringContaining(`no/${i}.png`)).concat('3997 more missing pictures'),
      },
    })
  })

  test.each([
    ['nothing', '', ['it has 0 pairs: ten folds need ten pairs']],
    [
      'few pairs of one kind',
      times('Bob 1 2', 4),
      ['it has 4 pairs: ten folds need ten pairs', 'no pair shows two different people'],
    ],
    ['one kind', times('Bob 1 2', 10), ['no pair shows two different people']],
    [
      'a folder for a picture',
      `${lfw(' ')}\nBob Dora 1`,
      [`line 11: there is no file ${join(root, 'Bob')}`, `line 11: there is no file ${join(root, 'Dora')}`],
    ],
  ])('%s', async (_, text, faults) => {
    await expect(listed(text)).rejects.toMatchObject({ code: 'ARC6234', params: { faults } })
  })

  test('no text, no list', async () => {
    writeFileSync(join(root, 'wide.txt'), Buffer.from(lfw('\t'), 'utf16le'))
    await expect(readPairList({ list: join(root, 'wide.txt'), root })).rejects.toMatchObject({ code: 'ARC6280' })
    await expect(readPairList({ list: join(root, 'none.txt'), root })).rejects.toMatchObject({ code: 'ARC6206' })
    await expect(readPairList({ list: root, root })).rejects.toMatchObject({ code: 'ARC6206' })
  })
})

test('mutated lists never end in anything but a named error', async () => {
  const random = seededRandom(3)
  const sources = [
    lfw('\t'),
    `10\t300\n${lfw('\t')}`,
    `a,b,same\n${table(',')}`,
    table(' '),
    table('","').replace(/^|$/gm, '"'),
  ]
  const seen = new Set<string>()
  const count = fuzzCount(300)
  for (let i = 0; i < count; i++) {
    const outcome = await listed(mutate(sources[i % sources.length] ?? '', random)).then(
      () => 'read',
      (error: unknown) => (error instanceof ArccError ? error.code : String(error)),
    )
    seen.add(outcome)
  }
  expect([...seen].sort()).toEqual(expect.arrayContaining(['ARC6234', 'read']))
  expect([...seen].filter((outcome) => !['read', 'ARC6234', 'ARC6280'].includes(outcome))).toEqual([])
}, 300_000)
