/** Whole runs of a narrow network: what becomes of the steps in flight when one stops, diverges or is looked at on the way. */
import { createHash } from 'node:crypto'
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Plan } from '../../compiler/plan/plan.ts'
import { readManifest } from '../../runtime/checkpoint/manifest.ts'
import { newestIntact } from '../../runtime/checkpoint/newest-intact.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { openSafetensors } from '../../runtime/safetensors.ts'
import type { ResumeFrom } from '../../runtime/train/resume-from.ts'
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

/** SHA-256 of the files of a checkpoint. */
function checkpointHashes(name: string, step: number): readonly string[] {
  const folder = join(root, name, `checkpoints/step-${String(step).padStart(6, '0')}`)
  return readdirSync(folder).map((file) =>
    createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex'),
  )
}

async function runs(
  name: string,
  plan: Plan,
  onEvent: (event: RunEvent, stop: () => void) => void = () => {},
  resume?: ResumeFrom,
) {
  const interrupt = new AbortController()
  const events: RunEvent[] = []
  const folder = join(root, name)
  await train(plan, {
    engine: 'xla',
    folder,
    ...(resume === undefined ? {} : { resume }),
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

  test('that goes on in the middle of an epoch, past a damaged checkpoint, computes the same', async () => {
    const steps = 12
    const plan = flatPlan({
      steps,
      checkpoint: { every: { kind: 'duration', count: 5, unit: 'steps' }, keep: 3, best: undefined },
    })
    expect(5 % plan.run.stepsPerEpoch).not.toBe(0)
    const straight = await runs('whole', plan)
    const hashes = checkpointHashes('whole', 12)
    rmSync(join(root, 'whole/weights.safetensors'))
    rmSync(join(root, 'whole/checkpoints/step-000012'), { recursive: true })
    appendFileSync(join(root, 'whole/checkpoints/step-000010/backbone.safetensors'), 'x')
    writeFileSync(join(root, 'whole/log.ndjson'), '{"type":"prog')
    const resume = {
      ...(await newestIntact(join(root, 'whole'))),
      changes: [{ path: 'train.clip', before: '5', now: '6' }],
    }
    const resumed = await runs('whole', plan, () => {}, resume)
    await resume.checkpoint?.close()
    expect(resumed.events).toContainEqual({
      type: 'resumed',
      step: 5,
      checkpoint: join(root, 'whole/checkpoints/step-000005'),
      changes: resume.changes,
    })
    const damaged = resumed.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))
    expect(damaged).toEqual([
      expect.stringContaining('step-000010 is damaged and not used: backbone.safetensors: it has'),
    ])
    expect(resumed.hash('weights.safetensors')).toBe(straight.hash('weights.safetensors'))
    expect(checkpointHashes('whole', 12)).toEqual(hashes)
    const log = readFileSync(join(root, 'whole/log.ndjson'), 'utf8').trim().split('\n')
    expect(log.slice(1).map((line) => JSON.parse(line).type)).toContain('resumed')
  })

  test('whose state has changed is refused, and nothing in its folder changes', async () => {
    const before = readFileSync(join(root, 'whole/plan.yaml'), 'utf8')
    const resume = { ...(await newestIntact(join(root, 'whole'))), changes: [] }
    const plan = flatPlan({ steps: 12 }, 'adamw(lr: 0.01)')
    await expect(runs('whole', plan, () => {}, resume)).rejects.toMatchObject({ code: 'ARC6704' })
    await resume.checkpoint?.close()
    expect(readFileSync(join(root, 'whole/plan.yaml'), 'utf8')).toBe(before)
  })

  test('keeps the checkpoint of the best verification, and writes one where there is none', async () => {
    const base = flatPlan()
    const every = (count: number) => ({ kind: 'duration', count, unit: 'steps' }) as const
    const plan = flatPlan({
      steps: 6,
      dataset: { ...base.run.dataset, holdout: 10 },
      evaluate: { sets: ['holdout'], every: every(2), pairs: 20 },
      checkpoint: { every: every(3), keep: 1, best: 'holdout' },
    })
    const { events } = await runs('best', plan)
    const accuracies = events.flatMap((event) =>
      event.type === 'evaluation' && event.step > 0 ? [{ step: event.step, accuracy: event.accuracy }] : [],
    )
    expect(accuracies.map(({ step }) => step)).toEqual([2, 4, 6])
    const best = accuracies.reduce((a, b) => (b.accuracy > a.accuracy ? b : a))
    const kept = readdirSync(join(root, 'best/checkpoints')).map((name) => Number(name.slice(5)))
    expect(kept).toEqual([...new Set([best.step, 6])])
    const manifest = await readManifest(join(root, `best/checkpoints/step-00000${best.step}`))
    expect(manifest.metrics).toMatchObject([{ set: 'holdout', accuracy: best.accuracy }])
    const unknown = flatPlan({ steps: 6, checkpoint: { every: undefined, keep: 1, best: 'lfw' } })
    await expect(runs('unknown', unknown)).rejects.toMatchObject({ code: 'ARC6708' })
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
