/** What all parts of `bench/nodes-train.ts` share: folders of runs, their arguments, what is in them, and what was expected of them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunEvent } from '../../runtime/events.ts'
import { nodesText } from './text.ts'

export interface Scene {
  readonly root: string
  /** The experiment of `text.ts`. */
  readonly file: string
  newFolder(): string
  /** Says whether it is as expected, and counts it otherwise; `details` are shown then. */
  expect(isRight: boolean, text: string, details?: readonly string[]): void
  faults(): number
  close(): void
}

export function openScene(): Scene {
  const root = mkdtempSync(join(tmpdir(), 'arcc-nodes-'))
  const file = join(root, 'nodes.arc')
  writeFileSync(file, nodesText('synthetic(identities: 40, per_identity: 8, holdout: 8)'))
  let faults = 0
  let folders = 0
  const say = (text: string) => void process.stdout.write(`${text}\n`)
  return {
    root,
    file,
    newFolder: () => join(root, `run-${folders++}`),
    expect(isRight, text, details = []) {
      say(`${isRight ? 'ok   ' : 'FAULT'} ${text}`)
      if (isRight) return
      faults++
      for (const it of details) say(it)
    },
    faults: () => faults,
    close: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** The arguments of a run on so many nodes with as many devices each. */
export const runOf = (nodes: number, devices: number, ...args: readonly string[]) => [
  ...['run', ...args, '--no-measure', '--json', '--set', `machine=cpus(${nodes}, ${devices})`],
]

export const weightsOf = (folder: string) => readFileSync(join(folder, 'weights.safetensors'))

export const eventsIn = (folder: string): readonly RunEvent[] =>
  readFileSync(join(folder, 'log.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

export const stepsIn = (folder: string) => eventsIn(folder).findLast((event) => event.type === 'end')?.steps

const begins = (event: RunEvent, name: string) =>
  event.type === 'phase' && event.name === name && event.seconds === undefined

type Moment = (event: RunEvent) => boolean

const saved: Moment = (event) => event.type === 'saved' && event.step === 25

/** From the first moment on: training goes on while a checkpoint is written, and may be far ahead when it is complete. */
function after(first: Moment, then: Moment): Moment {
  let isPast = false
  return (event) => {
    isPast ||= first(event)
    return isPast && then(event)
  }
}

/** Where something happens to a node: by the events of rank 0, from the beginning of a run. */
export const phases: Readonly<Record<string, () => Moment>> = {
  'reading data': () => (event) => event.type === 'phase' && event.name === 'load data',
  compiling: () => (event) => begins(event, 'compile'),
  initializing: () => (event) => begins(event, 'initialize'),
  'the first step': () => (event) =>
    event.type === 'phase' && event.name === 'initialize' && event.seconds !== undefined,
  'verifying at first': () => (event) => begins(event, 'evaluate'),
  training: () => (event) => event.type === 'evaluation' && event.step === 20,
  'saving a checkpoint': () => (event) => begins(event, 'save'),
  'training after a checkpoint': () => saved,
  'verifying after a checkpoint': () => after(saved, (event) => event.type === 'evaluation'),
}

/** Whether the last words of a node name the checkpoint, where the phase comes after one. */
export const namesCheckpoint = (phase: string, text: string) =>
  !phase.includes('after a checkpoint') || /kept: .*step-0000\d\d/.test(text)
