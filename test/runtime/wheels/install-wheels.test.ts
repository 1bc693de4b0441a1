/** Installing wheels and packages of npm as one folder, building from them, and sharing them between installations. */
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type Build,
  homeOf,
  installWheels,
  type WheelInstall,
  type WheelSet,
} from '../../../runtime/wheels/install-wheels.ts'
import { listInstalled, removeInstalled } from '../../../runtime/wheels/installed.ts'
import { readManifest } from '../../../runtime/wheels/manifest.ts'
import { buyFrom, hasPython, makePackage, makeWheel } from '../../helpers/package-shop.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const shop = join(folder, 'shop')

function makeSet(): WheelSet {
  const text = makePackage(shop, '@scope/words', { 'package/dist/a.js': 'exports.a = 1', 'package/README.md': 'long' })
  const library = makeWheel(shop, 'library', { 'library/lib.so.2': 'machine code', 'library/large.py': 'Python' })
  const wheels = [
    { ...text, keep: ['package/dist/'] },
    { ...library, keep: ['library/lib.so'] },
  ]
  return { install: 'tfjs', title: 'Test', folder: 'tfjs', name: 'cpu-test', wheels }
}

let bought: string[] = []
let built = 0
const buy = buyFrom(shop, (wheel) => bought.push(wheel))
const buyNothing = buyFrom(shop, (wheel) => {
  throw new Error(`${wheel} cannot be had`)
})

/** Joins two of the files. */
const build: Build = {
  key: 'one',
  async run(tree) {
    built += 1
    const parts = ['packages/words/package/dist/a.js', 'library/lib.so.2'].map((path) => readFileSync(join(tree, path)))
    writeFileSync(join(tree, 'both'), Buffer.concat(parts))
    return ['both']
  },
}

let round = 0
beforeEach(() => {
  round += 1
  vi.stubEnv('ARCC_CACHE', join(folder, `cache-${round}`))
  bought = []
  built = 0
})
afterEach(() => vi.unstubAllEnvs())

describe.runIf(hasPython())('installing (with python3, which unpacks; skipped where there is none)', () => {
  const set = hasPython() ? makeSet() : undefined
  if (set === undefined) return
  const install = (more: Partial<WheelInstall> = {}) => installWheels({ set, build, download: buy, ...more })
  const home = () => homeOf(set)

  it('unpacks what is kept, with what is built from it', async () => {
    await install()
    expect(readdirSync(home(), { recursive: true }).sort()).toEqual([
      'arcc-install.json',
      'both',
      'library',
      'library-1.0.dist-info',
      'library-1.0.dist-info/RECORD',
      'library/lib.so.2',
      'packages',
      'packages/words',
      'packages/words/package',
      'packages/words/package/dist',
      'packages/words/package/dist/a.js',
    ])
    const files = readManifest(home())?.wheels.flatMap((wheel) => wheel.files.map((file) => file.path))
    expect(files).toEqual(['packages/words/package/dist/a.js', 'library/lib.so.2'])
    expect(readFileSync(join(home(), 'both'), 'utf8')).toBe('exports.a = 1machine code')
    expect(bought).toEqual(['@scope/words', 'library'])
  })

  it.each<[string, () => void, Partial<WheelInstall>, string[], number]>([
    ['nothing where all is whole', () => {}, {}, [], 0],
    ['the build where its result is damaged', () => appendFileSync(join(home(), 'both'), '!'), {}, [], 1],
    ['the build where its inputs are others', () => {}, { build: { ...build, key: 'two' } }, [], 1],
    [
      'a package, and the build, where a file of it is damaged',
      () => appendFileSync(join(home(), 'packages/words/package/dist/a.js'), '!'),
      {},
      ['@scope/words'],
      1,
    ],
  ])('does %s', async (_, harm, options, fetched, builds) => {
    await install()
    bought = []
    built = 0
    harm()
    await install(options)
    expect([bought, built]).toEqual([fetched, builds])
    expect(readFileSync(join(home(), 'both'), 'utf8')).toBe('exports.a = 1machine code')
  })

  it('a build that fails leaves nothing in place, and what was fetched for the next try', async () => {
    const failing = { ...build, run: () => Promise.reject(new Error('no')) }
    await expect(install({ build: failing })).rejects.toThrow('no')
    expect(existsSync(home())).toBe(false)
    expect(await listInstalled()).toMatchObject([{ group: 'tfjs', state: 'part' }])
    bought = []
    await install()
    expect(bought).toEqual([])
  })

  it('a first package that cannot be had leaves nothing', async () => {
    await expect(install({ download: buyNothing })).rejects.toThrow('@scope/words cannot be had')
    expect(await listInstalled()).toEqual([])
  })

  it('takes packages from another installation, which may be removed afterwards', async () => {
    const other = { ...set, install: 'tfjs-gpu', name: 'gpu-test' }
    await installWheels({ set, download: buy })
    await installWheels({ set: other, download: buyNothing })
    const library = join(homeOf(other), 'library/lib.so.2')
    expect(statSync(library).nlink).toBe(2)
    expect(await removeInstalled('tfjs')).toHaveLength(1)
    expect(readFileSync(library, 'utf8')).toBe('machine code')
    expect(await listInstalled()).toMatchObject([{ group: 'tfjs-gpu', state: 'whole' }])
  })

  it('takes nothing damaged', async () => {
    await installWheels({ set, download: buy })
    appendFileSync(join(home(), 'library/lib.so.2'), '!')
    bought = []
    await installWheels({ set: { ...set, name: 'gpu-test' }, download: buy })
    expect(bought).toEqual(['library'])
  })
})
