/**
 * The rates of this computer that its first plan has measured, in the cache folder: one file per processor, number of cores, plugin and
 * flags, since a change of any of them changes the rates. A damaged file is as none.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { dirname, join } from 'node:path'
import type { MachineProfile } from '../../compiler/host/machine-profile.ts'
import { sealOf, unseal } from '../cache/sealed.ts'
import type { Environment } from '../environment.ts'
import { cacheRoot } from '../plugins/cache-root.ts'
import { replaceContentsSync } from '../replace-file.ts'

/** What is measured, and how: another number makes earlier measurements void. */
const format = 2

export interface KeptRates {
  readonly profile: MachineProfile
  /** Cores that other programs took while it was measured, on average. */
  readonly others: number
  /** How often this computer was measured for this file. */
  readonly attempts: number
}

/** Where rates are kept. */
export interface RatesPlace {
  readonly path: string
  readonly key: string
}

/** The place of the rates with an engine; `undefined` if the environment names neither a cache folder nor a home. */
export function ratesPlace(engine: string, env: Environment): RatesPlace | undefined {
  if (!env.ARCC_CACHE && !env.XDG_CACHE_HOME && !env.HOME) return undefined
  const parts = [format, cpus()[0]?.model ?? '', availableParallelism(), process.arch, engine, env.XLA_FLAGS ?? '']
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return { key, path: join(cacheRoot(env), 'rates', key) }
}

/** The rates at a place; `undefined` if there are none, or none that can be used. */
export function readRates({ path, key }: RatesPlace): KeptRates | undefined {
  try {
    const { contents } = unseal(key, readFileSync(path))
    // The seal vouches for the contents, and its key for their format.
    return contents === undefined ? undefined : (JSON.parse(contents.toString('utf8')) as KeptRates)
  } catch {
    return undefined
  }
}

/** Writes rates, whole or not at all. Throws the system's errors. */
export function keepRates({ path, key }: RatesPlace, rates: KeptRates): void {
  const contents = Buffer.from(JSON.stringify(rates))
  mkdirSync(dirname(path), { recursive: true })
  replaceContentsSync(path, Buffer.concat([sealOf(key, contents), contents]))
}
