/** `arcc data`: the installed command on small data sets, and the sources that it recognizes. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { findSource } from '../../../cli/host/data-source.ts'
import { fileHost } from '../../../cli/host/host.ts'
import { exitCode } from '../../../cli/render/exit.ts'
import { packageFolder } from '../../../runtime/package-folder.ts'
import { fileCollection, peopleFiles } from '../../helpers/picture-collection.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const launcher = join(packageFolder, 'bin/arcc.js')
const env = { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C.UTF-8', ARCC_CACHE: join(folder, 'cache') }

function data(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'data', ...args], { cwd: folder, env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}

beforeAll(async () => {
  const files = await peopleFiles(3, 4)
  fileCollection(join(folder, 'faces'), files)
  writeFileSync(join(folder, 'faces/README'), 'not a picture')
  const twice = files[0]?.bytes ?? new Uint8Array(0)
  fileCollection(join(folder, 'bad'), [
    ...files,
    { path: 'p1/cut.jpg', label: 1, bytes: twice.subarray(0, 300) },
    { path: 'p2/same.jpg', label: 2, bytes: twice },
  ])
})

describe('the commands', () => {
  test('inspect counts images and classes, as text and as JSON', async () => {
    const json = await data('inspect', 'faces', '--json')
    expect(json).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(json.out)).toMatchObject({
      images: 12,
      classes: 3,
      leftOut: [{ count: 1 }],
      sample: { pictures: 12, faults: [], sizes: [{ width: 40, height: 48, pictures: 12 }] },
    })
    const text = await data('inspect', 'faces')
    expect(text.out).toContain('JPEG 12')
    expect(text.out).toContain('none in 12 sampled pictures')
  })

  test('check ends with 0 for a sound set and with 1 for one with faults, each named', async () => {
    expect(await data('check', 'faces')).toMatchObject({ code: 0 })
    expect(JSON.parse(readFileSync(join(folder, 'arcc-check.json'), 'utf8')).summary).toMatchObject({ checked: 12 })
    const bad = await data('check', 'bad', '-o', 'bad.json')
    expect(bad.code).toBe(exitCode.user)
    expect(bad.out).toContain('1 picture is damaged')
    expect(bad.out).toContain('p1/cut.jpg')
    expect(bad.out).toContain('1 picture is in several classes')
    rmSync(join(folder, 'bad/p1/cut.jpg'))
    expect((await data('check', 'bad', '--json')).code).toBe(exitCode.ok)
    expect((await data('check', 'bad', '--strict')).code).toBe(exitCode.user)
  })

  test('pack, shuffle, pairs and sheet write their files, and refuse to replace them', async () => {
    const packed = await data('pack', 'faces', 'packed', '--json')
    expect(JSON.parse(packed.out)).toMatchObject({ images: 12, classes: 3, skipped: 0 })
    expect(readdirSync(join(folder, 'packed')).sort()).toEqual(['property', 'train.idx', 'train.lst', 'train.rec'])
    const again = await data('pack', 'faces', 'packed')
    expect(again).toMatchObject({ code: exitCode.user, out: '' })
    expect(again.err).toContain('ARC6411')
    expect((await data('pack', 'packed', 'again')).code).toBe(0)
    expect(readFileSync(join(folder, 'again/train.rec')).equals(readFileSync(join(folder, 'packed/train.rec')))).toBe(
      true,
    )
    expect((await data('shuffle', 'packed', 'shuffled')).code).toBe(0)
    expect(JSON.parse((await data('inspect', 'shuffled', '--json')).out)).toMatchObject({ images: 12, classes: 3 })
    expect((await data('pairs', 'faces', 'faces.bin', '--pairs', '20')).out).toContain('10 of one person')
    expect((await data('sheet', 'faces', 'sheet.png', '--rows', '2')).out).toContain('8 pictures')
  })

  test.each([
    [['inspect', 'fases'], 'did you mean faces?'],
    [['inspect', 'faces', '--experiment', 'x'], '--experiment needs an .arc file'],
    [['inspect', 'faces', '--set', 'train.steps=1'], '--set train.steps=1 needs an .arc file'],
    [['pack', 'faces', 'q', '--quality', '90'], '--quality needs --resize'],
    [['pairs', 'faces', 'p.bin', '--pairs', '30'], 'use a multiple of 20'],
    [['pairs', 'faces', 'p.txt'], 'ARC6607'],
    [['pairs', 'faces', 'many.bin', '--pairs', '600'], 'ARC6207'],
    [['sheet', 'faces', 's.jpg'], 'ARC6607'],
    [['sheet', 'faces', 's.png', '--class', '3'], 'has no class 3'],
    [['inspect', 'faces/README'], 'is not a data set that arcc reads'],
    [['inspect', 'folder(rooot: "x")'], 'ARC3103'],
    [['inspect', 'ms1mv3'], 'MS1MV3 is not set'],
  ])('arcc data %s is refused', async (args, reason) => {
    const refused = await data(...args)
    expect(refused).toMatchObject({ code: exitCode.user, out: '' })
    expect(refused.err).toContain(reason)
    expect(refused.err).not.toMatch(/internal error|\n {4}at /)
  })

  test('what cannot be written leaves nothing', async () => {
    writeFileSync(join(folder, 'file'), '')
    expect((await data('pack', 'faces', 'file/out')).err).toContain('a part of the path is not a folder')
    expect((await data('sheet', 'faces', 'faces/p0/0.jpg/s.png')).code).toBe(exitCode.user)
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([])
  })
})

describe('the source of a data set', () => {
  const host = fileHost()
  const find = (source: string) => findSource({ source, experiment: undefined, set: [] }, host).spec

  test('paths are taken literally, whatever they contain', () => {
    const odd = join(folder, 'a "b" {c} \\n')
    mkdirSync(odd)
    expect(find(odd)).toMatchObject({ format: 'folder', root: { path: odd } })
  })

  test('a folder with record files, a record file, an expression, an experiment', () => {
    mkdirSync(join(folder, 'rec'))
    writeFileSync(join(folder, 'rec/mydata.rec'), '')
    expect(find(join(folder, 'rec'))?.format).toBe('recordio')
    expect(find(join(folder, 'rec/mydata.rec'))?.format).toBe('recordio')
    expect(find('synthetic(identities: 5, per_identity: 2)')).toMatchObject({ format: 'synthetic', identities: 5 })
    const experiment = join(packageFolder, 'experiments/orl_mbf.arc')
    expect(find(experiment)).toMatchObject({ format: 'folder', root: { path: 'data/att_faces' }, holdout: 10 })
  })

  test('something else is a usage error', () => {
    expect(() => find(join(folder, 'nothing'))).toThrow(expect.objectContaining({ code: 'ARC6604' }))
  })
})

const orl = fileURLToPath(new URL('../../../../shared/data/orl_recordio', import.meta.url))

test.skipIf(!existsSync(orl))('the ORL faces: images: 300, classes: 30', async () => {
  const inspected = JSON.parse((await data('inspect', orl, '--json')).out)
  expect(inspected).toMatchObject({ images: 300, classes: 30, verification: [{ pairs: 600, same: 300 }] })
})
