import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Collection } from '../../../../runtime/data/collection.ts'
import { listFolder } from '../../../../runtime/data/folder/list-folder.ts'
import { openImages } from '../../../../runtime/data/formats/open-images.ts'
import { leftOutText } from '../../../../runtime/data/left-out.ts'
import { textAt } from '../../../../runtime/data/text-table.ts'
import { anError } from '../../../helpers/facts.ts'
import { pgm } from '../../../helpers/record-bytes.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const base = temporaryFolder()

/** Writes files with their folders; those that end with `/` are folders. */
function make(name: string, ...files: readonly string[]): string {
  const root = join(base, name)
  mkdirSync(root)
  for (const [i, file] of files.entries()) {
    const path = join(root, file)
    mkdirSync(file.endsWith('/') ? path : dirname(path), { recursive: true })
    if (!file.endsWith('/')) writeFileSync(path, pgm(i + 1))
  }
  return root
}

/** Pictures as `class path`. */
function pictures({ images, recipe, label }: Collection): string[] {
  if (recipe.kind !== 'files') throw new Error('no files')
  return Array.from({ length: images }, (_, i) => `${label(i)} ${textAt(recipe.paths, i)}`)
}

describe('listFolder', () => {
  test('people and pictures in natural order, at any depth', () => {
    const root = make(
      'natural',
      'p10/1.pgm',
      'p2/10.PGM',
      'p2/2.pgm',
      'p2/5/a/1.jpeg',
      'p2/5/1.png',
      'p2/1.pgm',
      'p2/.hidden.jpg',
      'p1/session 1/größe 1.webp',
      '.cache/1.jpg',
    )
    const collection = listFolder(root)
    expect(collection.people).toEqual(['p1', 'p2', 'p10'])
    expect(pictures(collection)).toEqual([
      '0 p1/session 1/größe 1.webp',
      '1 p2/1.pgm',
      '1 p2/2.pgm',
      '1 p2/5/1.png',
      '1 p2/5/a/1.jpeg',
      '1 p2/10.PGM',
      '2 p10/1.pgm',
    ])
    expect(collection.leftOut).toEqual([])
    expect((openImages(collection.recipe).read(0) as Uint8Array).at(-1)).toBe(8)
  })

  test('what is no picture is counted and shown', () => {
    const notes = Array.from({ length: 5 }, (_, i) => `p1/${i}.txt`)
    const root = make('left', 'p1/1.pgm', 'p2/1.pgm', 'p3/', 'p4/x/notes.txt', ...notes)
    const { leftOut } = listFolder(root)
    expect(leftOutText({ leftOut })).toBe('p3, p4, 6 files that are not pictures')
    expect(leftOut[1]).toMatchObject({ count: 6, examples: ['p1/0.txt', 'p1/1.txt', 'p1/2.txt'] })
    const more = make('more', 'a/1.pgm', 'b/1.pgm', 'c/', 'd/', 'e/', 'f/', 'stray.jpg')
    expect(leftOutText(listFolder(more))).toBe('4 folders without pictures, 1 picture in no folder')
  })

  test('links are followed, loops are not', () => {
    const elsewhere = make('elsewhere', 'x/1.pgm', 'y.pgm')
    const root = make('links', 'p1/1.pgm', 'p2/1.pgm', 'p2/sub/2.pgm')
    symlinkSync(join(elsewhere, 'x'), join(root, 'p3'))
    symlinkSync(join(elsewhere, 'y.pgm'), join(root, 'p1/2.pgm'))
    symlinkSync('loop', join(root, 'loop'))
    symlinkSync('..', join(root, 'p2/sub/up'))
    symlinkSync('nowhere', join(root, 'p1/dead.jpg'))
    symlinkSync(join(elsewhere, 'x'), join(root, 'p2/a'))
    symlinkSync(join(elsewhere, 'x'), join(root, 'p2/b'))
    const collection = listFolder(root)
    expect(pictures(collection)).toEqual([
      '0 p1/1.pgm',
      '0 p1/2.pgm',
      '1 p2/1.pgm',
      '1 p2/a/1.pgm',
      '1 p2/sub/2.pgm',
      '2 p3/1.pgm',
    ])
    expect(leftOutText(collection)).toBe(
      [
        'loop (a link back to a folder above it)',
        'p2/sub/up (a link back to a folder above it)',
        'p2/b (a link to a folder already read)',
        'p1/dead.jpg (a link that leads nowhere)',
      ].join(', '),
    )
  })

  test('links among many folders do not multiply the pictures', () => {
    const names = Array.from({ length: 12 }, (_, i) => `d${i}`)
    const root = make('web', 'b/1.pgm', ...names.map((name) => `a/${name}/1.pgm`))
    for (const name of names)
      for (const other of names) symlinkSync(join(root, 'a', other), join(root, 'a', name, `to ${other}`))
    expect(listFolder(root).images).toBeLessThan(40)
  })

  test('pipes, and folders that are named like pictures', () => {
    const root = make('pipes', 'p1/1.pgm', 'p2/1.pgm', 'p1/2.jpg/', 'p1/3.jpg/inside.pgm')
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'p1/pipe.jpg')])
    const collection = listFolder(root)
    expect(pictures(collection)).toEqual(['0 p1/1.pgm', '0 p1/3.jpg/inside.pgm', '1 p2/1.pgm'])
    expect(leftOutText(collection)).toBe('p1/pipe.jpg (a pipe, a socket or a device), p1/2.jpg (a folder)')
  })
})

describe('roots that are wrong', () => {
  test('no pictures: says what is there', () => {
    expect(() => listFolder(make('empty'))).toThrow(anError('ARC6202', { seen: 'nothing' }))
    const packed = make('packed', 'train.rec', 'train.idx', 'property', 'sub/')
    expect(() => listFolder(packed)).toThrow(
      anError('ARC6202', { seen: '1 folder without pictures, train.rec, 3 files that are not pictures', records: 1 }),
    )
    const flat = make('flat', '1.jpg', '2.jpg')
    expect(() => listFolder(flat)).toThrow(anError('ARC6202', { seen: "2 pictures that are in no person's folder" }))
    expect(() => listFolder(join(base, 'missing'))).toThrow(anError('ARC6201'))
  })

  test('one level too high', () => {
    const one = make('high', 'train/a/1.pgm', 'train/b/1.pgm')
    expect(() => listFolder(one)).toThrow(anError('ARC6241', { people: ['train'], meant: join(one, 'train') }))
    const two = make('higher', 'train/a/1.pgm', 'train/b/1.pgm', 'train/c/1.pgm', 'val/a/1.pgm', 'val/b/1.pgm')
    expect(() => listFolder(two)).toThrow(anError('ARC6241', { people: ['train', 'val'], meant: join(two, 'train') }))
    expect(() => listFolder(make('single', 'ann/1.pgm'))).toThrow(anError('ARC6241', { people: ['ann'], meant: '' }))
  })

  test('people whose pictures all lie deeper are people', () => {
    expect(listFolder(make('videos', 'ann/v1/1.pgm', 'ann/v2/1.pgm', 'bob/v1/1.pgm', 'bob/v2/1.pgm')).classes).toBe(2)
  })
})
