/**
 * `npm run bench:ledger -- [EXPERIMENT…]`: every experiment that is declared for a GPU and fits on it, all variants of a sweep, its
 * memory by the ledger beside XLA's own figure for that GPU, reserve left out of both. Exit code 1 where one of them is off by more than
 * 5 %.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { experimentNames } from '../cli/entry.ts'
import { formatBytes, formatDeviation } from '../cli/format.ts'
import { fileHost } from '../cli/host.ts'
import { packageFolder } from '../cli/package-folder.ts'
import { renderTable } from '../cli/table.ts'
import { compileExperiment, compileVariants } from '../compiler/driver.ts'
import type { Plan } from '../compiler/plan/plan.ts'
import { need } from '../grammar/diagnostic.ts'
import { exactMemory } from '../runtime/xla/exact/exact-memory.ts'

const tolerance = 0.05
const wanted = new Set(process.argv.slice(2))
const host = { ...fileHost(packageFolder), countDataset: () => undefined }

function gpuPlans(): Plan[] {
  const files = readdirSync(join(packageFolder, 'experiments'), { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.arc'))
    .sort()
    .flatMap((file) => {
      const entry = need(host.readSource(join('experiments', file)), file)
      const { program } = compileExperiment({ entry, until: 'parse' }, host)
      return experimentNames(need(program, file))
        .filter((name) => wanted.size === 0 || wanted.has(name))
        .flatMap((experiment) =>
          Array.from(compileVariants({ entry, experiment }, host), ({ plan }) => need(plan, experiment)),
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
  const exact = await exactMemory(plan)
  const off = ledger / exact.peak - 1
  const within = Math.abs(off) <= tolerance
  const percent = need(formatDeviation(exact.peak, ledger, 1), 'two figures')
  process.stderr.write(`${plan.name}: ${percent}\n`)
  return {
    cells: [plan.name, exact.gpu, formatBytes(ledger), formatBytes(exact.peak), percent, within ? 'ok' : 'OFF'],
    within,
  }
}

const rows: Row[] = []
for (const plan of gpuPlans()) rows.push(await rowOf(plan))
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
process.exitCode = rows.every((row) => row.within) ? 0 : 1
