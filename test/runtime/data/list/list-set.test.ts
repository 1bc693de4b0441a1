import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import { tableOf } from '../../../../runtime/data/kept/text-arrays.ts'
import { openListSet } from '../../../../runtime/data/list/list-set.ts'
import { lineOffset } from '../../../../runtime/data/list/listed-images.ts'
import { anError } from '../../../helpers/facts.ts'
import { aMinuteLater } from '../../../helpers/later.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
aMinuteLater()
mkdirSync(join(folder, 'a b'))
mkdirSync(join(folder, 'c'))
for (const name of ['a b/1.jpg', 'a b/2.jpg', 'c/1.jpg', 'c,1.jpg', '"q".jpg', 'plain', 'other', 'ü.jpg']) {
  writeFileSync(join(folder, name), name)
}
const inferred = { root: undefined, image: undefined, label: undefined, labels: undefined }

let files = 0
function list(content: string | Buffer, changes: Partial<Parameters<typeof openListSet>[0]> = {}) {
  const file = join(folder, `list-${files++}.txt`)
  writeFileSync(file, content)
  return openListSet({ file, ...inferred, ...changes })
}

/** Paths and labels, as `path label`. */
async function lines(...from: Parameters<typeof list>): Promise<string[]> {
  const set = list(...from)
  const images = openImages(set.recipe)
  const found: string[] = []
  for (let i = 0; i < set.images; i++) found.push(`${Buffer.from(await images.read(i))} ${set.label(i)}`)
  images.close()
  return found
}

test.each([
  ['commas and a header', 'label,path\n0,a b/1.jpg\n1,c/1.jpg\n'],
  ['a header that names other columns', 'id,file_name,identity,size\n7,a b/1.jpg,0,3\n8,c/1.jpg,1,4\n'],
  ['no header', 'a b/1.jpg,0\nc/1.jpg,1'],
  ['labels first', '0,a b/1.jpg\n1,c/1.jpg\n'],
  ['tabs', 'a b/1.jpg\t0\nc/1.jpg\t1\n'],
  ['semicolons', 'a b/1.jpg;0\nc/1.jpg;1\n'],
  ['spaces', 'a b/1.jpg 0\nc/1.jpg   1\n'],
  ['a comma at the end of every line', 'a b/1.jpg,0,\nc/1.jpg,1,\n'],
  ['quotes', '"a b/1.jpg","0"\n"c/1.jpg",1\n'],
  ['spaces around fields', ' a b/1.jpg , 0 \nc/1.jpg , 1\n'],
  ['Windows', '\ufeffpath,label\r\n"a b\\1.jpg",0\r\nc\\1.jpg,1\r\n\r\n'],
  ['Windows, quoted to the end', '"a b/1.jpg","0"\r\n"c/1.jpg","1"\r\n'],
  ['Windows, the path last', 'label,path\r\n0,"a b/1.jpg"\r\n1,c/1.jpg\r'],
  ['Windows, spaces before the end of the line', 'a b/1.jpg 0 \r\nc/1.jpg 1 \r\n'],
  ['InsightFace', '1\ta b/1.jpg\t0\t1.5\t2.5\n1\tc/1.jpg\t1\n'],
  ['im2rec', '0\t0.000000\ta b/1.jpg\n1\t1.000000\tc/1.jpg\n'],
  ['im2rec with several labels', '5\t0\t0.25\ta b/1.jpg\n9\t1\t0.75\tc/1.jpg\n'],
])('%s', async (_, content) => {
  expect(await lines(content)).toEqual(['a b/1.jpg 0', 'c/1.jpg 1'])
})

test('commas in paths between spaces, doubled quotes, absolute paths, paths without endings', async () => {
  expect(await lines('c,1.jpg 0\na b/2.jpg 1\n')).toEqual(['c,1.jpg 0', 'a b/2.jpg 1'])
  expect(await lines('path,label\n"""q"".jpg",0\n"c,1.jpg",1\n')).toEqual(['"q".jpg 0', 'c,1.jpg 1'])
  expect(await lines(`${join(folder, 'c/1.jpg')},0\n`, { root: '/nowhere' })).toEqual(['c/1.jpg 0'])
  expect(await lines('plain,0\nother,1\n')).toEqual(['plain 0', 'other 1'])
})

