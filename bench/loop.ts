/**
 * `npm run bench:loop`: the host's work during a training step, measured with an IResNet-100 four channels wide on 1 and 8
 * devices of the CPU plugin: the network computes very little, but has all the tensors of an IResNet-100. Each number of devices
 * runs in a separate process. Exit code 1 with `--check` if a bound is exceeded.
 *
 * "JavaScript" is the time in which the event loop was busy during a step, as counted by Node; a step lasts from one end to the
 * next. XLA's threads use the same cores, and while they do, a busy event loop waits: "with a core" is the main thread's CPU time
 * alone, which is the time on a host with idle cores. The call of the plugin's Execute is on its own thread, and waits there for
 * a place in the CPU's queue while the previous step runs. The computer should be idle.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { renderTable } from '../cli/render/table.ts'
import { bug } from '../grammar/diagnostic.ts'
import { restartWith } from '../runtime/restart.ts'
import { hugePageEnvironment } from '../runtime/xla/huge-pages.ts'
import { type LoopFigures, type LoopMeasurement, measureLoop } from './loop-step.ts'

/** Milliseconds of JavaScript per step, by number of devices. */
const bars: readonly { readonly devices: number; readonly javascript: number }[] = [
  { devices: 1, javascript: 1.5 },
  { devices: 8, javascript: 8 },
]
const mostInputs = 200

const rows: readonly (readonly [keyof LoopFigures, string])[] = [
  ['step', 'a step'],
  ['javascript', 'JavaScript'],
  ['javascriptCpu', '  with a core'],
  ['execute', 'Execute, on its thread'],
  ['uploads', 'uploads'],
  ['metrics', 'metrics'],
]

const oneCount = '--one='

/** Measures with this number of devices in a separate process. */
function measureApart(devices: number): LoopMeasurement {
  const child = [...process.execArgv, fileURLToPath(import.meta.url), `${oneCount}${devices}`]
  const { status, stdout, stderr } = spawnSync(process.execPath, child, { encoding: 'utf8' })
  if (status !== 0) return bug(`the loop on ${devices} devices exited with ${status}: ${stderr}`)
  return JSON.parse(stdout) as LoopMeasurement
}

function show(milliseconds: number): string {
  return `${milliseconds.toFixed(2)} ms`
}

function report(check: boolean): void {
  const measured = bars.map(({ devices }) => measureApart(devices))
  const right = { align: 'right' } as const
  const columns = measured.flatMap(({ devices }) => [
    { title: devices === 1 ? '1 device' : `${devices} devices`, ...right },
    { title: 'least', ...right },
  ])
  const cells = rows.map(([name, title]) => [
    title,
    ...measured.flatMap(({ middle, least }) => [show(middle[name]), show(least[name])]),
  ])
  const inputs = ['inputs of the step', ...measured.flatMap((of) => [String(of.inputs), ''])]
  process.stdout.write(`${renderTable([{}, ...columns], [...cells, inputs]).join('\n')}\n`)
  if (!check) return
  const missed = measured.flatMap(({ devices, middle, inputs }, i) => {
    const bar = bars[i]?.javascript ?? 0
    const late = middle.javascript > bar ? [`${devices}: JavaScript ${show(middle.javascript)}, not ${show(bar)}`] : []
    return inputs > mostInputs ? [...late, `${devices}: ${inputs} inputs, not ${mostInputs}`] : late
  })
  process.stdout.write(missed.length === 0 ? 'all bars held\n' : `MISSED\n${missed.join('\n')}\n`)
  process.exitCode = missed.length === 0 ? 0 : 1
}

restartWith(hugePageEnvironment)
const one = process.argv.slice(2).find((arg) => arg.startsWith(oneCount))
if (one === undefined) report(process.argv.includes('--check'))
else process.stdout.write(JSON.stringify(await measureLoop(Number(one.slice(oneCount.length)))))
