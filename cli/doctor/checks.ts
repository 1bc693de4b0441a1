/** The checks of `arcc doctor`, one function each. They neither change nor download anything. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { ArccError } from '../../runtime/errors.ts'
import { packageFolder } from '../../runtime/package-folder.ts'
import { cacheRoot } from '../../runtime/plugins/cache-root.ts'
import { formatBytes, plural } from '../render/format.ts'
import { checkCuda } from './cuda.ts'
import type { Finding } from './finding.ts'
import { checkLauncher } from './launcher.ts'
import { checkTfjs } from './tfjs.ts'

const run = promisify(execFile)
const gib = 2 ** 30

const message = (error: unknown) => (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))

const libraryFix = 'run "npm ci" again on this computer; the libraries are prebuilt per platform'

/** `a.b.c` as numbers. */
function versionNumbers(version: string): readonly number[] {
  return version.split(/[.-]/).map(Number)
}

function isAtLeast(version: string, least: string): boolean {
  const have = versionNumbers(version)
  for (const [i, wanted] of versionNumbers(least).entries()) {
    if ((have[i] ?? 0) !== wanted) return (have[i] ?? 0) > wanted
  }
  return true
}

function checkNode(): Finding[] {
  const text = readFileSync(join(packageFolder, 'package.json'), 'utf8')
  const { engines } = JSON.parse(text) as { engines: { node: string } }
  const least = engines.node.replace('>=', '')
  const have = process.versions.node
  if (isAtLeast(have, least)) return [{ name: 'node', status: 'ok', text: `${have} (${engines.node})` }]
  return [
    { name: 'node', status: 'fail', text: `${have}, but arcc needs ${engines.node}`, fix: 'install a newer Node.js' },
  ]
}

function installedVersion(name: string): string {
  const require = createRequire(join(packageFolder, 'package.json'))
  const entry = require.resolve(name)
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (!existsSync(file)) continue
    const found = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string }
    if (found.name === name && found.version !== undefined) return found.version
  }
  return 'of unknown version'
}

async function checkKoffi(): Promise<Finding[]> {
  try {
    const { processLibrary } = await import('../../runtime/native-library.ts')
    const strlen = processLibrary().func('size_t strlen(const char*)')
    if (Number(strlen('arcc')) !== 4) throw new Error('a call into the C library returns a wrong result')
    return [{ name: 'koffi', status: 'ok', text: `${installedVersion('koffi')}, calls native code` }]
  } catch (error) {
    return [{ name: 'koffi', status: 'fail', text: `cannot be loaded: ${message(error)}`, fix: libraryFix }]
  }
}

async function checkSharp(): Promise<Finding[]> {
  try {
    const { default: sharp } = await import('sharp')
    const raw = { width: 8, height: 8, channels: 3 } as const
    const jpeg = await sharp(Buffer.alloc(8 * 8 * 3, 128), { raw })
      .jpeg()
      .toBuffer()
    const { width } = await sharp(jpeg).metadata()
    if (width !== 8) throw new Error('a JPEG round trip returns a different picture')
    const text = `${installedVersion('sharp')} (libvips ${sharp.versions.vips}), reads and writes JPEG`
    return [{ name: 'sharp', status: 'ok', text }]
  } catch (error) {
    return [{ name: 'sharp', status: 'fail', text: `does not work: ${message(error)}`, fix: libraryFix }]
  }
}

/** What decodes JPEG in training: the rates are for 112 × 112 pixels. */
async function checkJpeg(): Promise<Finding[]> {
  const name = 'jpeg'
  const { findJpegDecoder } = await import('../../runtime/data/jpeg/find.ts')
  try {
    const choice = findJpegDecoder()
    switch (choice.kind) {
      case 'turbojpeg':
        return [{ name, status: 'ok', text: `${choice.library} decodes, about 10,000 face crops/s per core` }]
      case 'wasm': {
        const text = `arcc's own decoder in WebAssembly decodes, about 7,000 face crops/s per core; libturbojpeg is faster: ${choice.reason}`
        return [{ name, status: 'ok', text }]
      }
      case 'sharp': {
        const text = `sharp decodes, about 1,500 face crops/s on all cores together: ${choice.reason}`
        return [{ name, status: 'warn', text, fix: turboFix }]
      }
    }
  } catch (error) {
    const fix = error instanceof ArccError ? (error.hint ?? turboFix) : turboFix
    return [{ name, status: 'fail', text: message(error), fix }]
  }
}

const turboFix =
  "install your distribution's libturbojpeg (Debian, Ubuntu: libturbojpeg0), or set ARCC_TURBOJPEG to its path"

/** Checks whether the plugin can be downloaded. */
async function checkPip(): Promise<Finding> {
  try {
    const { stdout } = await run('python3', ['-m', 'pip', '--version'])
    return { name: 'pip', status: 'ok', text: `${stdout.split(' ').slice(0, 2).join(' ')}, downloads the XLA plugin` }
  } catch (error) {
    const fix = 'install Python 3 with pip, or set ARCC_XLA_PLUGIN to a plugin library'
    return { name: 'pip', status: 'fail', text: `python3 -m pip fails: ${message(error)}`, fix }
  }
}

