/**
 * Prepares CUDA's libraries for XLA: they are found or installed, verified, and opened by full path, so that LD_LIBRARY_PATH need
 * not be set before arcc starts.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from '../environment.ts'
import { ArccError } from '../errors.ts'
import type { Fetching } from '../events.ts'
import { openLibrary } from '../native-library.ts'
import { namedPlugin } from '../plugins/named-plugin.ts'
import { hostPlatform } from '../plugins/plugin-table.ts'
import { isUnchanged } from '../plugins/verify-library.ts'
import { wheelErrors } from '../wheels/errors.ts'
import type { InstallEvent } from '../wheels/install-wheels.ts'
import { findCut, findDamage, readManifest } from '../wheels/manifest.ts'
import { describeCut } from '../whole-library.ts'
import { findCudaDriver } from './driver.ts'
import { cudaError } from './errors.ts'
import { cudaHome, installCuda } from './install.ts'
import { librariesOf } from './library-table.ts'
import { type CudaTools, findTools } from './tools.ts'
import { cudaWheels, hasCudaWheels } from './wheels.ts'

interface CudaLibrary {
  /** `cudnn` */
  readonly name: string
  /** `undefined` if it is missing from the installation. */
  readonly path: string | undefined
}

export interface CudaInstallation extends CudaTools {
  /** Named by `$ARCC_XLA_PLUGIN`, downloaded by arcc, or found in a Python that has JAX for CUDA. */
  readonly source: 'named' | 'arcc' | 'site-packages'
  /** The path of `xla_cuda_plugin.so`. */
  readonly plugin: string
  readonly cudaMajor: 12 | 13
  /** In opening order. */
  readonly libraries: readonly CudaLibrary[]
}

const pluginName = 'xla_cuda_plugin.so'

/**
 * The installation to use: the one named by `$ARCC_XLA_PLUGIN`, otherwise arcc's own, otherwise a Python's whose CUDA version the
 * driver supports. `undefined` if there is none.
 */
export async function findCudaInstallation(env: Environment = process.env): Promise<CudaInstallation | undefined> {
  const named = namedPlugin('cuda', env)
  if (named !== undefined) return describeInstallation('named', resolve(named), env)
  return ownInstallation(env) ?? (await pythonInstallation(env))
}

/** The installation created by `arcc install cuda`. */
export function ownInstallation(env: Environment = process.env): CudaInstallation | undefined {
  if (!hasCudaWheels(hostPlatform())) return undefined
  const wheels = cudaWheels()
  const home = cudaHome(wheels)
  return readManifest(home) && describeInstallation('arcc', join(home, wheels.plugin), env)
}

/** Prints the folders of the package `jax_plugins`, one per line, without importing it. */
const askPython = [
  'import importlib.util',
  's = importlib.util.find_spec("jax_plugins")',
  'print(*(s.submodule_search_locations if s else []), sep="\\n")',
].join('; ')

const run = promisify(execFile)

async function pythonInstallation(env: Environment): Promise<CudaInstallation | undefined> {
  const asked = run('python3', ['-c', askPython], { env: env as NodeJS.ProcessEnv })
  const folders = await asked.then(
    ({ stdout }) => stdout.split('\n').filter((line) => line !== ''),
    // Without Python there is no JAX.
    () => [],
  )
  const [found] = ([12, 13] as const).flatMap((major) =>
    folders.map((folder) => join(folder, `xla_cuda${major}`, pluginName)).filter((path) => existsSync(path)),
  )
  if (found === undefined) return undefined
  const installation = describeInstallation('site-packages', found, env)
  const driver = findCudaDriver()
  return driver.found && driver.cuda[0] < installation.cudaMajor ? undefined : installation
}

/** The files that belong to a plugin library, by the layout of `site-packages`: `jax_plugins/xla_cuda12` next to `nvidia`. */
export function describeInstallation(
  source: CudaInstallation['source'],
  plugin: string,
  env: Environment = process.env,
): CudaInstallation {
  const parent = dirname(plugin)
  // As in the plugin's own RPATH.
  const roots = [join(parent, '..', '..', 'nvidia'), join(parent, '..', 'nvidia')]
  const named = /cuda(12|13)/.exec(basename(parent))?.[1]
  const cudaMajor = (named === undefined ? roots.some((root) => existsSync(join(root, 'cu13'))) : named === '13')
    ? 13
    : 12
  const find = (folder: string, file: string) =>
    roots.map((root) => join(root, folder, 'lib', file)).find((path) => existsSync(path))
  const libraries = librariesOf(cudaMajor).map(({ name, folder, file }) => ({ name, path: find(folder, file) }))
  return { source, plugin, ...findTools(roots, env), cudaMajor, libraries }
}

/**
 * The installation that a run uses; arcc's own is installed first if there is none. Throws the errors of `installCuda`, and
 * ARC6030 on a platform for which CUDA is not published.
 */
export async function ensureCuda(onProgress: (progress: Fetching) => void = () => {}): Promise<CudaInstallation> {
  const found = await findCudaInstallation()
  if (found !== undefined) return verified(found)
  await installCuda({
    wheels: cudaWheels(),
    driver: findCudaDriver(),
    onProgress: (event) => onProgress(overallProgress(event)),
  })
  return (await findCudaInstallation()) ?? cudaMissing()
}

