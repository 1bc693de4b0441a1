/** Steps that hang and steps that are not finite: what is kept, and how the run goes on. docs/failures.md has the same table. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { exitCode } from '../../cli/render/exit.ts'
import type { Engine } from '../../runtime/engine.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { replayStep } from '../../runtime/train/replay.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { makeFaces, outcomeOf, tinyPlan } from './faulty-run.ts'
import { atStep, clearFaults, faults, nanAt, systemError } from './world.ts'

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
  const refused = (path: unknown) => {
    const error = present.disk(String(path))
    if (error !== undefined) throw error
  }
  return {
    ...actual,
    async writeFile(...given: Parameters<typeof actual.writeFile>) {
      refused(given[0])
      return actual.writeFile(...given)
    },
    async mkdir(...given: Parameters<typeof actual.mkdir>) {
      refused(given[0])
      return actual.mkdir(...given)
    },
    async link(...given: Parameters<typeof actual.link>) {
      refused(given[1])
      return actual.link(...given)
    },
  }
})

const root = temporaryFolder()
const faces = makeFaces(join(root, 'faces'))
let folders = 0
const newFolder = () => join(root, `run-${folders++}`)

afterEach(clearFaults)

describe('something that hangs', () => {
  const never = () => new Promise<never>(() => undefined)
  const watched = { root: faces, train: 'watchdog = 1 s' }

  test('the start of a step: the state before it is saved', async () => {
    faults.engine = atStep(6, never)
    const outcome = await outcomeOf(tinyPlan(watched), newFolder())
    expect(outcome.exitCode).toBe(exitCode.environment)
    expect(outcome.message).toContain('the start of step 6 did not end')
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ARC6725', step: 5, kept: { step: 5 } })
    expect(outcome.logged.at(-1)).toEqual(outcome.last)
  })

  test('a step: what was saved before stays', async () => {
    faults.engine = atStep(3, async (start) => ({ ...(await start()), end: never }))
    const outcome = await outcomeOf(tinyPlan(watched), newFolder())
    expect(outcome.message).toContain('step 3 did not end')
    expect(outcome.last).toMatchObject({ type: 'failed', step: 2 })
    expect(outcome.last).not.toHaveProperty('kept')
  })

  test('a step that is repeated: the state before it is saved, and the first error is a warning', async () => {
    let thirds = 0
    faults.engine = (engine) => nanAt(4)(atStep(3, (start) => (++thirds === 2 ? never() : start()))(engine))
    const outcome = await outcomeOf(tinyPlan(watched), newFolder())
    expect(outcome.message).toContain('the start of step 3 did not end within 1 second')
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ARC6725', step: 2, kept: { step: 2 } })
    expect(outcome.warnings).toEqual([expect.stringContaining('the loss is NaN at step 5')])
  })

  test('a read: the state is saved first', async () => {
    faults.engine = (engine) => {
      const uploadAll = engine.uploadAll.bind(engine)
      let uploads = 0
      return Object.assign(engine, {
        uploadAll: (...given: Parameters<Engine['uploadAll']>) => (++uploads === 4 ? never() : uploadAll(...given)),
      })
    }
    const outcome = await outcomeOf(tinyPlan(watched), newFolder())
    expect(outcome.message).toContain('reading the pictures of a step did not end')
    expect(outcome.last).toMatchObject({ type: 'failed', step: 3, kept: { step: 3 } })
  })
})

describe('a step that is not finite', () => {
  const diverging = { steps: 30, optimizer: 'sgd(lr: 1e18, weight_decay: 1e18)' }

  test('keeps the last finite state, and what is needed to compute the step again', async () => {
    const folder = newFolder()
    const plan = tinyPlan({ root: faces, ...diverging })
    const outcome = await outcomeOf(plan, folder)
    expect(outcome.exitCode).toBe(exitCode.user)
    expect(outcome.last).toMatchObject({ type: 'failed', code: expect.stringMatching(/ARC6504|ARC6723/) })
    const good = outcome.last?.type === 'failed' ? outcome.last.step : -1
    expect(good).toBeGreaterThan(0)
    expect(outcome.last).toMatchObject({ kept: { step: good } })
    expect(outcome.last).not.toHaveProperty('saving')
    const dump = join('failures', `step-${String(good + 1).padStart(6, '0')}`)
    const replay = await replayStep(plan, join(folder, dump), { engine: 'tfjs' })
    expect(replay).toMatchObject({ isSame: true, spoiled: [] })
    expect(['infinite', 'not a number']).toContain(replay.first?.found)
    expect(replay.facts.pictures).toHaveLength(4)
    expect(replay.facts.pictures[0]?.file).toMatch(/p\d\/\d\.ppm$/)
  })

  test('its spoiled checkpoints are removed: a resumed run goes on from the last good state', async () => {
    const folder = newFolder()
    const plan = tinyPlan({ root: faces, ...diverging, more: 'checkpoint { every = 1 steps, keep = 1 }' })
    const outcome = await outcomeOf(plan, folder)
    const good = outcome.last?.type === 'failed' ? outcome.last.step : -1
    const last = outcome.events.findLast((event) => event.type === 'progress')
    // A step has spoiled the state whose own loss was finite, and its checkpoint was there.
    expect(last).toMatchObject({ step: good + 1 })
    expect(outcome.last).toMatchObject({ code: 'ARC6504', kept: { step: good } })
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual([`step-${String(good).padStart(6, '0')}`])
  })

  test('where files cannot be linked, the state before it is copied', async () => {
    faults.engine = nanAt(4)
    faults.disk = (path) => (path.includes('/state/') ? systemError('EPERM', 'link') : undefined)
    const folder = newFolder()
    const plan = tinyPlan({ root: faces })
    const outcome = await outcomeOf(plan, folder)
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ARC6504', step: 4, kept: { step: 4 } })
    const dump = join(folder, 'failures/step-000005')
    expect(statSync(join(dump, 'state/manifest.json')).nlink).toBe(1)
    expect(await replayStep(plan, dump, { engine: 'tfjs' })).toMatchObject({ facts: { step: 5 }, spoiled: [] })
  })

  test.each(['failure.json', 'state/'])('what cannot be written for its replay is a warning: %s', async (name) => {
    faults.engine = nanAt(4)
    // Neither a link nor a copy: the folder of the copy is a file.
    faults.disk = (path) => {
      if (!path.includes(`step-000005/${name}`)) return undefined
      if (name === 'state/') mkdirSync(path, { recursive: true })
      return systemError('ENOSPC')
    }
    const folder = newFolder()
    const plan = tinyPlan({ root: faces })
    const outcome = await outcomeOf(plan, folder)
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ARC6504', step: 4, kept: { step: 4 } })
    expect(outcome.last).not.toHaveProperty('saving')
    expect(outcome.warnings).toEqual([expect.stringContaining('not all that `arcc replay` needs of step 5')])
    expect(outcome.events.some(({ type }) => type === 'dumped')).toBe(false)
    const replay = replayStep(plan, join(folder, 'failures/step-000005'), { engine: 'tfjs' })
    await expect(replay).rejects.toMatchObject({ code: 'ARC6726' })
  })

  test('the pictures of one that cannot be replayed are kept, and no replay is offered', async () => {
    faults.engine = nanAt(4)
    faults.disk = (path) => (path.includes('checkpoints/step') ? systemError('ENOSPC') : undefined)
    const outcome = await outcomeOf(tinyPlan({ root: faces }), newFolder())
    expect(outcome.last).toMatchObject({ type: 'failed', step: 4, saving: { code: expect.any(String) } })
    expect(outcome.events.some(({ type }) => type === 'dumped')).toBe(false)
    expect(JSON.parse(outcome.file('failures/step-000005/failure.json') ?? '')).toMatchObject({ step: 5, state: -1 })
  })

  const skipping = { root: faces, train: 'on_non_finite = skip(at_most: 10%)' }

  test('is left out after going back, and counted', async () => {
    faults.engine = nanAt(5)
    const left = await outcomeOf(tinyPlan({ ...skipping, more: 'checkpoint { every = 4 steps }' }), newFolder())
    expect(left.exitCode).toBe(0)
    expect(left.events).toContainEqual(
      expect.objectContaining({ type: 'left-out', step: 6, back: 5, count: 1, most: 2 }),
    )
    expect(left.last).toMatchObject({ type: 'end', status: 'done', steps: 12, leftOutSteps: 1 })
    expect(JSON.parse(left.file('left-out.json') ?? '')).toEqual([5])
    const progress = left.events.findLast((event) => event.type === 'progress')
    expect(progress).toMatchObject({ step: 12, etaSeconds: 0 })
  })

  test('if no state can be restored, nothing is saved from the one that was freed', async () => {
    faults.engine = (engine) => {
      const changed = nanAt(3)(engine)
      const compile = changed.compile.bind(changed)
      let states = 0
      return Object.assign(changed, {
        compile: (...given: Parameters<Engine['compile']>) =>
          given[0].name === 'init' && ++states > 1 ? Promise.reject(new TypeError('no memory')) : compile(...given),
      })
    }
    const outcome = await outcomeOf(tinyPlan(skipping), newFolder())
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'bug', reason: 'no memory', step: 3 })
    expect(outcome.last).not.toHaveProperty('saving')
    expect(outcome.last).not.toHaveProperty('kept')
  })

  const savedSteps = (events: readonly RunEvent[]) =>
    events.flatMap((event) => (event.type === 'saved' && event.what === 'checkpoint' ? [event.step] : []))
  const verifiedSteps = (events: readonly RunEvent[]) =>
    events.flatMap((event) => (event.type === 'evaluation' ? [event.step] : []))
  const dueAtFour = {
    ...skipping,
    holdout: 2,
    more: 'checkpoint { every = 4 steps }\n  evaluate { sets = [holdout], pairs = 20, every = 4 steps }',
  }

  test('what is due after it happens', async () => {
    faults.engine = nanAt(0, 3)
    const { events } = await outcomeOf(tinyPlan(dueAtFour), newFolder())
    expect(savedSteps(events)).toEqual([4, 8, 12])
    expect(verifiedSteps(events)).toEqual([0, 4, 8, 12])
  })

  test('what is due after it happens in a resumed run too', async () => {
    const folder = newFolder()
    mkdirSync(folder)
    writeFileSync(join(folder, 'left-out.json'), '[2,3]')
    const resume = { checkpoint: undefined, damaged: [], changes: [] }
    const { events } = await outcomeOf(tinyPlan(dueAtFour), folder, undefined, { resume })
    expect(savedSteps(events)).toEqual([4, 8, 12])
    expect(verifiedSteps(events)).toEqual([0, 4, 8, 12])
  })

  test('going back to weights that were loaded does not report them again', async () => {
    const before = newFolder()
    await outcomeOf(tinyPlan({ root: faces, steps: 1 }), before)
    faults.engine = nanAt(1)
    const fields = `${skipping.train}\n    start = weights("${join(before, 'weights.safetensors')}")`
    const outcome = await outcomeOf(tinyPlan({ ...skipping, train: fields }), newFolder())
    expect(outcome.last).toMatchObject({ type: 'end', leftOutSteps: 1 })
    expect(outcome.events.filter(({ type }) => type === 'loaded')).toHaveLength(1)
  })

  test('is left out at the very end and at the very beginning', async () => {
    faults.engine = nanAt(0, 11)
    const folder = newFolder()
    const left = await outcomeOf(tinyPlan(skipping), folder)
    expect(left.last).toMatchObject({ type: 'end', status: 'done', steps: 12, leftOutSteps: 2 })
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['step-000012'])
  })

  test('ends the run if there are too many', async () => {
    faults.engine = nanAt(2, 5, 8)
    const outcome = await outcomeOf(tinyPlan(skipping), newFolder())
    expect(outcome.exitCode).toBe(exitCode.user)
    expect(outcome.last).toMatchObject({ type: 'failed', code: 'ARC6724', step: 8, kept: { step: 8 } })
  })
})
