/**
 * What becomes of a run to which something happens: the exit code, what is kept, what is said. docs/failures.md has the same table.
 * The signals and streams of a process are in `processes.test.ts`.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { exitCode } from '../../cli/render/exit.ts'
import { renderFailedRun } from '../../cli/render/failed-run.ts'
import { documentLook } from '../../cli/render/look.ts'
import type { Engine } from '../../runtime/engine.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { Crash, Interruption } from '../../runtime/train/failure/interruption.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { makeFaces, type Outcome, outcomeOf, tinyPlan } from './faulty-run.ts'
import { atStep, clearFaults, faults, systemError } from './world.ts'

vi.mock('../../runtime/engines/create-engine.ts', async (original) => {
  const { createEngine } = await original<typeof import('../../runtime/engines/create-engine.ts')>()
  const { faults: present } = await import('./world.ts')
  return {
    createEngine: async (...given: Parameters<typeof createEngine>) => present.engine(await createEngine(...given)),
  }
})

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>()
  const { faults: present } = await import('./world.ts')
  return {
    ...actual,
    async writeFile(...given: Parameters<typeof actual.writeFile>) {
      const error = present.disk(String(given[0]))
      if (error !== undefined) throw error
      return actual.writeFile(...given)
    },
    async open(...given: Parameters<typeof actual.open>) {
      const file = await actual.open(...given)
      const methods = ['write', 'writev', 'writeFile'] as const
      for (const method of methods) {
        const write: (...what: never[]) => Promise<unknown> = file[method].bind(file)
        Object.assign(file, {
          async [method](...what: never[]) {
            const error = present.disk(String(given[0]))
            if (error !== undefined) throw error
            return write(...what)
          },
        })
      }
      return file
    },
  }
})

/** The threads that decode pictures. */
const workers: Worker[] = []

vi.mock('node:worker_threads', async (original) => {
  const actual = await original<typeof import('node:worker_threads')>()
  return {
    ...actual,
    Worker: class extends actual.Worker {
      constructor(...given: ConstructorParameters<typeof actual.Worker>) {
        super(...given)
        workers.push(this)
      }
    },
  }
})

const root = temporaryFolder()
const faces = makeFaces(join(root, 'faces'))
let folders = 0
const newFolder = () => join(root, `run-${folders++}`)

afterEach(() => {
  clearFaults()
  vi.restoreAllMocks()
})

const nextLines = (outcome: Outcome, folder: string) =>
  outcome.last?.type === 'failed' ? renderFailedRun(outcome.last, folder, documentLook.palette) : []

/** Stops at the first progress of a step. */
const stopAt = (step: number, reason: Interruption) => (event: RunEvent, stop: (reason: unknown) => void) => {
  if (event.type === 'progress' && event.step >= step) stop(reason)
}

