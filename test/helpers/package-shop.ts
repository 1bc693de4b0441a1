/** Small wheels and packages of npm for tests of installing, with no network. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DownloadWheel } from '../../runtime/plugins/fetch-wheel.ts'
import type { WheelEntry } from '../../runtime/plugins/plugin-table.ts'

type Files = Readonly<Record<string, string>>

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes)

function writeFiles(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** What the tables say of a file of the shop. */
function entryOf(shop: string, wheel: string, file: string, files: Files): WheelEntry {
  const bytes = readFileSync(join(shop, file))
  const unpacked = Object.values(files).reduce((sum, text) => sum + text.length, 0)
  const digest = sha256(bytes).digest('hex')
  const library = Object.keys(files)[0] ?? ''
  return { platform: 'test', wheel, version: '1.0', file, bytes: bytes.length, unpacked, sha256: digest, library }
}

/** The folder in which a wheel was packed. */
export const contentOf = (shop: string, wheel: string) => join(shop, '..', 'content', wheel)

/** Writes a wheel with these files into a shop, a folder, and returns its entry. */
export function makeWheel(shop: string, wheel: string, files: Files): WheelEntry {
  const project = wheel.replaceAll('-', '_')
  const record = `${project}-1.0.dist-info/RECORD`
  const lines = Object.entries(files).map(([path, text]) => {
    const digest = sha256(Buffer.from(text)).digest('base64url')
    return `${path},sha256=${digest},${text.length}`
  })
  const all = { ...files, [record]: `${lines.join('\n')}\n${record},,\n` }
  const content = contentOf(shop, wheel)
  writeFiles(content, all)
  const file = `${project}-1.0-py3-none-any.whl`
  mkdirSync(shop, { recursive: true })
  execFileSync('python3', ['-m', 'zipfile', '-c', join(shop, file), ...readdirSync(content)], { cwd: content })
  return entryOf(shop, wheel, file, all)
}

/** Writes a package of npm with these files, whose paths begin with `package/`, and returns its entry. */
export function makePackage(shop: string, name: string, files: Files): WheelEntry {
  const content = contentOf(shop, name)
  writeFiles(content, files)
  const file = `${name.replace('@', '').replace('/', '-')}-1.0.tgz`
  mkdirSync(shop, { recursive: true })
  execFileSync('python3', ['-m', 'tarfile', '-c', join(shop, file), 'package'], { cwd: content })
  return { ...entryOf(shop, name, file, files), registry: 'npm', keep: ['package/'] }
}

/** Takes packages from a shop; `onBuy` sees their names, and may throw. */
export function buyFrom(shop: string, onBuy: (wheel: string) => void = () => {}): DownloadWheel {
  return async (entry, into, onProgress) => {
    onBuy(entry.wheel)
    onProgress({ phase: 'download', bytes: entry.bytes, total: entry.bytes })
    copyFileSync(join(shop, entry.file), join(into, entry.file))
    return join(into, entry.file)
  }
}

/** Whether there is a Python, which unpacks. */
export function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
