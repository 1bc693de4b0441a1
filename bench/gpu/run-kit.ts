/**
 * Runs the parts of the kit sequentially, each with its own time limit and all within a total: `node gpu-kit.js RESULTS SECONDS`,
 * in the folder of the unpacked arcc. Rewrites RESULTS.json, RESULTS.md and log.txt after every part, so that nothing is lost if
 * the kit is stopped. Exit code 1 if a part failed; parts skipped for lack of time are listed and are no failure.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { packageVersion } from '../../cli/host/package-folder.ts'
import type { EndEvent } from '../../runtime/events.ts'
import { describeCards, type Environment, findEnvironment, hasTorch } from './environment.ts'
import { type Part, partsFor } from './parts.ts'
import type { Report } from './report.ts'
import { type PartResult, type Results, renderResults } from './results.ts'

const [folder = 'results', seconds = '520'] = process.argv.slice(2)
const begun = performance.now()
const elapsed = () => (performance.now() - begun) / 1000
const left = () => Number(seconds) - elapsed()

function say(text: string): void {
  const line = `[${elapsed().toFixed(0)} s] ${text}\n`
  process.stdout.write(line)
  appendFileSync(join(folder, 'log.txt'), line)
}

interface Ended {
  readonly code: number | undefined
  readonly isTimedOut: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Runs a part in its own process group: PyTorch's compiler starts other processes, which end with it. */
function spawnPart(part: Part, { variables }: Environment, limit: number): Promise<Ended> {
  const command = part.command === 'node' ? process.execPath : part.command
  const flags = [variables.XLA_FLAGS ?? '', '--xla_gpu_enable_triton_gemm=false'].join(' ').trim()
  // Disables TF32 in NVIDIA's libraries, and XLA's own kernels, which decide for themselves.
  const env = part.exact ? { ...variables, NVIDIA_TF32_OVERRIDE: '0', XLA_FLAGS: flags } : variables
  return new Promise((end) => {
    const child = spawn(command, part.args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const texts = { stdout: '', stderr: '' }
    let isTimedOut = false
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] = (texts[name] + text).slice(-2_000_000)
      })
    const timer = setTimeout(() => {
      isTimedOut = true
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, limit * 1000)
    const done = (code: number | undefined) => {
      clearTimeout(timer)
      end({ code, isTimedOut, ...texts })
    }
    child.on('error', (error) => {
      texts.stderr += error.message
      done(undefined)
    })
    child.on('close', (code) => done(code ?? undefined))
  })
}

/** The last line that is JSON. */
function lastJson(text: string): unknown {
  for (const line of text.trimEnd().split('\n').toReversed())
    try {
      return JSON.parse(line)
    } catch {
      // Not JSON: a library's own output.
    }
  return undefined
}

/** The result of the doctor. */
interface DoctorReport extends Report {
  readonly findings: readonly Finding[]
}

interface Finding {
  readonly name: string
  readonly status: string
  readonly text: string
}

/** TensorFlow.js is not in the pack, and the kit does not need it. */
function readDoctor(stdout: string): DoctorReport {
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] }
  const failed = findings.filter(({ name, status }) => status === 'fail' && !name.startsWith('tfjs'))
  const failures = failed.map(({ name, text }) => `${name}: ${text}`)
  return { ok: failures.length === 0, failures, findings }
}

/** The result of the quickstart: planned and measured figures, and its accuracy. */
interface QuickstartReport extends Report {
  readonly engine: string | undefined
  readonly accuracy: number | undefined
  readonly end: EndEvent | undefined
}

function readQuickstart(stdout: string): QuickstartReport {
  const events = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { readonly type: string; readonly engine?: string; readonly accuracy?: number })
  const end = events.findLast((event): event is EndEvent => event.type === 'end')
  const failures = end?.status === 'done' ? [] : ['it did not finish']
  const accuracy = events.findLast(({ type }) => type === 'evaluation')?.accuracy
  const { engine } = events.find(({ type }) => type === 'start') ?? {}
  return { ok: failures.length === 0, failures, engine, accuracy, end }
}

function readReport(part: Part, stdout: string): Report | undefined {
  try {
    if (part.kind === 'doctor') return readDoctor(stdout)
    if (part.kind === 'quickstart') return readQuickstart(stdout)
    return lastJson(stdout) as Report | undefined
  } catch (error) {
    return { ok: false, failures: [`its output cannot be parsed: ${String(error)}`] }
  }
}

async function runPart(part: Part, environment: Environment): Promise<PartResult> {
  const { name, kind, beside } = part
  const nothing = { name, kind, beside, seconds: 0, failures: [], report: undefined }
  const why =
    left() < part.least ? 'no time left' : kind === 'torch' && !hasTorch() ? 'Python has no PyTorch' : undefined
  if (why !== undefined) {
    say(`${name}: ${why}`)
    return { ...nothing, status: 'left out', failures: [why] }
  }
  say(name)
  const start = elapsed()
  const ended = await spawnPart(part, environment, Math.min(part.limit, left()))
  const report = ended.isTimedOut ? undefined : readReport(part, ended.stdout)
  // The doctor exits with 3 for checks that the kit does not need.
  const isWell = report?.ok === true && (ended.code === 0 || kind === 'doctor')
  const status = ended.isTimedOut ? 'timed out' : isWell ? 'ok' : 'failed'
  const words = ended.stderr.trim().split('\n').slice(-20)
  const end = ended.isTimedOut ? 'it was stopped because time ran out' : (words.at(-1) ?? '')
  const failures = isWell ? [] : (report?.failures ?? [end])
  if (!isWell) appendFileSync(join(folder, 'log.txt'), `${[...failures, ...words].join('\n')}\n`)
  say(`${name}: ${status} after ${(elapsed() - start).toFixed(1)} s`)
  return { name, kind, beside, status, seconds: elapsed() - start, failures, report }
}

const work = resolve('..')
rmSync(join(work, 'quickstart'), { recursive: true, force: true })
writeFileSync(join(folder, 'log.txt'), '')
function environmentOrEnd(): Environment {
  try {
    return findEnvironment(work)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exit(1)
  }
}

const environment = environmentOrEnd()
say(`plugin ${environment.plugin}`)
const only = process.env.PARTS?.split(',')
// Without nvidia-smi there is at most one GPU, and the parts will show whether there is one.
const cards = environment.isGpu ? describeCards() : []
const devices = environment.isGpu ? Math.max(1, cards.length) : 0
const parts = partsFor(devices).filter(
  ({ kind, name }) => only === undefined || only.includes(kind) || only.includes(name),
)
const done: PartResult[] = []
for (const part of parts) {
  done.push(await runPart(part, environment))
  const results: Results = {
    date: process.env.DATE,
    cards,
    plugin: environment.plugin,
    node: process.version,
    arcc: packageVersion(),
    seconds: elapsed(),
    parts: done,
  }
  writeFileSync(join(folder, 'RESULTS.json'), `${JSON.stringify(results, undefined, 1)}\n`)
  writeFileSync(join(folder, 'RESULTS.md'), renderResults(results))
}
const bad = done.filter(({ status }) => status === 'failed' || status === 'timed out')
const leftOut = done.filter(({ status }) => status === 'left out')
say(`${done.length - bad.length - leftOut.length} ok, ${bad.length} failed, ${leftOut.length} left out`)
for (const { name, status, failures } of bad) say(`${status}: ${name}: ${failures[0] ?? ''}`)
process.exit(bad.length === 0 ? 0 : 1)
