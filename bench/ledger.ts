/**
 * `npm run bench:ledger -- [EXPERIMENT…]`: for every experiment that fits on its machine, including all variants of a sweep, compares
 * the ledger's memory with XLA's own figure, both without the reserve: for the declared GPU, which need not be there, or for this
 * computer's CPU, with arcc's own kernels and without; there also for networks of arcface_torch at two batches. Exit code 1 if one of
 * them differs by more than 5 % on a GPU or 10 % on the CPU, or if XLA rejects it.
 *
 *     --machine CALL    all of them on this machine: 'dgx_h100(nodes: 1)'
 *     --in FOLDER       those of a folder in experiments/: arcface_torch
 *     --on cpu|cuda     only those for this kind of device
 *     --names           only lists their names
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { experimentNames } from '../cli/host/entry.ts'
import { fileHost } from '../cli/host/host.ts'
import { formatBytes, formatDeviation } from '../cli/render/format.ts'
import { renderTable } from '../cli/render/table.ts'
import { compileExperiment, compileVariants } from '../compiler/driver.ts'
import type { Host } from '../compiler/host/host.ts'
import type { CpuKernels } from '../compiler/ir/cpu-kernels.ts'
import type { Plan } from '../compiler/plan/plan.ts'
import { need } from '../grammar/diagnostic.ts'
import { ArccError } from '../runtime/errors.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { exactMemory } from '../runtime/xla/exact/exact-memory.ts'
import { cpuMemory, networkPlans } from './ledger-cpu.ts'
import { onMachine } from './on-machine.ts'

const tolerance = { cuda: 0.05, cpu: 0.1 } as const
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    machine: { type: 'string' },
    in: { type: 'string', default: '' },
    on: { type: 'string' },
    names: { type: 'boolean', default: false },
  },
})
const wanted = new Set(positionals)
const files = { ...fileHost(packageFolder), countDataset: () => undefined }

function plansOfExperiments(host: Host): Plan[] {
  const folder = join('experiments', options.in)
  const files = readdirSync(join(packageFolder, folder), { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.arc'))
    .sort()
    .flatMap((file) => {
      const source = need(host.readSource(join(folder, file)), file)
      const { program } = compileExperiment({ entry: source, until: 'parse' }, host)
      const set = options.machine === undefined ? { entry: source } : onMachine(source, options.machine)
      return experimentNames(need(program, file))
        .filter((name) => wanted.size === 0 || wanted.has(name))
        .flatMap((experiment) =>
          Array.from(compileVariants({ ...set, experiment }, host), ({ plan }) => need(plan, experiment)),
        )
    })
}

const kindOf = ({ run }: Plan) => run.machine.device.kind

/** Everything that was asked for, for a CPU with these kernels. */
function allPlans(kernels: CpuKernels): Plan[] {
  const host: Host = { ...files, cpuKernels: () => kernels }
  const networks = options.machine === undefined && options.in === '' ? networkPlans(host) : []
  return [...plansOfExperiments(host), ...networks.filter(({ name }) => wanted.size === 0 || wanted.has(name))].filter(
    (plan) => plan.document.memory.fits && (options.on === undefined || options.on === kindOf(plan)),
  )
}

/** What XLA says of a plan. */
async function figuresOf(plan: Plan): Promise<{ readonly engine: string; readonly peak: number }> {
  const { kernels } = plan.document.machine
  if (kernels !== undefined) return cpuMemory(plan, kernels.kind === 'native')
  const { gpu, peak } = await exactMemory(plan)
  return { engine: gpu, peak }
}

interface Row {
  readonly cells: readonly string[]
  readonly within: boolean
}

async function rowOf(plan: Plan): Promise<Row> {
  const { memory } = plan.document
  const ledger = memory.peak - Math.round(plan.run.machine.device.reserve)
  try {
    const exact = await figuresOf(plan)
    const within = Math.abs(ledger / exact.peak - 1) <= tolerance[kindOf(plan)]
    const percent = need(formatDeviation(exact.peak, ledger, 1), 'two figures')
    process.stderr.write(`${plan.name}: ${percent}\n`)
    return {
      cells: [plan.name, exact.engine, formatBytes(ledger), formatBytes(exact.peak), percent, within ? 'ok' : 'OFF'],
      within,
    }
  } catch (error) {
    if (!(error instanceof ArccError)) throw error
    process.stderr.write(`${plan.name}: ${error.code} ${error.message}\n`)
    const device = plan.run.machine.device.name
    return { cells: [plan.name, device, formatBytes(ledger), error.code, '', 'REFUSED'], within: false }
  }
}

function printTable(rows: readonly Row[]): void {
  const right = { align: 'right' } as const
  const table = renderTable(
    [
      { title: 'experiment' },
      { title: 'XLA for' },
      { title: 'ledger', ...right },
      { title: 'XLA', ...right },
      { title: 'off', ...right },
      {},
    ],
    rows.map((row) => row.cells),
  )
  process.stdout.write(`${table.join('\n')}\n`)
}

const withKernels = allPlans('native')
// Those for GPUs are the same.
const plans = [...withKernels, ...allPlans('xla').filter((plan) => kindOf(plan) === 'cpu')]
if (options.names) process.stdout.write(`${[...new Set(plans.map(({ name }) => name))].join('\n')}\n`)
else {
  const rows: Row[] = []
  for (const plan of plans) rows.push(await rowOf(plan))
  printTable(rows)
  process.exitCode = rows.every((row) => row.within) ? 0 : 1
}
