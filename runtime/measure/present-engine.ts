/** What the engine on this computer's CPU will consist of, found without loading or downloading anything. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { CpuKernels } from '../../compiler/ir/cpu-kernels.ts'
import type { Environment } from '../environment.ts'
import { compilers } from '../native-compiler.ts'
import { placeOf } from '../plugins/fetch-plugin.ts'
import { namedPlugin } from '../plugins/named-plugin.ts'
import { entryFor, findPlugins, hostPlatform, oneDnnHeaders, oneDnnTable } from '../plugins/plugin-table.ts'
import { nativeEnabled } from '../xla/native/locate-kernels.ts'
import { fileIdentity, isRefused } from '../xla/native/refusals.ts'

export interface PresentEngine {
  /** The plugin's path, size and time, and whether arcc's own kernels will be used: what speed depends on. */
  readonly identity: string
  /** Whether the next run downloads nothing. */
  readonly isComplete: boolean
}

/** `undefined` if the plugin must be downloaded first. It is not verified, which would take a second. */
export function presentEngine(env: Environment): PresentEngine | undefined {
  const path = presentPlugin(env)
  const plugin = path === undefined ? undefined : fileIdentity(path)
  if (plugin === undefined) return undefined
  const kernels = presentKernels(env)
  return { identity: `${plugin} ${kernels}`, isComplete: kernels !== 'absent' }
}

/** With what a run on this computer's CPU will compute. What is not here yet is expected to be downloaded. */
export function expectedKernels(env: Environment): CpuKernels {
  if (presentKernels(env) === 'none') return 'xla'
  const path = presentPlugin(env)
  return path !== undefined && isRefused(path, env) ? 'xla' : 'native'
}

function presentPlugin(env: Environment): string | undefined {
  const named = namedPlugin('cpu', env)
  const paths = named === undefined ? findPlugins(hostPlatform()).map((entry) => placeOf(entry).library) : [named]
  return paths.find((path) => existsSync(path))
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
