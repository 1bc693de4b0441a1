/**
 * `npm run bench:tfjs`: one training step with TensorFlow.js in JavaScript, with TensorFlow's kernels (`arcc install tfjs`, which it
 * does not install) and with XLA, on one device of this computer's CPU. `--network r18` measures another network, `--rounds N`
 * repeats it; each measurement is a process of its own, and the engines take turns. `--json` prints the figures.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fileHost } from '../cli/host/host.ts'
import { formatBytes, formatSeconds } from '../cli/render/format.ts'
import { renderTable } from '../cli/render/table.ts'
import type { Plan } from '../compiler/plan/plan.ts'
import { need } from '../grammar/diagnostic.ts'
import { middle } from '../runtime/measure/time-graphs.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { findNative } from '../runtime/tfjs/native/find-native.ts'
import { planOf } from '../test/helpers/plan.ts'
import { type EngineStep, type MeasuredEngine, measureEngineStep } from './tfjs-step.ts'

/** Whether JavaScript computes a step in less than minutes. */
interface Network {
  readonly backbone: string
  readonly batch: number
  readonly inJavaScript: boolean
}

const networks: Readonly<Record<string, Network>> = {
  quickstart: { backbone: 'small', batch: 16, inJavaScript: true },
  r18: { backbone: 'r18', batch: 16, inJavaScript: false },
}

const engines: readonly MeasuredEngine[] = ['cpu', 'native', 'xla']
const titles: Readonly<Partial<Record<MeasuredEngine, string>>> = {
  cpu: 'JavaScript',
  native: 'TensorFlow',
  xla: 'XLA',
}

function planFor(name: string): Plan {
  const host = { ...fileHost(packageFolder), countDataset: () => undefined }
  const { backbone, batch } = need(networks[name], `a network called ${name}`)
  const quickstart = need(host.readSource('experiments/quickstart.arc'), 'the quickstart')
  const imports = backbone === 'small' ? '' : `use std.backbones: ${backbone}\n`
  const settings = [`backbone=${backbone}`, 'machine=cpu(devices: 1)', `train.batch=${batch} global`]
  return planOf(`${imports}${quickstart.text}`, { path: quickstart.path, host, settings })
}

/** Long steps differ less from each other: JavaScript computes one in seconds, TensorFlow those of a large network. */
const steps: Readonly<Partial<Record<MeasuredEngine, Parameters<typeof measureEngineStep>[2]>>> = {
  cpu: { warmup: 1, fewest: 2, seconds: 0 },
  native: { warmup: 1, fewest: 3, seconds: 3 },
}

async function measureOne(name: string, engine: MeasuredEngine): Promise<void> {
  process.stdout.write(JSON.stringify(await measureEngineStep(planFor(name), engine, steps[engine])))
}

function measureApart(name: string, engine: MeasuredEngine): EngineStep {
  const child = [...process.execArgv, fileURLToPath(import.meta.url), '--one', engine, '--network', name]
  const { status, stdout, stderr } = spawnSync(process.execPath, child, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name} with ${engine} ended with ${status}: ${stderr}`)
  return JSON.parse(stdout)
}

const { values } = parseArgs({
  options: {
    network: { type: 'string', default: 'quickstart' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    one: { type: 'string' },
  },
})

async function main(): Promise<void> {
  const one = engines.find((engine) => engine === values.one)
  if (one !== undefined) return measureOne(values.network, one)
  const isThere = findNative('tfjs') !== undefined
  if (!isThere) process.stderr.write('TensorFlow is left out: "arcc install tfjs" installs it\n')
  const name = values.network
  const { inJavaScript, batch } = need(networks[name], `a network called ${name}`)
  const measured = engines.filter((engine) => (engine !== 'cpu' || inJavaScript) && (engine !== 'native' || isThere))
  const rounds = Array.from({ length: Number(values.rounds) }, () =>
    measured.map((engine) => measureApart(name, engine)),
  )
  const rows = measured.map((engine, i) => {
    const steps = rounds.map((round) => need(round[i], 'a step'))
    const of = (figure: 'seconds' | 'cpuSeconds' | 'peak') => middle(steps.map((step) => step[figure]))
    const { description } = need(steps[0], 'a step')
    return {
      name,
      engine,
      batch,
      description,
      seconds: of('seconds'),
      cpuSeconds: of('cpuSeconds'),
      peak: of('peak'),
    }
  })
  if (values.json) {
    process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
    return
  }
  const right = { align: 'right' } as const
  const columns = [
    { title: 'network' },
    { title: 'engine' },
    { title: 'step', ...right },
    { title: 'CPU time', ...right },
    { title: 'against XLA', ...right },
    { title: 'peak memory', ...right },
  ]
  const cells = rows.map(({ engine, seconds, cpuSeconds, peak }) => {
    const xla = need(
      rows.find((row) => row.engine === 'xla'),
      'XLA',
    ).seconds
    const times = `${(seconds / xla).toFixed(1)} ×`
    return [
      `${name}, batch ${batch}`,
      titles[engine] ?? engine,
      formatSeconds(seconds),
      formatSeconds(cpuSeconds),
      times,
      formatBytes(peak),
    ]
  })
  process.stdout.write(`${renderTable(columns, cells).join('\n')}\n`)
}

await main()
