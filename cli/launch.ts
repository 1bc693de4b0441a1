/**
 * `dist/arcc.cjs`: runs the bundled command line with the code that V8 compiled for the same command at an earlier start. Compiling
 * it again takes a third of `arcc check`.
 *
 * An entry in the folder `code` of the cache belongs to one bundle (its name has the digest of its text), one version of Node.js
 * and one command, since commands need different functions. V8 refuses code of another version or other flags, but does not look
 * for flipped bits, so a CRC-32 comes first. A missing or refused entry means compiling as ever, and writing it anew.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'
import { crc32 } from 'node:zlib'
import { cacheRoot } from '../runtime/plugins/cache-root.ts'
import { replaceContentsSync } from '../runtime/replace-file.ts'

/** Names of bundles next to this file, `all` and those with only one command; the build defines them. */
declare const ARCC_PROGRAMS: { readonly all: string } & Readonly<Record<string, string>>

/** The version of the package; the build defines it. */
declare const ARCC_VERSION: string

/** An entry's CRC-32 and length, 32 bits each, before V8's code. */
const headerBytes = 8

/** Entries that stay when one is written, the newest: a few megabytes each. */
const keptEntries = 24

/**
 * Milliseconds after which the code of a command that still runs is kept: everything up to a run's first steps has been compiled
 * by then, and V8 has not yet discarded what is no longer executed.
 */
const settled = 10_000

const folder = join(cacheRoot(), 'code')

function entryFor(program: string): string {
  const [, , first = ''] = process.argv
  const command = /^[a-z]{2,16}$/.test(first) ? first : 'options'
  return join(folder, `${program}-${process.version}-${process.arch}-${command}.bin`)
}

/** V8's code in an entry; `undefined` if there is none, or a damaged one. */
function readCode(entry: string): Buffer | undefined {
  try {
    const file = readFileSync(entry)
    const code = file.subarray(headerBytes)
    const isWhole = file.readUInt32LE(4) === code.length && file.readUInt32LE(0) === crc32(code)
    return isWhole ? code : undefined
  } catch {
    return undefined
  }
}

function removeOldEntries(): void {
  const entries = readdirSync(folder).map((name) => ({ path: join(folder, name), time: 0 }))
  if (entries.length <= keptEntries) return
  for (const entry of entries) entry.time = statSync(entry.path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  entries.sort((a, b) => b.time - a.time)
  for (const { path } of entries.slice(keptEntries)) rmSync(path, { force: true })
}

/** The cache only saves time: where it cannot be written, every start compiles. */
function writeCode(entry: string, code: Buffer): void {
  try {
    const header = Buffer.alloc(headerBytes)
    header.writeUInt32LE(crc32(code), 0)
    header.writeUInt32LE(code.length, 4)
    mkdirSync(folder, { recursive: true })
    replaceContentsSync(entry, Buffer.concat([header, code]))
    removeOldEntries()
  } catch {
    // Read-only or full: nothing to keep.
  }
}

/** Writes the code once: when a command has run for a while, or when it has succeeded. */
function keepCode(script: Script, entry: string): void {
  let isKept = false
  const keep = () => {
    if (isKept) return
    isKept = true
    writeCode(entry, script.createCachedData())
  }
  setTimeout(keep, settled).unref()
  process.on('exit', (code) => {
    if (code === 0) keep()
  })
}

/** Help runs nothing of a command; `NODE_DISABLE_COMPILE_CACHE` is the switch of Node's own cache. */
function isCached(): boolean {
  return !process.env.NODE_DISABLE_COMPILE_CACHE && !process.argv.some((text) => text === '-h' || text === '--help')
}

/**
 * V8 11, that of Node.js 20, optimizes a function after this many bytes of executed bytecode, eight times its own number: a command of
 * half a second spends a third of its CPU time on optimizing functions that it hardly runs afterwards. Training is as fast as ever: what
 * is hot for minutes passes any number within a second.
 */
const optimizeLater = '--interrupt-budget=540672'

/** Later versions count calls, have a compiler in between, and refuse the flag. */
const hasBudget = process.versions.v8.startsWith('11.')

function run(program: string, file: string): void {
  // Before the code is read: V8 compares the flags with which it was written.
  if (hasBudget) setFlagsFromString(optimizeLater)
  const entry = entryFor(program)
  const cachedData = readCode(entry)
  // The build writes ASCII only, which V8 stores and scans as single bytes.
  const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`
  const script = new Script(text, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  if (cachedData === undefined || script.cachedDataRejected === true) keepCode(script, entry)
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file))
}

function start(): void {
  const [, , given = '', ...rest] = process.argv
  if (rest.length === 0 && (given === '--version' || given === '-V')) {
    process.stdout.write(`${ARCC_VERSION}\n`)
    return
  }
  const program = Object.hasOwn(ARCC_PROGRAMS, given) ? (ARCC_PROGRAMS[given] ?? ARCC_PROGRAMS.all) : ARCC_PROGRAMS.all
  const file = join(__dirname, program)
  // Only Node's own loader finds the source map, which ARCC_DEBUG=1 asks for.
  if (process.env.ARCC_DEBUG === '1' || !isCached()) createRequire(file)(file)
  else run(program, file)
}

start()
