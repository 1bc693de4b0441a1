/** `arcc install`: downloads, lists and removes the libraries of an engine. */
import type { CudaDriver } from '../../runtime/cuda/driver.ts'
import { leastDriver } from '../../runtime/cuda/required-driver.ts'
import type { FetchEvent } from '../../runtime/plugins/fetch-wheel.ts'
import type { NativeInstallEvent } from '../../runtime/tfjs/native/install-native.ts'
import type { NativeVariant } from '../../runtime/tfjs/native/packages.ts'
import type { InstallName } from '../../runtime/wheels/install-name.ts'
import type { Installed } from '../../runtime/wheels/installed.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { factLines } from '../render/fit.ts'
import { formatBytes, formatSeconds } from '../render/format.ts'
import { fetchedFact, progressLine } from '../render/live-line.ts'
import type { Look } from '../render/look.ts'
import { type Output, processOutput } from '../render/output.ts'
import { renderTable } from '../render/table.ts'
import type { InstallOptions } from './options.ts'

/** One line per event (several on a narrow terminal): the progress of this wheel and of all wheels. */
export function installLine(event: NativeInstallEvent, look: Look): string {
  if (event.phase === 'compile') return factLines([`compile ${event.what}`], look, { indent: 2 }).join('\n')
  const { phase, what, bytes = 0, total = 0, overall } = event
  const all =
    overall === undefined
      ? []
      : [
          `${overall.wheel} of ${overall.wheels}, ${formatBytes(overall.bytes)} of ${formatBytes(overall.total)} in total`,
        ]
  const lines = (...facts: readonly string[]) => factLines([...facts, ...all], look, { indent: 2 }).join('\n')
  if (phase !== 'download' || total === 0) return lines(`${phase} ${what}`)
  if (bytes === 0) return lines(`download ${what}, ${formatBytes(total)}`)
  return lines(`download ${what}`, fetchedFact(bytes, total, look))
}

/** On output that cannot be overwritten, each phase of each wheel gets one line. */
const stageOf = ({ phase, what }: NativeInstallEvent) => `${phase} ${what}`

/** Describes the driver to a user who is about to install CUDA. */
export function describeDriver(driver: CudaDriver): string {
  if (!driver.found) {
    const hint = `using GPUs requires driver version ${leastDriver} or newer`
    return `no usable NVIDIA driver was found (${driver.detail}); the libraries are installed anyway, but ${hint}`
  }
  const gpus = driver.gpus.map((gpu) => gpu.name).join(', ')
  return `NVIDIA driver ${driver.version ?? 'of unknown version'}, CUDA ${driver.cuda.join('.')}: ${gpus}`
}

function noteDriver(driver: CudaDriver, output: Output): void {
  const { palette } = output.errorLook
  output.note([driver.found ? describeDriver(driver) : `${palette.warning('warning')}: ${describeDriver(driver)}`])
}

/** A table of the installed libraries, or a line that reports that there are none. */
export function renderInstalled(found: readonly Installed[], look: Look): string[] {
  if (found.length === 0) return ['Nothing is installed. "arcc install cuda" installs the libraries for GPUs.']
  const rows = found.map(({ group, what, state, path, bytes }) => [
    group,
    state === 'part' ? `${what} (incomplete)` : what,
    formatBytes(bytes),
    path,
  ])
  const columns = [{ title: 'name' }, { title: 'what' }, { title: 'size', align: 'right' }, { title: 'where' }] as const
  return renderTable(columns, rows, { gap: 3, paintTitle: look.palette.quiet })
}

async function installCuda(output: Output): Promise<void> {
  const { findCudaDriver } = await import('../../runtime/cuda/driver.ts')
  const { cudaHome, installCuda: start } = await import('../../runtime/cuda/install.ts')
  const { cudaWheels } = await import('../../runtime/cuda/wheels.ts')
  const wheels = cudaWheels()
  const driver = findCudaDriver()
  noteDriver(driver, output)
  const began = performance.now()
  const progress = progressLine(process.stderr, output.errorLook, { line: installLine, stage: stageOf })
  const { home, fetched } = await start({ wheels, driver, onProgress: progress.show }).finally(progress.end)
  const seconds = formatSeconds((performance.now() - began) / 1000)
  const unpacked = wheels.wheels.reduce((sum, wheel) => sum + wheel.unpacked, 0)
  output.result([
    fetched === 0
      ? `CUDA is installed in ${cudaHome(wheels)}; all files were verified (${seconds}).`
      : `CUDA is installed in ${home}: ${formatBytes(fetched)} downloaded, ${formatBytes(unpacked)} unpacked, in ${seconds}.`,
  ])
}

