/**
 * `npm run bench:time`: step times on this computer, predicted and measured. The prediction uses the machine profile, which is
 * measured first if it does not exist (`arcc doctor --write-machine`) or with `--measure`; `--quick` measures as little as a first
 * plan does. Exit code 1 with `--check` if one of
 * them differs by more than 15 %. The computer should be idle: anything else that runs slows the measured steps.
 *
 * Processes differ from each other by a tenth and more, depending on their memory layout, but each is consistent. Each experiment
 * is therefore measured in several processes, alternating with the others, and the median counts.
 */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fileHost } from '../cli/host/host.ts'
import { formatDeviation, formatSeconds } from '../cli/render/format.ts'
import { renderTable } from '../cli/render/table.ts'
import type { Host } from '../compiler/host/host.ts'
import type { MachineProfile } from '../compiler/host/machine-profile.ts'
import type { Plan } from '../compiler/plan/plan.ts'
import { need } from '../grammar/diagnostic.ts'
import type { SourceFile } from '../grammar/source.ts'
import { measureMachine } from '../runtime/measure/measure-machine.ts'
import { middle } from '../runtime/measure/time-graphs.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { restartWith } from '../runtime/restart.ts'
import { compileStep, initialState } from '../runtime/train/programs.ts'
import { trainSteps } from '../runtime/train/train-steps.ts'
import { oneProcess } from '../runtime/world.ts'
import { createXlaEngine } from '../runtime/xla/engine.ts'
import { hugePageEnvironment } from '../runtime/xla/huge-pages.ts'
import { planOf } from '../test/helpers/plan.ts'
import { cpuBatches, cpuExperiment, cpuNetworks } from './cpu-networks.ts'
import { noiseBatch } from './noise-batch.ts'

const tolerance = 0.15
/** Processes per experiment. */
const rounds = 5
/** Measured steps per process: at least this many, and as many as fit in these seconds. */
const fewest = 8
const longEnough = 3

function entries(host: Host): readonly SourceFile[] {
  const files = ['experiments/quickstart.arc', 'experiments/orl_mbf.arc']
  const networks = cpuNetworks.map((network) => cpuExperiment(network, cpuBatches[0]))
  return [...files.map((file) => need(host.readSource(file), file)), ...networks]
}

/** The median time of several steps, after two warm-up steps. */
async function measureStep(plan: Plan): Promise<number> {
  const engine = await createXlaEngine({ world: oneProcess(plan.replicas) })
  try {
    const init = await engine.compile(plan.graphs.init)
    const step = await compileStep(engine, plan)
    const state = await initialState(engine, plan, init)
    const times: number[] = []
    const began = performance.now()
    const batch = noiseBatch(plan)
    async function* batches() {
      for (let i = 0; i < fewest + 2 || performance.now() - began < longEnough * 1000; i++) yield { ...batch, step: i }
    }
    const { image } = plan.run
    for await (const { steps, seconds } of trainSteps({ engine, executable: step, state, batches: batches(), image }))
      if (steps > 2) times.push(seconds)
    state.dispose()
    return middle(times)
  } finally {
    engine.dispose()
  }
}

const oneStep = '--one='

/** Seconds per step of an experiment, measured in a separate process. */
function measureApart(index: number): number {
  const child = [...process.execArgv, fileURLToPath(import.meta.url), `${oneStep}${index}`]
  const { status, stdout, stderr } = spawnSync(process.execPath, child, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`experiment ${index} ended with ${status}: ${stderr}`)
  return Number(stdout)
}

/** The child process: prints the seconds. */
async function measureOne(index: number): Promise<void> {
  restartWith(hugePageEnvironment)
  const host: Host = { ...fileHost(packageFolder), countDataset: () => undefined }
  const entry = need(entries(host)[index], `experiment ${index}`)
  process.stdout.write(String(await measureStep(planOf(entry.text, { path: entry.path, host }))))
}

async function main(): Promise<void> {
  const one = process.argv.slice(2).find((arg) => arg.startsWith(oneStep))
  if (one !== undefined) return measureOne(Number(one.slice(oneStep.length)))
  restartWith(hugePageEnvironment)
  const args = new Set(process.argv.slice(2))
  const files = fileHost(packageFolder)
  const known = args.has('--measure') || args.has('--quick') ? undefined : files.machineProfile()
  const report = (what: string) => void process.stderr.write(`measuring ${what}\n`)
  const profile: MachineProfile = known ?? (await measureMachine(report, args.has('--quick') ? 'quick' : 'whole'))
  const host: Host = { ...files, countDataset: () => undefined, cpuProfile: () => profile }
  const plans = entries(host).map((entry) => planOf(entry.text, { path: entry.path, host }))
  const times = Array.from({ length: rounds }, () => plans.map((_, index) => measureApart(index)))
  let within = true
  const rows: string[][] = []
  for (const [index, plan] of plans.entries()) {
    const predicted = plan.document.time.secondsPerStep
    const own = times.map((round) => need(round[index], 'a time'))
    const measured = middle(own)
    const off = predicted / measured - 1
    within &&= Math.abs(off) <= tolerance
    const percent = need(formatDeviation(measured, predicted, 1), 'two times')
    const parts = plan.document.time.parts.map((part) => `${part.name} ${formatSeconds(part.seconds)}`).join(', ')
    const spread = `${formatSeconds(Math.min(...own))} to ${formatSeconds(Math.max(...own))}`
    rows.push([plan.name, formatSeconds(predicted), formatSeconds(measured), spread, percent, parts])
  }
  const right = { align: 'right' } as const
  const columns = [
    { title: 'experiment' },
    { title: 'predicted', ...right },
    { title: 'measured', ...right },
    { title: `in ${rounds} processes` },
    { title: 'off', ...right },
    { title: 'predicted parts' },
  ]
  process.stdout.write(`${renderTable(columns, rows).join('\n')}\n`)
  process.exitCode = args.has('--check') && !within ? 1 : 0
}

await main()
