import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import { openShardSet } from '../../../../runtime/data/webdataset/shard-set.ts'
import { anError } from '../../../helpers/facts.ts'
import { type TarEntry, tarArchive } from '../../../helpers/tar.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const inferred = { label: undefined, labels: undefined }

function shard(name: string, entries: readonly TarEntry[] | Buffer): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, Buffer.isBuffer(entries) ? entries : tarArchive(entries))
  return path
}

const sample = (key: string, label: string): TarEntry[] => [
  { name: `${key}.cls`, data: label },
  { name: `${key}.jpg`, data: `picture ${key}` },
]

async function contents(root: string, spec: { label: string | undefined; labels: undefined } = inferred) {
  const set = openShardSet({ root, ...spec })
  const images = openImages(set.recipe)
  const found: [string, number][] = []
  for (let i = 0; i < set.images; i++) found.push([Buffer.from(await images.read(i)).toString(), set.label(i)])
  images.close()
  return { set, found }
}

test('pictures and labels of all shards, in the order of the shards', async () => {
  shard('many/train-10.tar', sample('c', '1\n'))
  shard('many/train-9.tar', [...sample('a', '0'), ...sample('deep/er/b', '1')])
  const { set, found } = await contents(join(folder, 'many'))
  expect(set).toMatchObject({ images: 3, classes: 2, leftOut: [] })
  expect(found).toEqual([
    ['picture a', 0],
    ['picture deep/er/b', 1],
    ['picture c', 1],
  ])
  expect((await contents(join(folder, 'many/train-{9..10}.tar'))).found).toEqual(found)
  expect((await contents(join(folder, 'many/train-*.tar'))).found).toEqual(found)
})

test('labels in JSON, by key, as numbers or names, before or after the picture', async () => {
  const root = shard('json.tar', [
    { name: '1.png', data: 'one' },
    { name: '1.json', data: '{"label": 5, "who": "bob"}' },
    { name: '2.json', data: '{"who": "ann"}' },
    { name: '2.png', data: 'two' },
  ])
  const { set, found } = await contents(root, { ...inferred, label: 'who' })
  expect(set.people).toEqual(['ann', 'bob'])
  expect(found).toEqual([
    ['one', 1],
    ['two', 0],
  ])
})

test('long names of GNU and pax, prefixes, sizes in base 256 and in pax headers', async () => {
  const long = `${'x'.repeat(120)}/7`
  const record = (key: string, value: string) => {
    const rest = ` ${key}=${value}\n`
    const bytes = Buffer.byteLength(rest)
    const length = bytes + (bytes < 9 ? 1 : 2)
    return `${length}${rest}`
  }
  const base256 = Buffer.alloc(12)
  base256.writeUInt32BE(0x80000000, 0)
  base256.writeUInt32BE(5, 8)
  const root = shard('names.tar', [
    { name: '././@LongLink', type: 'L', data: `${long}.jpg\0` },
    { name: 'short', data: 'gnu', prefix: 'ignored' },
    { name: '././@LongLink', type: 'L', data: `${long}.cls\0` },
    { name: 'short', data: '0' },
    { name: 'pax', type: 'x', data: record('path', 'påx.jpg') + record('size', '3') },
    { name: 'short', data: 'pax', size: Buffer.from('00000000000\0') },
    { name: 'påx.cls', data: '1' },
    { name: 'g', type: 'g', data: record('comment', 'global') },
    { name: 'big.jpg', data: 'bytes', size: base256, prefix: 'dir' },
    { name: 'dir/big.cls', data: '2' },
    { name: 'dir/', type: '5', data: '' },
  ])
  expect((await contents(root)).found).toEqual([
    ['gnu', 0],
    ['pax', 1],
    ['bytes', 2],
  ])
})

test('archives that were concatenated are read to their end', async () => {
  const root = shard('twice.tar', Buffer.concat([tarArchive(sample('a', '0')), tarArchive(sample('b', '1'))]))
  expect((await contents(root)).found.map(([picture]) => picture)).toEqual(['picture a', 'picture b'])
})