describe('a run that fails keeps what it has trained', () => {
  test('a picture that is damaged', async () => {
    const damaged = makeFaces(join(root, 'damaged'))
    writeFileSync(join(damaged, 'p2', '3.ppm'), 'not a picture')
    const folder = newFolder()
    const outcome = await outcomeOf(tinyPlan({ root: damaged }), folder)
    expect(outcome.exitCode).toBe(exitCode.user)
    expect(outcome.message).toContain('p2/3.ppm')
    expect(outcome.last).toMatchObject({ type: 'failed', code: expect.stringMatching(/^ARC62/) })
    const step = outcome.last?.type === 'failed' ? outcome.last.step : 0
    expect(step).toBeGreaterThan(0)
    expect(outcome.last).toMatchObject({ kept: { step } })
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual([`step-${String(step).padStart(6, '0')}`])
    expect(outcome.logged.at(-1)).toEqual(outcome.last)
    expect(nextLines(outcome, folder).at(-1)).toBe(`next: arcc run --resume ${folder}`)
  })

  test('a picture that disappears while training', async () => {
    const faded = makeFaces(join(root, 'faded'))
    const outcome = await outcomeOf(tinyPlan({ root: faded, steps: 100 }), newFolder(), (event) => {
      if (event.type === 'progress') rmSync(join(faded, 'p1'), { recursive: true, force: true })
    })
    expect(outcome.message).toMatch(/p1\/\d\.ppm/)
    expect(outcome.last).toMatchObject({ type: 'failed', kept: { step: expect.any(Number) } })
  })

  test('a device that refuses a step', async () => {
    faults.engine = atStep(5, async () => {
      throw new (await import('../../runtime/xla/pjrt/errors.ts')).PjrtError('PJRT_Execute', 'INTERNAL', 'lost')
    })
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder())
    expect(outcome.exitCode).toBe(exitCode.environment)
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ARC6010', step: 4, kept: { step: 4 } })
  })

  test('a step that fails on the device does not count, and the state after it is not saved', async () => {
    const lost = () => Promise.reject(systemError('ENODEV', 'ioctl'))
    faults.engine = atStep(6, async (start) => ({ ...(await start()), end: lost }))
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder())
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ENODEV', step: 5 })
    expect(outcome.last).not.toHaveProperty('kept')
    expect(outcome.last).not.toHaveProperty('saving')
  })

  test('a thread that decodes pictures is killed', async () => {
    const plan = tinyPlan({ root: faces, steps: 1000, workers: 1 })
    const outcome = await outcomeOf(plan, newFolder(), (event) => {
      if (event.type === 'progress') for (const worker of workers.splice(0)) worker.terminate()
    })
    expect(outcome.exitCode).toBe(exitCode.environment)
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ARC6260', kept: { step: expect.any(Number) } })
  })

  test('a mistake of ours', async () => {
    faults.engine = atStep(3, () => Promise.reject(new TypeError('x is undefined')))
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder())
    expect(outcome.exitCode).toBe(exitCode.internal)
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'bug', step: 2, kept: { step: 2 } })
  })

  test('a step that fails, and those after it, are not counted', async () => {
    const lost = systemError('ENODEV', 'ioctl')
    faults.engine = atStep(3, async (start) => ({ ...(await start()), end: () => Promise.reject(lost) }))
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder())
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ENODEV', step: 2 })
    expect(outcome.last).not.toHaveProperty('kept')
  })

  test('an error beside the run: a timer, a socket', async () => {
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder(), (event, stop) => {
      if (event.type === 'progress' && event.step === 1) stop(new Crash(new TypeError('beside')))
    })
    expect(outcome.exitCode).toBe(exitCode.internal)
    expect(outcome.error).toMatchObject({ message: 'beside' })
    const step = outcome.last?.type === 'failed' ? outcome.last.step : 0
    // With what was in flight.
    expect([1, 2]).toContain(step)
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'bug', reason: 'beside', kept: { step } })
  })

  const closingFails = (engine: Engine) =>
    Object.assign(engine, {
      dispose() {
        throw new TypeError('cannot close')
      },
    })

  test('closing that fails too does not hide the error', async () => {
    faults.engine = (engine) => closingFails(atStep(3, () => Promise.reject(systemError('ENODEV', 'ioctl')))(engine))
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder())
    expect(outcome.error).toMatchObject({ code: 'ENODEV' })
    expect(outcome.logged.at(-1)).toMatchObject({ type: 'failed', code: 'ENODEV', step: 2 })
    expect(outcome.logged.filter(({ type }) => type === 'failed')).toHaveLength(1)
  })

  test('closing that fails after a good end is an error, and is logged', async () => {
    faults.engine = closingFails
    const outcome = await outcomeOf(tinyPlan({ root: faces, steps: 2 }), newFolder())
    expect(outcome.exitCode).toBe(exitCode.internal)
    expect(outcome.logged.slice(-2)).toMatchObject([
      { type: 'end' },
      { type: 'failed', reason: 'cannot close', step: 2 },
    ])
  })

  test('nothing is kept of a run that fails before its first step', async () => {
    faults.engine = atStep(1, () => Promise.reject(systemError('ENOMEM', 'mmap')))
    const folder = newFolder()
    const outcome = await outcomeOf(tinyPlan({ root: faces }), folder)
    expect(outcome.exitCode).toBe(exitCode.environment)
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ENOMEM', step: 0 })
    expect(nextLines(outcome, folder)).toEqual([])
  })

  test('both errors are told if saving fails too, the first one first', async () => {
    faults.engine = atStep(5, () => Promise.reject(new TypeError('x is undefined')))
    faults.disk = (path) => (path.includes('checkpoints') ? systemError('EROFS') : undefined)
    const folder = newFolder()
    const outcome = await outcomeOf(tinyPlan({ root: faces }), folder)
    expect(outcome.exitCode).toBe(exitCode.internal)
    expect(outcome.last).toMatchObject({
      code: 'bug',
      step: 4,
      saving: { reason: expect.stringContaining('read-only') },
    })
    expect(outcome.last).not.toHaveProperty('kept')
    const lines = nextLines(outcome, folder)
    expect(lines[0]).toContain('the state after step 4 could not be saved')
    expect(lines.at(-1)).toBe('kept: nothing of 4 steps')
  })
})

