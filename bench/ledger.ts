/**
 * `npm run bench:ledger -- [EXPERIMENT…]`: for every experiment that is declared for a GPU and fits on it, including all variants
 * of a sweep, compares the ledger's memory with XLA's own figure for that GPU, both without the reserve. Exit code 1 if one of
 * them differs by more than 5 %, or if XLA rejects it.
 *
 *     --machine CALL    all of them on this machine: 'dgx_h100(nodes: 1)'
 *     --in FOLDER       those of a folder in experiments/: arcface_torch
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
import type { Plan } from '../compiler/plan/plan.ts'
import { need } from '../grammar/diagnostic.ts'
import { ArccError } from '../runtime/errors.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { exactMemory } from '../runtime/xla/exact/exact-memory.ts'
import { onMachine } from './on-machine.ts'

const tolerance = 0.05
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    machine: { type: 'string' },
    in: { type: 'string', default: '' },
    names: { type: 'boolean', default: false },
  },
})
const wanted = new Set(positionals)
const host = { ...fileHost(packageFolder), countDataset: () => undefined }

function gpuPlans(): Plan[] {
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
    .filter(({ run, document }) => run.machine.device.kind === 'cuda' && document.memory.fits)
}

interface Row {
  readonly cells: readonly string[]
  readonly within: boolean
}

async function rowOf(plan: Plan): Promise<Row> {
  const { memory } = plan.document
  const ledger = memory.peak - Math.round(plan.run.machine.device.reserve)
  try {
    const exact = await exactMemory(plan)
    const within = Math.abs(ledger / exact.peak - 1) <= tolerance
    const percent = need(formatDeviation(exact.peak, ledger, 1), 'two figures')
    process.stderr.write(`${plan.name}: ${percent}\n`)
    return {
      cells: [plan.name, exact.gpu, formatBytes(ledger), formatBytes(exact.peak), percent, within ? 'ok' : 'OFF'],
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
      { title: 'GPU' },
      { title: 'ledger', ...right },
      { title: 'XLA', ...right },
      { title: 'off', ...right },
      {},
    ],
    rows.map((row) => row.cells),
  )
  process.stdout.write(`${table.join('\n')}\n`)
}

const plans = gpuPlans()
if (options.names) process.stdout.write(`${[...new Set(plans.map(({ name }) => name))].join('\n')}\n`)
else {
  const rows: Row[] = []
  for (const plan of plans) rows.push(await rowOf(plan))
  printTable(rows)
  process.exitCode = rows.every((row) => row.within) ? 0 : 1
}
