/**
 * `npm run bench:nodes-train`: real runs of two processes. The weights and the figures of all verifications must be those of one process
 * with as many devices, to the last bit; SIGTERM at either node stops both after the same step, and one process goes on to the same
 * weights; SIGKILL of either node in each phase ends the other one within 30 seconds, with the name of the lost node and, once there is
 * one, the last checkpoint. Exit code 1 if anything differs.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunEvent } from '../runtime/events.ts'
import { runNodes } from './nodes-train/run-nodes.ts'
import { devicesInAll, nodesText } from './nodes-train/text.ts'

const root = mkdtempSync(join(tmpdir(), 'arcc-nodes-'))
const file = join(root, 'nodes.arc')
const say = (text: string) => void process.stdout.write(`${text}\n`)
let faults = 0
let folders = 0

function expect(isRight: boolean, text: string): void {
  say(`${isRight ? 'ok   ' : 'FAULT'} ${text}`)
  if (!isRight) faults++
}

const newFolder = () => join(root, `run-${folders++}`)
const machineOf = (nodes: number) => ['--set', `machine=cpus(${nodes}, ${devicesInAll / nodes})`]
const runOf = (...args: readonly string[]) => ['run', ...args, '--no-measure', '--json']
const newRun = (nodes: number, folder: string) => runOf(file, '--folder', folder, ...machineOf(nodes))
const weightsOf = (folder: string) => readFileSync(join(folder, 'weights.safetensors'))
const eventsIn = (folder: string): readonly RunEvent[] =>
  readFileSync(join(folder, 'log.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const stepsIn = (folder: string) => eventsIn(folder).findLast((event) => event.type === 'end')?.steps
/** The figures of all verifications, without what differs from run to run. */
const verificationsIn = (folder: string) =>
  eventsIn(folder).flatMap((event) => {
    if (event.type !== 'evaluation') return []
    const { step, set, accuracy, deviation, auc, xnorm, tarAtFar } = event
    return [JSON.stringify({ step, set, accuracy, deviation, auc, xnorm, tarAtFar })]
  })

/** Where a node is killed: by the events of rank 0. */
const phases: Readonly<Record<string, (event: RunEvent) => boolean>> = {
  'reading data': (event) => event.type === 'phase' && event.name === 'load data',
  compiling: (event) => event.type === 'phase' && event.name === 'compile' && event.seconds === undefined,
  initializing: (event) => event.type === 'phase' && event.name === 'initialize' && event.seconds === undefined,
  'verifying at first': (event) => event.type === 'phase' && event.name === 'evaluate' && event.seconds === undefined,
  training: (event) => event.type === 'evaluation' && event.step === 20,
  'saving a checkpoint': (event) => event.type === 'phase' && event.name === 'save' && event.seconds === undefined,
  'training after a checkpoint': (event) => event.type === 'saved' && event.step === 25,
  'verifying after a checkpoint': (event) => event.type === 'evaluation' && event.step === 40,
}

async function killIn(phase: string, victim: number): Promise<void> {
  const isThere = phases[phase]
  const folder = newFolder()
  let killedAt = 0
  const ends = await runNodes({
    nodes: 2,
    args: newRun(2, folder),
    onEvent(event, kill) {
      if (killedAt > 0 || isThere?.(event) !== true) return
      killedAt = performance.now()
      kill(victim, 'SIGKILL')
    },
  })
  const other = ends[1 - victim]
  const seconds = ((other?.at ?? 0) - killedAt) / 1000
  const hasCheckpoint = phase.includes('after a checkpoint')
  const names = other?.text.includes(`rank ${victim} (`) === true
  const kept = !hasCheckpoint || /kept: .*step-0000\d\d/.test(other?.text ?? '')
  const isRight = killedAt > 0 && seconds < 30 && other?.code === 3 && names && kept
  expect(
    isRight,
    `rank ${victim} killed while ${phase}: rank ${1 - victim} ends with ${other?.code} after ${seconds.toFixed(1)} s`,
  )
  if (!isRight) say(other?.text ?? '')
}

try {
  writeFileSync(file, nodesText)
  const alone = newFolder()
  await runNodes({ nodes: 1, args: newRun(1, alone) })
  const expected = weightsOf(alone)
  const together = newFolder()
  const ends = await runNodes({ nodes: 2, args: newRun(2, together) })
  expect(
    ends.every(({ code }) => code === 0) && weightsOf(together).equals(expected),
    'two processes: the same weights as one',
  )
  const verified = verificationsIn(together)
  expect(
    verified.length === 5 && verified.join() === verificationsIn(alone).join(),
    `the figures of ${verified.length} verifications, all digits`,
  )
  for (const told of [0, 1]) {
    const folder = newFolder()
    const stopped = await runNodes({
      nodes: 2,
      args: newRun(2, folder),
      onEvent(event, kill) {
        if (event.type === 'evaluation' && event.step === 20) kill(told, 'SIGTERM')
      },
    })
    const steps = stepsIn(folder)
    const codes = stopped.map(({ code }) => code)
    expect(
      codes.join() === '143,143' && steps !== undefined && steps < 80,
      `SIGTERM at rank ${told}: both stop after step ${steps}`,
    )
    if (codes.join() !== '143,143') for (const { code, text } of stopped) say(`${code} ${text}`)
    const rest = await runNodes({ nodes: 1, args: runOf('--resume', folder, ...machineOf(1)) })
    expect(rest[0]?.code === 0 && weightsOf(folder).equals(expected), 'one process goes on with it to the same weights')
  }
  for (const phase of Object.keys(phases)) for (const victim of [1, 0]) await killIn(phase, victim)
} finally {
  rmSync(root, { recursive: true, force: true })
}
process.exitCode = faults === 0 ? 0 : 1