describe('a full disk', () => {
  test('while logging is one warning, and the lines are written later', async () => {
    let isFull = true
    faults.disk = (path) => (isFull && path.endsWith('log.ndjson') ? systemError('ENOSPC') : undefined)
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder(), (event) => {
      if (event.type === 'saved' && event.what === 'weights') isFull = false
    })
    expect(outcome.exitCode).toBe(0)
    expect(outcome.warnings).toEqual([expect.stringContaining('the disk is full; the run goes on')])
    expect(outcome.logged).toEqual(outcome.events)
  })

  test('that stays full costs the log, not the run', async () => {
    faults.disk = (path) => (path.endsWith('log.ndjson') ? systemError('EDQUOT') : undefined)
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder())
    expect(outcome.exitCode).toBe(0)
    expect(outcome.warnings.at(-1)).toContain('events are lost')
    expect(outcome.file('weights.safetensors')).toBeDefined()
  })

  test('while saving at an interval is a warning; the next one is written', async () => {
    let refused = 0
    faults.disk = (path) =>
      path.includes('step-000004') && path.includes('checkpoints') && ++refused > 0 ? systemError('ENOSPC') : undefined
    const outcome = await outcomeOf(tinyPlan({ root: faces, more: 'checkpoint { every = 4 steps }' }), newFolder())
    expect(refused).toBeGreaterThan(0)
    expect(outcome.exitCode).toBe(0)
    expect(outcome.warnings).toEqual([expect.stringContaining('the run goes on')])
    const steps = outcome.events.flatMap((event) =>
      event.type === 'saved' && event.what === 'checkpoint' ? [event.step] : [],
    )
    expect(steps).toEqual([8, 12])
  })

  test('at the end is an error; the last checkpoint stays', async () => {
    faults.disk = (path) => (path.includes('weights.safetensors') ? systemError('ENOSPC') : undefined)
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder())
    expect(outcome.exitCode).toBe(exitCode.environment)
    expect(outcome.message).toContain('disk is full')
    expect(outcome.last).toMatchObject({ type: 'failed', kept: { step: 12 } })
  })
})

describe('a folder', () => {
  test('that another process uses is refused, with its owner', async () => {
    const folder = newFolder()
    const inside: unknown[] = []
    const plan = tinyPlan({ root: faces })
    const first = outcomeOf(plan, folder, (event) => {
      if (event.type === 'start') inside.push(outcomeOf(plan, folder, undefined))
    })
    expect((await first).exitCode).toBe(0)
    const [second] = (await Promise.all(inside)) as Outcome[]
    expect(second?.exitCode).toBe(exitCode.user)
    expect(second?.message).toContain(`is in use by process ${process.pid} on ${hostname()}`)
    expect(readdirSync(folder).filter((name) => name.startsWith('run.lock'))).toEqual([])
  })

  test('whose owner was killed is taken over', async () => {
    const folder = newFolder()
    mkdirSync(folder)
    const dead = { pid: 2 ** 22 + 1, host: hostname(), machine: '', boot: 'earlier', namespace: '', started: '1' }
    writeFileSync(join(folder, 'run.lock'), JSON.stringify({ ...dead, machine: machineId() }))
    expect((await outcomeOf(tinyPlan({ root: faces, steps: 2 }), folder)).exitCode).toBe(0)
  })

  test('that is no folder, or cannot be written', async () => {
    writeFileSync(join(root, 'a-file'), '')
    const outcome = await outcomeOf(tinyPlan({ root: faces }), join(root, 'a-file', 'run'))
    expect(outcome.exitCode).toBe(exitCode.environment)
    expect(outcome.message).toContain('ARC6722')
    faults.disk = (path) => (path.includes('run.lock') ? systemError('EROFS') : undefined)
    expect((await outcomeOf(tinyPlan({ root: faces }), newFolder())).message).toContain('the file system is read-only')
  })
})

