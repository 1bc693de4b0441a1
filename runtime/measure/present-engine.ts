/** What the engine on this computer's CPU will consist of, found without loading or downloading anything. */
import { existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from '../environment.ts'
import { compilers } from '../native-compiler.ts'
import { placeOf } from '../plugins/fetch-plugin.ts'
import { namedPlugin } from '../plugins/named-plugin.ts'
import { entryFor, findPlugins, hostPlatform, oneDnnHeaders, oneDnnTable } from '../plugins/plugin-table.ts'
import { nativeEnabled } from '../xla/native/locate-kernels.ts'

export interface PresentEngine {
  /** The plugin's path, size and time, and whether arcc's own kernels will be used: what speed depends on. */
  readonly identity: string
  /** Whether the next run downloads nothing. */
  readonly isComplete: boolean
}

/** `undefined` if the plugin must be downloaded first. It is not verified, which would take a second. */
export function presentEngine(env: Environment): PresentEngine | undefined {
  const named = namedPlugin('cpu', env)
  const paths = named === undefined ? findPlugins(hostPlatform()).map((entry) => placeOf(entry).library) : [named]
  const path = paths.find((one) => existsSync(one))
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  const kernels = presentKernels(env)
  return { identity: `${path} ${found.size} ${found.mtimeMs} ${kernels}`, isComplete: kernels !== 'absent' }
}

/** `none`: XLA's own ops are used; `absent`: oneDNN can be downloaded. */
function presentKernels(env: Environment): 'none' | 'absent' | string {
  const wheels = [entryFor(oneDnnTable, hostPlatform()), entryFor(oneDnnHeaders, hostPlatform())]
  const { variable, names } = compilers.c
  const named = env[variable]?.trim().split(/\s+/)[0]
  if (!nativeEnabled(env) || !(named ? [named] : names).some((program) => isProgram(program, env))) return 'none'
  const places = wheels.flatMap((wheel) => (wheel === undefined ? [] : [placeOf(wheel).library]))
  if (places.length < wheels.length) return 'none'
  return places.every((place) => existsSync(place)) ? places.join(' ') : 'absent'
}

/** Whether a program is in one of the folders of the environment; `findCompiler` runs it, which takes longer. */
function isProgram(command: string, { PATH = '' }: Environment): boolean {
  if (command.includes('/')) return existsSync(command)
  return PATH.split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, command)))
}
