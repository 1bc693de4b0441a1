/**
 * Exact figures on disk: small sealed files of JSON, keyed by everything they depend on. Unlike compiled programs, they are never
 * deleted: they take almost no space. A file that is damaged is as good as none.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sealOf, unseal } from '../../cache/sealed.ts'
import { cacheRoot } from '../../plugins/cache-root.ts'
import { replaceContents } from '../../replace-file.ts'
import type { XlaFlags } from '../pjrt/cuda-flags.ts'
import type { CompiledMemory } from '../pjrt/topology.ts'

/** What a program's memory depends on. */
export interface ExactKeyParts {
  /** StableHLO text without source places: moving a block in a file changes nothing. */
  readonly program: string
  readonly replicas: number
  readonly topology: Readonly<Record<string, string>>
  readonly flags: XlaFlags
  /** `$XLA_FLAGS`, which the plugin reads itself. */
  readonly environment: string
  /** The identities of the plugin and `ptxas` builds. */
  readonly tools: readonly string[]
}

export interface StoredFigures extends CompiledMemory {
  /** Compilation time. */
  readonly seconds: number
}

/** SHA-256 of the parts; the order of options and flags does not matter. */
export function exactKey(parts: ExactKeyParts): string {
  const hash = createHash('sha256')
  const add = (text: string) => hash.update(`${Buffer.byteLength(text)}:`).update(text)
  const addSorted = (record: Readonly<Record<string, string | number | boolean>>) => {
    for (const [name, value] of Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))) add(`${name}=${value}`)
    add('')
  }
  add(parts.program)
  add(String(parts.replicas))
  addSorted(parts.topology)
  addSorted(parts.flags)
  add(parts.environment)
  for (const tool of parts.tools) add(tool)
  return hash.digest('hex')
}

const figureNames = ['arguments', 'outputs', 'alias', 'temporaries', 'peak', 'generatedCode', 'seconds'] as const

const folder = () => join(cacheRoot(), 'exact')

/** The figures for a key; `undefined` if there are none, or if the file has other contents. */
export async function readFigures(key: string): Promise<StoredFigures | undefined> {
  try {
    const { contents } = unseal(key, await readFile(join(folder(), key)))
    if (contents === undefined) return undefined
    const found = JSON.parse(contents.toString('utf8')) as Partial<Record<keyof StoredFigures, unknown>>
    return figureNames.every((name) => Number.isFinite(found[name])) ? (found as StoredFigures) : undefined
  } catch {
    return undefined
  }
}

/** Saves figures; readers see all of a file or nothing. */
export async function writeFigures(key: string, figures: StoredFigures): Promise<void> {
  const path = join(folder(), key)
  const contents = Buffer.from(JSON.stringify(figures, figureNames.slice()))
  try {
    await mkdir(folder(), { recursive: true })
    await replaceContents(path, [sealOf(key, contents), contents])
  } catch {
    // Without a writable cache they are computed again next time.
  }
}
