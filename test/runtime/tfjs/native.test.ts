/** What decides about TensorFlow for TensorFlow.js before it is downloaded, and how its package is loaded. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { findCompiler } from '../../../runtime/native-compiler.ts'
import { hasInstruction } from '../../../runtime/processor.ts'
import { loadBackend } from '../../../runtime/tfjs/backend.ts'
import { bindingKey } from '../../../runtime/tfjs/native/build-binding.ts'
import { installNative } from '../../../runtime/tfjs/native/install-native.ts'
import { commonJsLoader } from '../../../runtime/tfjs/native/load-commonjs.ts'
import { hasNativePackages, nativePackages } from '../../../runtime/tfjs/native/packages.ts'
import { anError } from '../../helpers/facts.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

afterEach(() => vi.unstubAllEnvs())

describe('the pinned packages', () => {
  it.each(['tfjs', 'tfjs-gpu'] as const)('of %s', (variant) => {
    const { wheels, name, version } = nativePackages(variant, 'linux-x64')
    expect(name).toBe(`${variant === 'tfjs' ? 'cpu' : 'gpu'}-${version}-linux-x64`)
    expect(wheels).toHaveLength(variant === 'tfjs' ? 3 : 15)
    for (const wheel of wheels) {
      expect(wheel.platform).toBe('linux-x64')
      expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(wheel.file).toContain(`-${wheel.version}`)
      expect(wheel.unpacked).toBeGreaterThan(wheel.bytes)
    }
    expect(wheels.map(({ bytes }) => bytes)).toEqual(wheels.map(({ bytes }) => bytes).sort((a, b) => a - b))
  })

  it('of both have bindings of their own', () => {
    const keys = (['tfjs', 'tfjs-gpu'] as const).map((variant) => bindingKey(nativePackages(variant, 'linux-x64')))
    expect(new Set(keys).size).toBe(2)
  })

  it.each(['linux-arm64', 'darwin-arm64', 'win32-x64'])('%s has none', (platform) => {
    expect(hasNativePackages(platform)).toBe(false)
    expect(() => nativePackages('tfjs', platform)).toThrow(anError('ARC6932', { platform, known: 'linux-x64' }))
  })
})

describe.runIf(hasNativePackages() && hasInstruction('avx'))('before anything is downloaded', () => {
  it('a compiler is wanted', async () => {
    vi.stubEnv('CXX', 'no-such-compiler')
    vi.stubEnv('ARCC_CACHE', join(folder, 'cache'))
    const download = () => Promise.reject(new Error('it was downloaded'))
    await expect(installNative('tfjs', { download })).rejects.toMatchObject({
      code: 'ARC6934',
      params: { tried: 'CXX is no-such-compiler' },
    })
  })
})

it('a compiler is named with its arguments, and says its version', async () => {
  const compiler = join(folder, 'compiler')
  writeFileSync(compiler, '#!/bin/sh\necho "$1, version 1"\necho more\n')
  chmodSync(compiler, 0o755)
  expect(await findCompiler('c++', { CXX: ` ${compiler}  first ` })).toEqual({
    command: [compiler, 'first'],
    version: 'first, version 1',
  })
})

it('an instruction set that does not exist is not there', () => expect(hasInstruction('av')).toBe(false))

it.each([
  ['native', 'tfjs'],
  ['native-gpu', 'tfjs-gpu'],
] as const)('%s that is not installed is an error', async (backend, install) => {
  vi.stubEnv('ARCC_CACHE', join(folder, 'empty'))
  await expect(loadBackend(backend)).rejects.toMatchObject({ code: 'ARC6937', params: { install } })
})

it('a backend that does not exist is an error', async () => {
  vi.stubEnv('ARCC_TFJS_BACKEND', 'gpu')
  await expect(loadBackend('auto')).rejects.toMatchObject({ code: 'ARC6938', params: { given: 'gpu' } })
})

describe('modules of CommonJS', () => {
  const files = new Map([
    ['/p/a.js', "exports.own = 'a'; const b = require('./sub/b'); exports.sum = exports.own + b.own + b.seen"],
    ['/p/sub/b.js', "exports.own = 'b'; exports.seen = require('../a').own + require('outside').text"],
    ['/p/c.js', "count(); module.exports = () => 'c'"],
    ['/p/d.js', "const c = require('./c'); require('./c'); exports.text = c()"],
  ])
  const read = (path: string) => files.get(path) ?? expect.fail(`${path} is read`)
  const outside = { outside: { text: '!' } }
  const load = commonJsLoader(read, (name) => (name === 'outside' ? outside.outside : undefined))

  it('require each other and what is provided', () => {
    expect(load('/p/a.js')).toEqual({ own: 'a', sum: 'aba!' })
  })

  it('run once', () => {
    const count = vi.fn()
    vi.stubGlobal('count', count)
    expect(load('/p/d.js')).toEqual({ text: 'c' })
    expect(count).toHaveBeenCalledOnce()
    vi.unstubAllGlobals()
  })
})
