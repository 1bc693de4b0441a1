/**
 * A tiny run, of the engine `tfjs`, and what became of it. `world.ts` has what may happen to it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeFailure } from '../../cli/render/failure.ts'
import { documentLook } from '../../cli/render/look.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { train } from '../../runtime/train/train.ts'
import { planOf } from '../helpers/plan.ts'

const identities = 4
const perIdentity = 8

/** Pictures of 12 × 12 pixels, each of another color, in one folder per identity. */
export function makeFaces(root: string): string {
  for (let person = 0; person < identities; person++) {
    mkdirSync(join(root, `p${person}`), { recursive: true })
    for (let picture = 0; picture < perIdentity; picture++) {
      const color = Buffer.alloc(12 * 12 * 3, person * 50 + picture * 7)
      writeFileSync(join(root, `p${person}`, `${picture}.ppm`), Buffer.concat([Buffer.from('P6\n12 12\n255\n'), color]))
    }
  }
  return root
}

export interface TinyOptions {
  readonly root: string
  readonly steps?: number
  /** Fields of `train { … }` beyond the usual. */
  readonly train?: string
  /** Sections and fields of the experiment beyond the usual. */
  readonly more?: string
  readonly optimizer?: string
  /** Identities for verification alone. */
  readonly holdout?: number
  /** Threads that decode pictures. */
  readonly workers?: number
}

/** The experiment as text: batches of 4 pictures, 8 steps per epoch, one program for all tests. */
export function tinyText({
  root,
  steps = 12,
  train: fields = '',
  more = '',
  optimizer,
  workers = 0,
  holdout = 0,
}: TinyOptions): string {
  return `
use std.datasets: folder
use std.machines: cpu
use std.margins: arcface

backbone flat() on Image(12, 12, 3) -> Vector(4) { input |> flatten |> linear(4) as fc }

experiment tiny {
  dataset  = folder(root: "${root}", holdout: ${holdout})
  backbone = flat
  margin   = arcface(m: 0.3 rad, scale: 8)
  machine  = cpu(devices: 1)
  train {
    batch     = 4 global
    steps     = ${steps}
    optimizer = ${optimizer ?? 'sgd(lr: 0.05, momentum: 0.9)'}
    workers   = ${workers}
    ${fields}
  }
  ${more}
}
`
}

export function tinyPlan(options: TinyOptions): Plan {
  const training = identities - (options.holdout ?? 0)
  const counts = { identities: training, images: training * perIdentity }
  return planOf(tinyText(options), { host: { countDataset: () => counts } })
}

export interface Outcome {
  readonly error: unknown
  /** The exit code of `arcc run`; that of an interruption is the signal's. */
  readonly exitCode: number
  /** The codes and texts that a user reads at the end. */
  readonly message: string
  readonly events: readonly RunEvent[]
  /** The events in the log; half lines are left out. */
  readonly logged: readonly RunEvent[]
  readonly last: RunEvent | undefined
  readonly warnings: readonly string[]
  /** The file as text; `undefined` if it is missing. */
  readonly file: (name: string) => string | undefined
}

/** The event of a line of the log, without the version and the time that the log adds. */
function parsed(line: string): RunEvent[] {
  try {
    return [JSON.parse(line, (key, value) => (key === 'v' || key === 'time' ? undefined : value))]
  } catch {
    return []
  }
}

/** Runs a plan in a folder and tells what became of it; `onEvent` may stop it. */
export async function outcomeOf(
  plan: Plan,
  folder: string,
  onEvent: (event: RunEvent, stop: (reason?: unknown) => void) => void = () => undefined,
  options: Partial<Parameters<typeof train>[1]> = {},
): Promise<Outcome> {
  const interrupt = new AbortController()
  const events: RunEvent[] = []
  const error = await train(plan, {
    engine: 'tfjs',
    folder,
    signal: interrupt.signal,
    onEvent(event) {
      events.push(event)
      onEvent(event, (reason) => interrupt.abort(reason))
    },
    ...options,
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const file = (name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8')
    } catch {
      return undefined
    }
  }
  const failure = error === undefined ? undefined : describeFailure(error, documentLook.palette, false)
  const lines = (file('log.ndjson') ?? '').split('\n').filter(Boolean)
  return {
    error,
    exitCode: failure?.exitCode ?? 0,
    message: failure?.lines.join('\n') ?? '',
    events,
    logged: lines.flatMap(parsed),
    last: events.at(-1),
    warnings: events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])),
    file,
  }
}
