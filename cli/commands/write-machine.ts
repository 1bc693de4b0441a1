/** `arcc doctor --write-machine`: measures this computer and writes the figures that plans for the machine `cpu` use. */
import type { GpuProfile, MachineProfile } from '../../compiler/host/machine-profile.ts'
import { machineFile, writeMachineProfile } from '../host/machine-file.ts'
import { usageErrors } from '../host/messages.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { formatQuantity, formatRate, formatSeconds } from '../render/format.ts'
import { liveLine } from '../render/live-line.ts'
import type { Look } from '../render/look.ts'
import { processOutput } from '../render/output.ts'
import { renderTable } from '../render/table.ts'
import type { DoctorOptions } from './options.ts'

/** The highest rate of each kind. */
export function renderProfile(profile: MachineProfile, look: Look): string[] {
  const best = (rates: readonly { readonly rate: number }[]) => Math.max(...rates.map(({ rate }) => rate))
  const convolutions = (kind: MachineProfile['convolutions'][number]['kind']) =>
    profile.convolutions.filter((one) => one.kind === kind)
  const { seconds, links, images } = profile
  const rows = [
    ['matrix products', `${formatQuantity(best(profile.products), 'FLOP')}/s`],
    ['convolutions', `${formatQuantity(best(convolutions('conv2d')), 'FLOP')}/s`],
    ['filter gradients', `${formatQuantity(best(convolutions('conv2d_filter_grad')), 'FLOP')}/s`],
    ['memory', `${formatQuantity(best(profile.streams), 'B')}/s`],
    ['between devices', `${formatQuantity(links.bandwidth, 'B')}/s, ${formatSeconds(links.latency)} to synchronize`],
    ['launch of an op', formatSeconds(seconds.kernel)],
    ['JPEG decoded', formatRate(images.decoded, 'images')],
    ['faces generated', formatRate(images.drawn, 'images')],
  ]
  const cards = (profile.gpus ?? []).flatMap((gpu) => renderGpu(gpu, look))
  return [
    look.palette.strong(`${profile.computer}, ${profile.cores} cores, ${profile.engine}`),
    ...renderTable([{}, {}], rows, { indent: 2, gap: 3 }),
    ...cards,
  ]
}

function renderGpu({ name, engine, products, convolutions, streams, seconds }: GpuProfile, look: Look): string[] {
  const best = (rates: readonly { readonly rate: number }[]) => Math.max(...rates.map(({ rate }) => rate))
  const of = (what: string, rates: GpuProfile['products'] | GpuProfile['convolutions']) =>
    [...new Set(rates.map(({ dtype }) => dtype))].map((dtype) => {
      const own = rates.filter((one) => one.dtype === dtype)
      return [`${what}, ${dtype}`, `${formatQuantity(best(own), 'FLOP')}/s`]
    })
  const rows = [
    ...of('matrix products', products),
    ...of('convolutions', convolutions),
    ['memory', `${formatQuantity(best(streams), 'B')}/s`],
    ['launch of a kernel', formatSeconds(seconds.kernel)],
  ]
  return [look.palette.strong(`${name}, ${engine}`), ...renderTable([{}, {}], rows, { indent: 2, gap: 3 })]
}

/** Measures the GPUs of this computer, if arcc can run on them. */
async function measureCards(report: (what: string) => void): Promise<readonly GpuProfile[]> {
  const { findCudaDriver } = await import('../../runtime/cuda/driver.ts')
  const driver = findCudaDriver()
  if (!driver.found) return []
  const { measureGpus } = await import('../../runtime/measure/measure-gpu.ts')
  const { startGpuEngine } = await import('../../runtime/measure/gpu-engine.ts')
  return measureGpus(driver.gpus, (gpu) => startGpuEngine(gpu, report), report)
}

/** Throws ARC6613 if no file is named and there is no home folder, and the engine's errors. */
export async function writeMachine(options: DoctorOptions): Promise<ExitCode> {
  const { hugePageEnvironment } = await import('../../runtime/xla/huge-pages.ts')
  const { threadPoolEnvironment } = await import('../../runtime/data/loader/thread-pool.ts')
  const { restartWith } = await import('../../runtime/restart.ts')
  // This must come first: the process may restart.
  restartWith(threadPoolEnvironment, hugePageEnvironment)
  const output = processOutput(options.color)
  const path = options.writeMachine === true ? machineFile(process.env) : options.writeMachine
  if (path === undefined) throw usageErrors('ARC6613', { unset: ['HOME', 'XDG_CONFIG_HOME'] })
  const began = performance.now()
  const look = output.errorLook
  const line = liveLine(process.stderr, look)
  const { measureMachine } = await import('../../runtime/measure/measure-machine.ts')
  const report = (what: string) => line?.show(look.palette.quiet(`measuring ${what}`))
  const measure = async (): Promise<MachineProfile> => {
    const computer = await measureMachine(report)
    const gpus = await measureCards(report)
    return gpus.length === 0 ? computer : { ...computer, gpus: [...gpus] }
  }
  const profile = await measure().finally(line?.end)
  const { yamlText } = await import('../render/yaml-text.ts')
  writeMachineProfile(path, `${yamlText(profile)}\n`)
  const seconds = formatSeconds((performance.now() - began) / 1000)
  const used = path === machineFile(process.env)
  const lines = [
    ...renderProfile(profile, output.look),
    `Measured in ${seconds} and written to ${path}.`,
    used
      ? 'Plans for the machines `cpu` and `local` now use these figures.'
      : `Set ARCC_MACHINE=${path} to use these figures in plans.`,
  ]
  output.result(options.format === 'json' ? [JSON.stringify({ path, profile }, undefined, 2)] : lines)
  return exitCode.ok
}
