/** Pictures that are read while programs are compiled: they are there when they are needed, and the same. */
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { need } from '../../../grammar/diagnostic.ts'
import { openData } from '../../../runtime/train/open-data.ts'
import { openLoaders, type RunLoaders } from '../../../runtime/train/open-loaders.ts'
import { readEarly } from '../../../runtime/train/read-early.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { narrowText } from '../../helpers/narrow.ts'
import { planOf } from '../../helpers/plan.ts'

const plan = planOf(narrowText({ devices: 1, batch: 8, classes: 10, train: 'workers = 1' }), {
  settings: [
    'dataset = synthetic(identities: 10, per_identity: 8, holdout: 6)',
    'evaluate.sets = [holdout]',
    'evaluate.pairs = 20',
  ],
})
const data = await openData(plan.run)
const world = oneProcess(1)
let loaders: RunLoaders
let fresh: RunLoaders
beforeAll(async () => {
  loaders = await openLoaders(plan, data, world)
  fresh = await openLoaders(plan, data, world)
})
afterAll(() => Promise.all([loaders.dispose(), fresh.dispose()]))

/** Seconds that the thread has spent on the pictures of training and of verification. */
const busy = ({ training, sets }: RunLoaders) =>
  [training.loader, ...sets.map((set) => set.loader)].map((l) => l.busySeconds)

test('the first batch, then the verification set; both come from memory afterwards, with the same pixels', async () => {
  const early = readEarly({ plan, data, loaders, engine: { world }, signal: new AbortController().signal }, 0)
  const isRead = () => busy(loaders).every((seconds) => seconds > 0)
  let last = busy(loaders)
  for (let waited = 0; waited < 300; waited++) {
    await after(100)
    const now = busy(loaders)
    if (isRead() && now.join() === last.join()) break
    last = now
  }
  expect(isRead()).toBe(true)
  early.end()
  const pixelsOf = async ({ sets }: RunLoaders) => {
    const { loader, pairs } = need(sets[0], 'a set')
    const pixels: Uint8Array[] = []
    for (let first = 0; first < pairs.images; first += 8) {
      const count = Math.min(8, pairs.images - first)
      const rows = await loader.read(Uint32Array.from({ length: count }, (_, i) => first + i))
      pixels.push(Uint8Array.from(rows.pixels))
      rows.release()
    }
    return pixels
  }
  const before = need(busy(loaders)[1], 'seconds')
  expect(await pixelsOf(loaders)).toEqual(await pixelsOf(fresh))
  const [again, anew] = [need(busy(loaders)[1], 'seconds') - before, need(busy(fresh)[1], 'seconds')]
  expect(again).toBeLessThan(anew / 3)
})

test('nothing is read for a run that has been interrupted, nor for a step beyond the last', async () => {
  const given = { plan, data, loaders: fresh, engine: { world } }
  const before = busy(fresh)
  readEarly({ ...given, signal: AbortSignal.abort() }, 0)
  readEarly({ ...given, signal: new AbortController().signal }, plan.run.steps)
  await after(300)
  expect(busy(fresh)).toEqual(before)
})