test('pictures without labels, labels without pictures and links are left out and counted', async () => {
  const root = shard('parts.tar', [
    ...sample('a', '0'),
    { name: 'b.jpg', data: 'no label' },
    { name: 'c.cls', data: '0' },
    { name: 'd.jpg', type: '2', data: '' },
    { name: '._a.jpg', data: 'of macOS' },
    { name: '__index__.jpg', data: 'of WebDataset' },
  ])
  expect((await contents(root)).set).toMatchObject({
    images: 1,
    leftOut: [
      { what: '1 picture stored as a link', count: 1, examples: ['d.jpg'] },
      { what: '1 picture without a label', count: 1, examples: ['b.jpg'] },
      { what: '1 label without a picture', count: 1, examples: ['c'] },
    ],
  })
})

test('all faults of all shards in one error', () => {
  shard('bad/1.tar', tarArchive(sample('a', '0')).subarray(0, 1200))
  shard('bad/2.tar', [...sample('b', 'zero'), ...sample('c', ''), ...sample('d', '1.5')])
  shard('bad/3.tar', Buffer.from([0x1f, 0x8b, ...new Uint8Array(600)]))
  shard('bad/4.tar', [...sample('e', '0'), { name: 'e.png', data: 'again' }])
  shard('bad/5.tar', [{ name: 'f.json', data: '{' }])
  const open = () => openShardSet({ root: join(folder, 'bad'), label: undefined, labels: 'numbers' })
  expect(open).toThrow(anError('ARC6294', { count: 7 }))
})

test.each<[string, string, Buffer | readonly TarEntry[], string]>([
  ['no labels', 'unlabelled.tar', [{ name: 'a.jpg', data: 'x' }], 'ARC6297'],
  ['a picture without bytes', 'hollow.tar', [{ name: 'a.jpg', data: '' }], 'ARC6294'],
  ['labels that begin at 1', 'one.tar', [...sample('a', '1'), ...sample('b', '2')], 'ARC6293'],
  ['an empty file', 'empty.tar', Buffer.alloc(0), 'ARC6297'],
  ['no archive', 'text.tar', Buffer.from('not a tar archive'.repeat(99)), 'ARC6294'],
])('%s', (_, name, entries, code) => {
  const root = shard(name, entries)
  expect(() => openShardSet({ root, ...inferred })).toThrow(anError(code))
})

test('folders without shards, with compressed ones, or with those of several splits', () => {
  const write = (name: string, ...files: string[]) => {
    mkdirSync(join(folder, name))
    for (const file of files) writeFileSync(join(folder, name, file), '')
    return () => openShardSet({ root: join(folder, name), ...inferred })
  }
  expect(write('none', 'a.rec')).toThrow(anError('ARC6295', { found: 0, seen: ['a.rec'] }))
  expect(write('packed', 'a.tar', 'b.tar.gz', 'c.tgz')).toThrow(anError('ARC6295', { packed: 2 }))
  expect(write('splits', 'train-0.tar', 'test-0.tar')).toThrow(anError('ARC6295', { splits: ['test', 'train'] }))
  expect(() => openShardSet({ root: join(folder, 'a{x}.tar'), ...inferred })).toThrow(anError('ARC6296'))
  expect(() => openShardSet({ root: join(folder, 'gone'), ...inferred })).toThrow(anError('ARC6206'))
  expect(() => openShardSet({ root: join(folder, 'gone-*.tar'), ...inferred })).toThrow(anError('ARC6295'))
})

test('a shard that became shorter is an error at the picture', async () => {
  const root = shard('shrinks.tar', sample('a', '0'))
  const set = openShardSet({ root, ...inferred })
  writeFileSync(root, '')
  const images = openImages(set.recipe)
  expect(() => images.read(0)).toThrow(anError('ARC6298'))
  images.close()
})