/** Throws ARC6034 if the plugin in arcc's own installation is damaged. */
async function verified(installation: CudaInstallation): Promise<CudaInstallation> {
  const { source, plugin } = installation
  const file =
    source === 'arcc' ? ownFiles(plugin).find(({ path }) => join(homeOf(plugin), path) === plugin) : undefined
  if (file === undefined || (await isUnchanged(plugin, file.sha256, file.sha256))) return installation
  throw wheelErrors('ARC6034', { path: plugin, reason: `its SHA-256 is not ${file.sha256}`, install: 'cuda' })
}

function cudaMissing(): never {
  throw cudaError('ARC6033', { what: 'XLA plugin', file: 'xla_cuda_plugin.so' })
}

/** The progress of an installation as the event `fetch` of a run, in bytes of all downloads. */
function overallProgress({ phase, what, overall }: InstallEvent): Fetching {
  if (overall === undefined) return { phase, what }
  const { wheel, wheels, bytes, total } = overall
  return { phase, what: `CUDA, ${wheel} of ${wheels}: ${what}`, bytes, total }
}

/**
 * Checks an installation without opening its libraries: returns the error that `openCudaLibraries` would throw. arcc's own plugin
 * is read completely and compared with its SHA-256, which takes a second.
 */
export async function inspectInstallation(installation: CudaInstallation): Promise<ArccError | undefined> {
  const { plugin, libraries, source } = installation
  try {
    checkPlugin(installation)
    for (const { path } of libraries) if (path !== undefined) checkLibrary(path)
  } catch (error) {
    if (error instanceof ArccError) return error
    throw error
  }
  if (source !== 'arcc') return undefined
  const home = homeOf(plugin)
  const damage = await findDamage(
    home,
    ownFiles(plugin).filter(({ path }) => join(home, path) === plugin),
  )
  return damage && wheelErrors('ARC6034', { ...damage, install: 'cuda' })
}

/** Names of libraries that are missing in an installation but that the system's loader finds. */
export function findOutside({ libraries, cudaMajor }: CudaInstallation): readonly string[] {
  const table = librariesOf(cudaMajor)
  return libraries.flatMap(({ name, path }) => {
    const entry = table.find((one) => one.name === name)
    if (path !== undefined || entry === undefined) return []
    try {
      openLibrary(entry.file)
      return [name]
    } catch {
      return []
    }
  })
}

/** Libraries that this process has opened; they stay open. */
const opened = new Set<string>()

/**
 * Opens the libraries that the plugin will look up by name, for programs on this number of GPUs, of all processes: an open library
 * is found by its name wherever it is. One missing in the installation is left to the system's loader. Throws ARC6033 if that
 * does not find it either, or if `ptxas` or libdevice is missing; ARC6034 for an incomplete library, which would crash the
 * process; ARC6035 for one that cannot be loaded.
 */
export function openCudaLibraries(installation: CudaInstallation, gpus: number): void {
  const { dataFolder, ptxas, libdevice, cudaMajor, libraries } = installation
  checkPlugin(installation)
  if (!ptxas) throw cudaError('ARC6033', { what: 'assembler ptxas', file: join(dataFolder, 'bin/ptxas') })
  if (!libdevice) throw cudaError('ARC6033', { what: 'libdevice', file: join(dataFolder, 'nvvm/libdevice') })
  for (const { name, file, wantedBy } of librariesOf(cudaMajor)) {
    const path = libraries.find((library) => library.name === name)?.path
    const wanted = wantedBy === 'all' || (wantedBy === 'several' && gpus > 1)
    if ((path === undefined && !wanted) || opened.has(path ?? file)) continue
    openOne(name, path, file)
    opened.add(path ?? file)
  }
}

function openOne(name: string, path: string | undefined, file: string): void {
  if (path !== undefined) checkLibrary(path)
  try {
    openLibrary(path ?? file)
  } catch (error) {
    if (path === undefined) throw cudaError('ARC6033', { what: `library ${name}`, file }, error)
    const said = error instanceof Error ? error.message : String(error)
    throw cudaError('ARC6035', { what: `library ${name}`, path, reason: said.split('\n')[0] ?? '' }, error)
  }
}

/** `jax_plugins/xla_cuda12/xla_cuda_plugin.so` below the folder of an installation. */
const homeOf = (plugin: string) => dirname(dirname(dirname(plugin)))

/** The files of arcc's own installation. */
const ownFiles = (plugin: string) => readManifest(homeOf(plugin))?.wheels.flatMap((wheel) => wheel.files) ?? []

/**
 * Checks that the plugin exists and is not truncated; in arcc's own installation, which records the size of every file, all files
 * are checked.
 */
function checkPlugin({ source, plugin }: CudaInstallation): void {
  if (!existsSync(plugin)) throw cudaError('ARC6033', { what: 'XLA plugin', file: plugin })
  checkLibrary(plugin)
  if (source !== 'arcc') return
  const damage = findCut(homeOf(plugin), ownFiles(plugin))
  if (damage !== undefined) throw wheelErrors('ARC6034', { ...damage, install: 'cuda' })
}

function checkLibrary(path: string): void {
  const reason = describeCut(path)
  if (reason !== undefined) throw wheelErrors('ARC6034', { path, reason, install: 'cuda' })
}