test('paths that begin or end with other blanks than a space', async () => {
  const blanks = ['\u00a0', '\u3000']
  for (const blank of blanks) writeFileSync(join(folder, `${blank}1.jpg${blank}`), blank)
  expect(await lines(blanks.map((blank, i) => ` ${blank}1.jpg${blank} , ${i}\n`).join(''))).toEqual(
    blanks.map((blank, i) => `${blank} ${i}`),
  )
})

test('names in natural order, or as declared', () => {
  const content = 'path,person\nc/1.jpg,s10\na b/1.jpg,s9\nc/1.jpg,s10\n'
  const set = list(content)
  expect([set.people, set.classes, set.label(0), set.label(1)]).toEqual([['s9', 's10'], 2, 1, 0])
  expect(list('c/1.jpg,17\na b/1.jpg,5\n', { labels: 'names' })).toMatchObject({ people: ['5', '17'], classes: 2 })
  expect(list('c/1.jpg,x,3\n', { label: '3', image: '1', labels: 'names' }).people).toEqual(['3'])
})

test('all malformed lines in one error, with their numbers', () => {
  const content = 'path,label\nc/1.jpg,0\nc/1.jpg\n\n,0\nc/1.jpg,\nc/1.jpg,one\n"c/1.jpg,0\nc/1.jpg,-1\n'
  const lines = [
    'line 3: there is only one field',
    'line 5: the path is empty',
    'line 6: the label is empty',
    'line 7: the label "one" is not a whole number',
    'line 8: a quote is not closed',
    'line 9: the label "-1" is not in 0 … 4294967294',
  ].join('; ')
  expect(() => list(content)).toThrow(anError('ARC6290', { count: 6, lines }))
})

test.each([
  ['UTF-16', Buffer.from('\ufeffc/1.jpg,0\n', 'utf16le'), 'ARC6291', { encoding: 'UTF-16' }],
  ['UTF-16 without a mark', Buffer.from('c/1.jpg,0\n', 'utf16le'), 'ARC6291', { encoding: 'UTF-16' }],
  ['gzip', Buffer.from([0x1f, 0x8b, 8]), 'ARC6291', { encoding: 'compressed with gzip' }],
  ['nothing', '', 'ARC6292', { reason: 'it is empty' }],
  ['a header only', 'path,label\n', 'ARC6292', {}],
  ['one column', 'a.jpg\nb.jpg\n', 'ARC6292', {}],
  ['no clear label', 'c/1.jpg,3,4\n', 'ARC6292', {}],
  ['labels from 1', 'c/1.jpg,1\nc/1.jpg,2\n', 'ARC6293', { smallest: 1, missing: 0 }],
  ['labels with a gap', 'c/1.jpg,0\nc/1.jpg,2\n', 'ARC6293', { largest: 2, missing: 1 }],
  ['a large label', 'c/1.jpg,0\nc/1.jpg,4000000000\n', 'ARC6293', { missing: 1 }],
  ['faces that are not aligned', '0\tc/1.jpg\t0\n', 'ARC6290', { count: 1 }],
  ['missing pictures', 'c/1.jpg,0\ngone.jpg,1\n', 'ARC6299', { missing: 1, checked: 2, examples: ['gone.jpg'] }],
  ['URLs', 'https://x.org/1.jpg,0\nc/1.jpg,1\n', 'ARC6299', { fix: expect.stringContaining('URLs') }],
  ['% codes', 'a%20b/1.jpg,0\nc/1.jpg,1\n', 'ARC6299', { fix: expect.stringContaining('% codes') }],
  ['another Unicode form', 'u\u0308.jpg,0\nc/1.jpg,1\n', 'ARC6299', { fix: expect.stringContaining('NFC') }],
  ['labels between numbers', 'c/1.jpg,0.5\na b/1.jpg,1.5\n', 'ARC6290', { count: 2 }],
  ['missing labels', 'path,label\nc/1.jpg,nan\na b/1.jpg,nan\n', 'ARC6290', { count: 2 }],
  ['labels with control characters', 'c/1.jpg,a\u0001\na b/1.jpg,b\n', 'ARC6290', { count: 1 }],
  ['line ends of old Macs', 'c/1.jpg,0\ra b/1.jpg,1\r', 'ARC6292', { reason: expect.stringContaining('CR alone') }],
])('%s', (_, content, code, params) => {
  expect(() => list(content)).toThrow(anError(code, params))
})

