/** The verification of the network that training begins with: it comes after the first step, and does not see it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { Interruption } from '../../runtime/train/failure/interruption.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { makeFaces, outcomeOf, tinyPlan } from './faulty-run.ts'

const faces = makeFaces(join(temporaryFolder(), 'faces'))
const newFolder = () => join(temporaryFolder(), 'run')
const given = { root: faces, steps: 2, holdout: 2, more: 'evaluate { sets = [holdout], pairs = 20 }' }

async function run(optimizer: string) {
  const { events } = await outcomeOf(tinyPlan({ ...given, optimizer }), newFolder())
  const order = events.flatMap((event) =>
    event.type === 'progress' || event.type === 'evaluation' ? [`${event.type} ${event.step}`] : [],
  )
  const norms = events.flatMap((event) => (event.type === 'evaluation' ? [event.xnorm] : []))
  return { order, norms }
}

test('the first step is reported before it, and changes nothing of it', async () => {
  const [slow, fast] = [await run('sgd(lr: 0.001)'), await run('sgd(lr: 10)')]
  expect(slow.order).toEqual(['progress 1', 'evaluation 0', 'progress 2', 'evaluation 2'])
  expect(fast.norms[0]).toBe(slow.norms[0])
  expect(fast.norms[1]).not.toBeCloseTo(need(slow.norms[1], 'a norm'), 2)
})

test('it comes before all others, where the first steps are left out', async () => {
  const folder = newFolder()
  mkdirSync(folder)
  writeFileSync(join(folder, 'left-out.json'), '[0]')
  const due = { ...given, steps: 3, more: 'evaluate { sets = [holdout], pairs = 20, every = 1 steps }' }
  const train = 'on_non_finite = skip(at_most: 50%)'
  const resume = { checkpoint: undefined, damaged: [], changes: [] }
  const { events } = await outcomeOf(tinyPlan({ ...due, train }), folder, undefined, { resume })
  expect(events.flatMap((event) => (event.type === 'evaluation' ? [event.step] : []))).toEqual([0, 1, 2, 3])
})

test('an interruption ends it; what was trained is saved and verified', async () => {
  const { events, last } = await outcomeOf(tinyPlan(given), newFolder(), (event, stop) => {
    if (event.type === 'phase' && event.name === 'evaluate') stop(new Interruption('SIGINT'))
  })
  expect(last).toMatchObject({ type: 'end', status: 'interrupted', steps: 1 })
  expect(events).toContainEqual(expect.objectContaining({ type: 'saved', what: 'checkpoint', step: 1 }))
  expect(events.flatMap((event) => (event.type === 'evaluation' ? [event.step] : []))).toEqual([1])
})