/** Downloads the plugin for the CPU unless it is there; returns a sentence on where it is. Throws ARC6001 to ARC6008. */
export async function installCpu(output: Output): Promise<string> {
  const { fetchAnyPlugin, pinnedPlugins } = await import('../../runtime/plugins/fetch-plugin.ts')
  const plugins = pinnedPlugins()
  const progress = progressLine(process.stderr, output.errorLook, { line: installLine, stage: stageOf })
  const show = (event: FetchEvent) => progress.show({ ...event, what: 'XLA for the CPU' })
  const warnings: string[] = []
  const library = await fetchAnyPlugin(plugins, show, (message) => warnings.push(message)).finally(progress.end)
  const { palette } = output.errorLook
  output.note(warnings.map((message) => `${palette.warning('warning')}: ${message}`))
  return `XLA for the CPU is installed: ${library}`
}

/** Downloads oneDNN and builds arcc's own kernels with it. Where that fails, runs do without them and say why. */
export async function fetchKernels(output: Output): Promise<void> {
  const { locateKernels } = await import('../../runtime/xla/native/locate-kernels.ts')
  const progress = progressLine(process.stderr, output.errorLook, { line: installLine, stage: stageOf })
  const show = (event: FetchEvent) =>
    // What is downloaded is compiled next, which takes seconds.
    progress.show(
      event.phase === 'ready' ? { phase: 'compile', what: "arcc's own kernels" } : { what: 'oneDNN', ...event },
    )
  await locateKernels(show).finally(progress.end)
}

async function installTfjs(variant: NativeVariant, output: Output): Promise<void> {
  const { installNative } = await import('../../runtime/tfjs/native/install-native.ts')
  const { nativePackages } = await import('../../runtime/tfjs/native/packages.ts')
  const { title, version, wheels } = nativePackages(variant)
  if (variant === 'tfjs-gpu') noteDriver((await import('../../runtime/cuda/driver.ts')).findCudaDriver(), output)
  const began = performance.now()
  const progress = progressLine(process.stderr, output.errorLook, { line: installLine, stage: stageOf })
  const { home, fetched } = await installNative(variant, { onProgress: progress.show }).finally(progress.end)
  const seconds = formatSeconds((performance.now() - began) / 1000)
  const unpacked = wheels.reduce((sum, wheel) => sum + wheel.unpacked, 0)
  output.result([
    fetched === 0
      ? `${title} ${version} for TensorFlow.js is installed in ${home}; all files were verified (${seconds}).`
      : `${title} ${version} for TensorFlow.js is installed in ${home}: ${formatBytes(fetched)} downloaded, ${formatBytes(unpacked)} unpacked, in ${seconds}.`,
    'The engine tfjs uses it from now on.',
  ])
}

/** What `install` does for each name. */
const installers: { readonly [N in InstallName]: (output: Output) => Promise<void> } = {
  cpu: async (output) => output.result([await installCpu(output)]),
  cuda: installCuda,
  tfjs: (output) => installTfjs('tfjs', output),
  'tfjs-gpu': (output) => installTfjs('tfjs-gpu', output),
}

/** Throws ARC600x, ARC603x and ARC693x if an installation fails. */
export async function install({ what, action, color, format }: InstallOptions): Promise<ExitCode> {
  const output = processOutput(color)
  if (action === 'install' && what !== undefined) {
    await installers[what](output)
    return exitCode.ok
  }
  const { listInstalled, removeInstalled } = await import('../../runtime/wheels/installed.ts')
  if (action === 'list' || what === undefined) {
    const found = await listInstalled()
    output.result(format === 'json' ? [JSON.stringify(found, undefined, 2)] : renderInstalled(found, output.look))
    return exitCode.ok
  }
  const removed = await removeInstalled(what)
  const bytes = removed.reduce((sum, one) => sum + one.bytes, 0)
  const lines = removed.map((one) => `removed ${one.what}: ${one.path}`)
  output.result(
    removed.length === 0
      ? [`Nothing to remove: ${what} is not installed.`]
      : [...lines, `${formatBytes(bytes)} freed.`],
  )
  return exitCode.ok
}