test('pipes, as a list or as a picture, are named and never waited for', () => {
  const pipe = join(folder, 'pipe.jpg')
  execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
  expect(() => openListSet({ file: pipe, ...inferred })).toThrow(
    anError('ARC6206', { reason: 'it is a pipe or a device' }),
  )
  const images = openImages({ kind: 'files', paths: tableOf([pipe]) })
  expect(() => images.read(0)).toThrow(anError('ARC6206', { reason: 'it is a pipe or a device' }))
})

test('columns that do not exist, a list that does not exist', () => {
  expect(() => list('path,label\nc/1.jpg,0\n', { label: 'who' })).toThrow(anError('ARC6292'))
  expect(() => list('c/1.jpg,0\n', { label: '3' })).toThrow(anError('ARC6292'))
  expect(() => openListSet({ file: join(folder, 'gone.csv'), ...inferred })).toThrow(anError('ARC6206'))
  expect(() => openListSet({ file: folder, ...inferred })).toThrow(anError('ARC6206'))
})

test('a long list is kept: the second start does not read it, one after a change does', async () => {
  const content = Array.from({ length: 100_000 }, (_, i) => `c/1.jpg,${i % 7}`).join('\n')
  const seen: string[] = []
  const open = () =>
    openListSet(
      { file, ...inferred },
      { begin: () => undefined, show: ({ what }) => seen.push(what), end: () => undefined },
    )
  const set = list(content)
  const [file = ''] = 'files' in set.recipe ? set.recipe.files : []
  const again = open()
  expect(again).toMatchObject({ images: set.images, classes: set.classes, recipe: set.recipe })
  expect([again.label(0), again.label(99_999)]).toEqual([set.label(0), set.label(99_999)])
  const images = openImages(again.recipe)
  expect(Buffer.from(await images.read(99_999)).toString()).toBe('c/1.jpg')
  images.close()
  writeFileSync(file, `${content}\na b/1.jpg,7\n`)
  const changed = openImages(again.recipe)
  expect(() => changed.read(3)).toThrow(anError('ARC6419', { file }))
  expect(() => changed.pathOf?.(3)).toThrow(anError('ARC6419', { file }))
  expect(changed.nameOf(3)).toBe(`${file} at byte 30`)
  expect(open()).toMatchObject({ images: 100_001, classes: 8 })
})

test('names do not open a list again that was closed', () => {
  const { recipe } = list('c/1.jpg,0\na b/1.jpg,1\n')
  const handles = () => readdirSync('/proc/self/fd').length
  const before = handles()
  const images = openImages(recipe)
  expect(images.nameOf(1)).toBe(join(folder, 'a b/1.jpg'))
  images.close()
  const unread = openImages(recipe)
  unread.close()
  expect(unread.nameOf(1)).toMatch(/ at byte 10$/)
  expect(handles()).toBe(before)
})

test('lines beyond 4 GiB keep their places; long lines, and the last one without an end', async () => {
  const places = new Uint32Array(new SharedArrayBuffer(16))
  places.set([5, 4_000_000_000, 7, 9])
  expect([0, 1, 2, 3].map((i) => lineOffset({ lines: places, wraps: [2, 3] }, i))).toEqual([
    5,
    4_000_000_000,
    2 ** 32 + 7,
    2 ** 33 + 9,
  ])
  const long = 'x'.repeat(10_000)
  expect(await lines(`path,label,more\nc/1.jpg,0,${long}\na b/1.jpg,1,${long}`)).toEqual(['c/1.jpg 0', 'a b/1.jpg 1'])
})
