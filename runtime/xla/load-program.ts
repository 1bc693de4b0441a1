/** Compiles the programs of an engine, or loads them from the cache of compiled programs. */
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import type { Donation, Graph } from '../../compiler/ir/graph.ts'
import { moduleText } from '../../compiler/stablehlo/emit-module.ts'
import type { NativeKernels } from '../../compiler/stablehlo/native-kernels.ts'
import type { Located } from '../backend/backend.ts'
import type { World } from '../world.ts'
import { type CompileCache, cacheKey } from './compile-cache.ts'
import type { FirstRun } from './first-run.ts'
import type { PjrtClient } from './pjrt/client.ts'
import { writeCompileOptions } from './pjrt/compile-options.ts'
import { PjrtExecutable } from './pjrt/executable.ts'

/** A program, and its first run in this process if it is marked on disk. */
export interface LoadedProgram {
  readonly program: PjrtExecutable
  readonly firstRun: FirstRun | undefined
}

export interface LoaderOptions {
  readonly client: PjrtClient
  readonly world: World
  /** The device of each replica, where the plugin does not choose them. */
  readonly assignment: readonly number[] | undefined
  /** The platform that programs are emitted for. */
  readonly platform: DeviceKind
  /** What programs may call. */
  readonly native: NativeKernels | undefined
  /** Whether the replicas are in several processes that arcc's own collectives connect: XLA knows only those of this process. */
  readonly acrossProcesses: boolean
  readonly located: Located
  /** The names of this process's devices. */
  readonly deviceNames: string
  /** `undefined` if it is disabled. */
  readonly cache: CompileCache | undefined
  /** Programs that took longer to compile than this are cached, in milliseconds. */
  readonly cacheAbove: number
  /**
   * Where the compilers of several processes work together: whether all of them have the program `name` in their caches. They are
   * asked for every program, in the order in which programs were requested.
   */
  readonly everyoneHas: ((name: string, isHere: boolean) => Promise<boolean>) | undefined
}

export interface ProgramLoader {
  load(graph: Graph, donate: Donation): Promise<LoadedProgram>
  /** Number of programs loaded from disk, and of programs compiled. */
  readonly counts: { readonly cached: number; readonly compiled: number }
}

/** Programs are compiled one at a time, which takes all cores and much memory; others are loaded meanwhile. */
export function createLoader(options: LoaderOptions): ProgramLoader {
  const { client, world, assignment, platform, native, acrossProcesses, located, deviceNames, cache, everyoneHas } =
    options
  const counts = { cached: 0, compiled: 0 }
  let lastCompiled: Promise<unknown> = Promise.resolve()
  let lastLoaded: Promise<unknown> = Promise.resolve()

  async function loadNow(graph: Graph, donate: Donation): Promise<LoadedProgram> {
    const { apiVersion, path } = client.library
    const outputs = graph.outputs.map((output) => output.value.type)
    const overrides = located.flags(graph, apiVersion)
    const replicas = acrossProcesses ? world.local : world.size
    const compileOptions = writeCompileOptions({ replicas, devices: assignment, overrides })
    const module = moduleText(graph, { platform, native, donate, acrossProcesses })
    let milliseconds = 0
    const compileNow = async () => {
      const start = performance.now()
      const program = await PjrtExecutable.compile(client, module.located(), compileOptions, outputs)
      milliseconds = performance.now() - start
      counts.compiled += 1
      return program
    }
    const compile = () => {
      const program = lastCompiled.then(compileNow)
      lastCompiled = program.catch(() => undefined)
      return program
    }
    if (cache === undefined) {
      await everyoneHas?.(graph.name, false)
      return { program: await compile(), firstRun: undefined }
    }
    // The key excludes source places: moving a block in a file does not change machine code.
    const plugin = `${path} ${client.platformVersion} ${apiVersion}`
    const device = `${deviceNames} ${located.identity}`
    const key = cacheKey({ program: module.text, options: compileOptions, plugin, device })
    const { firstRun, isTrusted } = await cache.open(key, graph.name)
    const found = isTrusted ? await fromCache(cache, key, graph.name, firstRun, outputs) : undefined
    const isHere = found !== undefined
    if ((everyoneHas === undefined ? isHere : await everyoneHas(graph.name, isHere)) && isHere) {
      counts.cached += 1
      return { program: found, firstRun }
    }
    found?.dispose()
    const program = await compile()
    if (milliseconds >= options.cacheAbove) await cache.write(key, () => program.serialize())
    return { program, firstRun }
  }

  async function fromCache(
    cache: CompileCache,
    key: string,
    name: string,
    firstRun: FirstRun,
    outputs: PjrtExecutable['outputs'],
  ): Promise<PjrtExecutable | undefined> {
    const bytes = await cache.read(key, name)
    if (bytes === undefined) return undefined
    firstRun.begin()
    try {
      return await PjrtExecutable.deserialize(client, bytes, outputs)
    } catch {
      await cache.refuse(key, name)
      return undefined
    } finally {
      firstRun.end()
    }
  }

  return {
    counts,
    load(graph, donate) {
      if (everyoneHas === undefined) return loadNow(graph, donate)
      const loaded = lastLoaded.then(() => loadNow(graph, donate))
      lastLoaded = loaded.catch(() => undefined)
      return loaded
    },
  }
}