async function checkXla(): Promise<Finding[]> {
  const { cachedPlugin } = await import('../../runtime/plugins/fetch-plugin.ts')
  const { namedPlugin } = await import('../../runtime/plugins/named-plugin.ts')
  const { findPlugins, hostPlatform, pluginTable } = await import('../../runtime/plugins/plugin-table.ts')
  const own = namedPlugin('cpu')
  const entries = findPlugins(hostPlatform())
  const [first, second] = entries
  if (!own && first === undefined) {
    const known = pluginTable.map((plugin) => plugin.platform).join(' and ')
    const fix = 'set ARCC_XLA_PLUGIN to a plugin library, or run with --engine tfjs'
    return [
      { name: 'xla', status: 'fail', text: `no plugin is published for ${hostPlatform()}, only for ${known}`, fix },
    ]
  }
  if (own) return [await loadPlugin(own, 'ARCC_XLA_PLUGIN')]
  const paths = await Promise.all(entries.map(cachedPlugin))
  const entry = entries.find((_, i) => paths[i] !== undefined)
  const path = paths.find((found) => found !== undefined)
  if (path === undefined || entry === undefined) {
    const size = first === undefined ? '' : ` (${formatBytes(first.bytes)})`
    const text = `the plugin is missing or damaged${size}; the next run downloads it`
    return [{ name: 'xla', status: 'warn', text }, await checkPip()]
  }
  const note =
    entry === second ? ' (the second source: slower, no native kernels; `arcc install cpu` fetches the first)' : ''
  return [await loadPlugin(path, `${entry.wheel} ${entry.version}${note}`)]
}

/** arcc's own kernels for the CPU; without them, programs use XLA's own ops. */
async function checkKernels(): Promise<Finding[]> {
  const name = 'kernels'
  const { locateKernels, nativeEnabled } = await import('../../runtime/xla/native/locate-kernels.ts')
  const found = await locateKernels(() => {}, false)
  if (found.found) return [{ name, status: 'ok', text: found.description }]
  const text = `${found.reason}; programs for the CPU use XLA's own kernels, which take 1.1 to 2 times as long`
  return [{ name, status: nativeEnabled() ? 'warn' : 'skip', text }]
}

async function loadPlugin(path: string, what: string): Promise<Finding> {
  try {
    const { PjrtLibrary } = await import('../../runtime/xla/pjrt/library.ts')
    const { PjrtClient } = await import('../../runtime/xla/pjrt/client.ts')
    const { cpuBackend } = await import('../../runtime/backend/cpu.ts')
    const library = PjrtLibrary.load(path)
    const client = await PjrtClient.create(library, 1, cpuBackend(1).createOptions)
    const text = `${what}, PJRT ${library.apiVersion}, platform ${client.platform}`
    client.dispose()
    return { name: 'xla', status: 'ok', text }
  } catch (error) {
    const fix = error instanceof ArccError && error.hint !== undefined ? error.hint : `delete ${path}`
    return { name: 'xla', status: 'fail', text: message(error), fix }
  }
}

/** The nearest existing ancestor of a path, or the path itself. */
function existing(path: string): string {
  for (let folder = resolve(path); ; folder = dirname(folder)) if (existsSync(folder)) return folder
}

/** Below `littleDisk` a run may not finish; below `noDisk` it cannot start. */
const littleDisk = 5 * gib
const noDisk = gib / 2

async function checkDisk(): Promise<Finding[]> {
  const places = [
    { name: 'disk runs', path: 'runs', fix: 'free some disk space, or choose another run folder with --folder' },
    { name: 'disk cache', path: cacheRoot(), fix: 'free some disk space, or set ARCC_CACHE to another folder' },
  ]
  return Promise.all(
    places.map(async ({ name, path, fix }): Promise<Finding> => {
      const { bavail, bsize } = await statfs(existing(path))
      const free = bavail * bsize
      const text = `${formatBytes(free)} free for ${path}`
      if (free >= littleDisk) return { name, status: 'ok', text }
      return { name, status: free < noDisk ? 'fail' : 'warn', text, fix }
    }),
  )
}

/** The approximate need of a backbone on 112 × 112 pictures with a small batch. */
const littleMemory = 4 * gib

function checkComputer(): Finding[] {
  const cores = availableParallelism()
  const limit = process.constrainedMemory()
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  const enough = memory >= littleMemory
  return [
    { name: 'cpu', status: cores > 1 ? 'ok' : 'warn', text: plural(cores, 'core') },
    {
      name: 'memory',
      status: enough ? 'ok' : 'warn',
      text: formatBytes(memory),
      ...(enough ? {} : { fix: 'use a small batch: --set train.batch="8 per device"' }),
    },
  ]
}

/** The checks in display order. */
export const doctorChecks: readonly (() => Finding[] | Promise<Finding[]>)[] = [
  checkNode,
  checkKoffi,
  checkSharp,
  checkJpeg,
  checkXla,
  checkKernels,
  checkCuda,
  checkTfjs,
  checkDisk,
  checkComputer,
  () => checkLauncher(),
]
