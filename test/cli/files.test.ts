/** Files on the command line: the host, the named file, run folders. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEntry } from '../../cli/host/entry.ts'
import { fileHost } from '../../cli/host/host.ts'
import { packageVersion } from '../../cli/host/package-folder.ts'
import { makeRunFolder } from '../../cli/host/run-folder.ts'
import { ArccError } from '../../runtime/errors.ts'
import { packageFolder } from '../../runtime/package-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'arcc-files-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the host', () => {
  test('reads relative to its folder and keeps the path as written', () => {
    writeFileSync(join(folder, 'a.arc'), '\uFEFFlet x = 1\n')
    expect(fileHost(folder).readSource('a.arc')).toEqual({ path: 'a.arc', text: 'let x = 1\n' })
  })

  test.each([
    ['UTF-16', Buffer.from('\uFEFFlet x = 1', 'utf16le'), 'it is UTF-16'],
    ['UTF-16 without a mark', Buffer.from('let x = 1', 'utf16le'), 'byte 1 is zero'],
    ['Latin-1', Buffer.from('// Müller', 'latin1'), 'as in Latin-1'],
  ])('%s is one error', (_, bytes, found) => {
    writeFileSync(join(folder, 'a.arc'), bytes)
    const error = expect.objectContaining({
      code: 'ARC6614',
      params: expect.objectContaining({ found: expect.stringContaining(found) }),
    })
    expect(() => fileHost(folder).readSource('a.arc')).toThrow(error)
  })

  test.each(['missing.arc', 'a.arc/b.arc', '.'])('%s is no file', (path) => {
    writeFileSync(join(folder, 'a.arc'), '')
    expect(fileHost(folder).readSource(path)).toBeUndefined()
  })

  test('reads the standard library of the package, the generated prelude under its name', () => {
    const host = fileHost(folder)
    expect(host.stdlibNames).toContain('prelude')
    expect(host.readStdlib('prelude')?.path).toBe('std/prelude.gen.arc')
    expect(host.readStdlib('../package')).toBeUndefined()
    expect(host.readStdlib('nothing')).toBeUndefined()
  })

  test('gives the environment it was given', () => {
    const host = fileHost(folder, { GLINT360K: '/faces' })
    expect(host.env('GLINT360K')).toBe('/faces')
    expect(host.env('HOME')).toBeUndefined()
  })
})

describe('the file of a command', () => {
  const errorFor = (file: string) => {
    try {
      openEntry(fileHost(folder), join(folder, file))
    } catch (error) {
      if (error instanceof ArccError) return error
      throw error
    }
    return undefined
  }

  test('a near name is suggested, else what there is', () => {
    writeFileSync(join(folder, 'quickstart.arc'), '')
    writeFileSync(join(folder, 'orl.arc'), '')
    expect(errorFor('quickstrat.arc')?.params).toMatchObject({ near: join(folder, 'quickstart.arc') })
    expect(errorFor('zzzzzzzzzz.arc')?.params).toMatchObject({ near: '', others: ['orl.arc', 'quickstart.arc'] })
    expect(errorFor('orl.arc')).toBeUndefined()
  })

  test('a folder without any says only that', () => {
    expect(errorFor('x.arc')).toMatchObject({ code: 'ARC6601', params: { near: '', others: [] } })
  })
})

describe('run folders', () => {
  const make = (name: string, wish?: string) => makeRunFolder(name, wish, join(folder, 'runs'))

  test('are numbered per experiment, after the highest', () => {
    expect(make('a')).toBe(join(folder, 'runs/a-001'))
    expect(make('a')).toBe(join(folder, 'runs/a-002'))
    mkdirSync(join(folder, 'runs/a-017'))
    mkdirSync(join(folder, 'runs/a-notes'))
    mkdirSync(join(folder, 'runs/a-b-099'))
    expect(make('a')).toBe(join(folder, 'runs/a-018'))
    expect(make('b')).toBe(join(folder, 'runs/b-001'))
    expect(readdirSync(join(folder, 'runs')).sort()).toEqual([
      'a-001',
      'a-002',
      'a-017',
      'a-018',
      'a-b-099',
      'a-notes',
      'b-001',
    ])
  })

  test('a wished one is made, and must be empty', () => {
    const wish = join(folder, 'deep/here')
    expect(make('a', wish)).toBe(wish)
    expect(make('a', wish)).toBe(wish)
    writeFileSync(join(wish, 'log.ndjson'), '')
    expect(() => make('a', wish)).toThrow(expect.objectContaining({ code: 'ARC6602' }))
  })
})

test('the package knows where it lies and which version it is', () => {
  expect(readdirSync(packageFolder)).toContain('stdlib')
  expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/)
})