function machineId(): string {
  try {
    return execFileSync('cat', ['/etc/machine-id'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

describe('a request to stop', () => {
  const verified = { steps: 400, more: 'evaluate { sets = [] }' }

  test.each([
    ['SIGINT', undefined],
    ['SIGTERM', 30_000],
    ['SIGHUP', 30_000],
  ] as const)('%s saves the state after the steps in flight', async (signal, grace) => {
    const outcome = await outcomeOf(
      tinyPlan({ root: faces, ...verified }),
      newFolder(),
      stopAt(1, new Interruption(signal, grace)),
    )
    const steps = outcome.last?.type === 'end' ? outcome.last.steps : 0
    expect(outcome.last).toMatchObject({ type: 'end', status: 'interrupted' })
    expect(steps).toBeGreaterThan(0)
    expect(steps).toBeLessThan(400)
    expect(outcome.events).toContainEqual(expect.objectContaining({ type: 'saved', what: 'checkpoint', step: steps }))
  })

  test('in the verification at the end breaks it off; the run is done, with its weights', async () => {
    const plan = tinyPlan({ root: faces, steps: 2, holdout: 2, more: 'evaluate { sets = [holdout], pairs = 20 }' })
    let hasEnded = false
    const outcome = await outcomeOf(plan, newFolder(), (event, stop) => {
      if (event.type === 'saved') hasEnded = true
      if (hasEnded && event.type === 'phase' && event.name === 'evaluate') stop(new Interruption('SIGINT'))
    })
    expect(outcome.message).toBe('')
    expect(outcome.events.flatMap((event) => (event.type === 'evaluation' ? [event.step] : []))).toEqual([0])
    expect(outcome.last).toMatchObject({ type: 'end', status: 'done', steps: 2 })
    expect(outcome.file('weights.safetensors')).toBeDefined()
  })

  test('verifies after it has saved, and only if that ends in time', () => {
    const patient = new Interruption('SIGINT')
    expect(patient.allows(1e9)).toBe(true)
    const hurried = new Interruption('SIGTERM', 30_000, 0)
    expect(hurried.allows(20, 5000)).toBe(true)
    expect(hurried.allows(20, 15_000)).toBe(false)
    expect(hurried.allows(undefined, 0)).toBe(false)
  })
})

describe('the world goes wrong, and the run goes on', () => {
  test('the clock is set back', async () => {
    const real = Date.now()
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder(), (event) => {
      if (event.type === 'progress') vi.spyOn(Date, 'now').mockReturnValue(real - 86_400_000)
    })
    expect(outcome.exitCode).toBe(0)
    for (const event of outcome.events)
      if (event.type === 'progress')
        expect(Math.min(event.elapsedSeconds, event.secondsPerStep)).toBeGreaterThanOrEqual(0)
  })

  test('a pipe lies among the pictures', async () => {
    const piped = makeFaces(join(root, 'piped'))
    execFileSync('mkfifo', [join(piped, 'p0', 'x.jpg')])
    const outcome = await outcomeOf(tinyPlan({ root: piped }), newFolder())
    expect(outcome.exitCode).toBe(0)
    expect(outcome.events).toContainEqual(
      expect.objectContaining({ type: 'start', leftOut: expect.stringContaining('x.jpg') }),
    )
  })

  test('a killed process has left half a line in the log', async () => {
    const folder = newFolder()
    const plan = tinyPlan({ root: faces, steps: 2 })
    const before = await outcomeOf(plan, folder)
    appendFileSync(join(folder, 'log.ndjson'), '{"type":"progr')
    const resume = { checkpoint: undefined, damaged: [], changes: [] }
    const outcome = await outcomeOf(plan, folder, undefined, { resume })
    expect(outcome.exitCode).toBe(0)
    expect(outcome.logged).toEqual([...before.events, ...outcome.events])
  })
})
