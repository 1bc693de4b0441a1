/**
 * Finds or builds arcc's own kernels for the CPU, and registers them with the plugin. Nothing here ends a run: where there are none,
 * programs use XLA's own ops, and the reason is told.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import koffi from 'koffi'
import { type NativeKernels, nativeTargets } from '../../../compiler/stablehlo/native-kernels.ts'
import type { Environment } from '../../environment.ts'
import { compilers, findCompiler } from '../../native-compiler.ts'
import { openLibrary } from '../../native-library.ts'
import { cacheFolder } from '../../plugins/cache-folder.ts'
import { cachedPlugin, fetchPlugin, placeOf } from '../../plugins/fetch-plugin.ts'
import type { FetchProgress } from '../../plugins/fetch-wheel.ts'
import { entryFor, hostPlatform, oneDnnHeaders, oneDnnTable, type WheelEntry } from '../../plugins/plugin-table.ts'
import { hasInstruction } from '../../processor.ts'
import { reasonOf } from '../../system-errors.ts'
import type { PjrtLibrary } from '../pjrt/library.ts'
import { buildKernels } from './build-kernels.ts'

/** What was found: kernels, or why there are none, as a sentence's end for people. */
export type FoundKernels =
  | { readonly found: true; readonly library: string; readonly kernels: NativeKernels; readonly description: string }
  | { readonly found: false; readonly reason: string }

const none = (reason: string): FoundKernels => ({ found: false, reason })

/** `ARCC_NATIVE=off` leaves them out. */
export function nativeEnabled(env: Environment = process.env): boolean {
  return env.ARCC_NATIVE !== 'off'
}

/** After a download failed, it is not tried again for this time, in milliseconds: every start would wait for it. */
const retryAfter = 86_400_000

/**
 * The kernels of this computer, downloaded and built first where they are missing. `download` may be refused: `arcc doctor` only
 * looks.
 */
export async function locateKernels(onProgress: FetchProgress, download = true): Promise<FoundKernels> {
  if (!nativeEnabled()) return none('ARCC_NATIVE=off leaves them out')
  const platform = hostPlatform()
  const [library, headers] = [entryFor(oneDnnTable, platform), entryFor(oneDnnHeaders, platform)]
  if (library === undefined || headers === undefined) return none(`oneDNN is not published for ${platform}`)
  const compiler = await findCompiler('c')
  if (compiler === undefined) return none(`there is no C compiler (${compilers.c.names.join(', ')}) to build them with`)
  const wheels = [library, headers]
  try {
    const missing = await missingWheels(wheels)
    if (missing.length > 0) {
      if (!download) return none('oneDNN has not been downloaded; the next run downloads it')
      const failed = await recentFailure()
      if (failed !== undefined) return none(failed)
      await fetchInTurn(missing, onProgress).catch(rememberFailure)
    }
    const place = placeOf(library)
    const built = await buildKernels(compiler, {
      library: place.library,
      headers: dirname(dirname(dirname(placeOf(headers).library))),
      identity: wheels.map((entry) => entry.sha256).join(' '),
    })
    const bf16 = hasInstruction('avx512_bf16')
    const description = `oneDNN ${library.version}${bf16 ? ', bf16' : ''}, built by ${compiler.version}`
    return { found: true, library: built, kernels: { bf16 }, description }
  } catch (error) {
    return none(reasonOf(error))
  }
}

/** Downloads wheels; `ready` is reported once, when all are there. */
async function fetchInTurn(entries: readonly WheelEntry[], onProgress: FetchProgress): Promise<void> {
  for (const entry of entries)
    await fetchPlugin(entry, (event) => {
      if (event.phase !== 'ready' || entry === entries.at(-1)) onProgress(event)
    })
}

async function missingWheels(entries: readonly WheelEntry[]): Promise<readonly WheelEntry[]> {
  const found = await Promise.all(entries.map((entry) => cachedPlugin(entry)))
  return entries.filter((_, i) => found[i] === undefined)
}

const failureFile = async () => join(await cacheFolder('native'), 'download-failed.json')

async function recentFailure(): Promise<string | undefined> {
  try {
    const { at, reason } = JSON.parse(await readFile(await failureFile(), 'utf8')) as { at: number; reason: string }
    return Date.now() - at < retryAfter ? `${reason} (tried again a day later)` : undefined
  } catch {
    return undefined
  }
}

async function rememberFailure(error: unknown): Promise<never> {
  const text = JSON.stringify({ at: Date.now(), reason: reasonOf(error) })
  await writeFile(await failureFile(), text).catch(() => undefined)
  throw error
}

/** Plugins that have the kernels already. */
const registered = new WeakSet<PjrtLibrary>()

/** Makes the kernels known to a plugin. Returns why programs cannot call them, or `undefined` if they can. */
export function registerKernels(plugin: PjrtLibrary, path: string): string | undefined {
  if (registered.has(plugin)) return undefined
  try {
    const library = openLibrary(path)
    for (const target of nativeTargets) {
      const handler = koffi.address(library.symbol(target, 'int') as never)
      if (!plugin.registerHandler(target, handler)) return `the plugin (PJRT ${plugin.apiVersion}) does not take them`
    }
  } catch (error) {
    return reasonOf(error)
  }
  registered.add(plugin)
  return undefined
}
