/** Whole runs of a narrow network: what becomes of the steps in flight when one stops, diverges or is looked at on the way. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { openSafetensors } from '../../runtime/safetensors.ts'
import { train } from '../../runtime/train/train.ts'
import { narrowPlan } from '../helpers/narrow.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { describeOnXla } from '../helpers/xla.ts'

const declarations = `
backbone flat() on Image(112, 112, 3) -> Vector(8) { input |> flatten |> linear(8) as fc |> batch_norm as norm }`
const root = temporaryFolder()

function flatPlan(run: Partial<Plan['run']> = {}, optimizer?: string): Plan {
  const options = { devices: 2, batch: 2, classes: 11, declarations, backbone: 'flat()' }
  const plan = narrowPlan(optimizer === undefined ? options : { ...options, optimizer })
  return { ...plan, run: { ...plan.run, ...run } }
}

async function runs(name: string, plan: Plan, onEvent: (event: RunEvent, stop: () => void) => void = () => {}) {
  const interrupt = new AbortController()
  const events: RunEvent[] = []
  const folder = join(root, name)
  await train(plan, {
    engine: 'xla',
    folder,
    signal: interrupt.signal,
    onEvent(event) {
      events.push(event)
      onEvent(event, () => interrupt.abort())
    },
  })
  const end = events.find((event) => event.type === 'end')
  const hash = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex')
  const weight = async (file: string) => {
    const opened = await openSafetensors(join(folder, file))
    try {
      return (await opened.read('fc.weight')).data
    } finally {
      await opened.close()
    }
  }
  return { events, end, hash, weight }
}

describeOnXla('a run', () => {
  test('that saves on the way computes what one does that does not', async () => {
    const steps = 12
    const straight = await runs('straight', flatPlan({ steps }))
    const every = { kind: 'duration', count: 5, unit: 'steps' } as const
    const paused = await runs('paused', flatPlan({ steps, checkpoint: { every, keep: 3, best: undefined } }))
    const short = await runs('short', flatPlan({ steps: 5 }))
    expect(paused.hash('weights.safetensors')).toBe(straight.hash('weights.safetensors'))
    // Two on the way, one at the end, and the weights.
    expect(paused.events.filter((event) => event.type === 'saved')).toHaveLength(4)
    expect(await paused.weight('checkpoints/step-000005/backbone.safetensors')).toEqual(
      await short.weight('weights.safetensors'),
    )
  })

  test('that is interrupted saves the weights after the last step it counts', async () => {
    const steps = 200
    const stopped = await runs('interrupted', flatPlan({ steps }), (event, stop) => {
      if (event.type === 'progress') stop()
    })
    const done = stopped.end?.type === 'end' ? stopped.end.steps : 0
    expect(stopped.end).toMatchObject({ status: 'interrupted' })
    // The first report comes after the first step; one more is in flight by then, if its pictures were there.
    expect([1, 2]).toContain(done)
    const straight = await runs('as-long', flatPlan({ steps: done }))
    expect(stopped.hash('weights.safetensors')).toBe(straight.hash('weights.safetensors'))
  })

  test('that diverges says at which step, and saves nothing', async () => {
    const plan = flatPlan({ steps: 200 }, 'sgd(lr: 1e20, weight_decay: 1e20)')
    await expect(runs('diverged', plan)).rejects.toMatchObject({ code: 'ARC6504' })
    expect(() => readFileSync(join(root, 'diverged', 'weights.safetensors'))).toThrow('ENOENT')
  })
})
