/** Checkpoints: the newest are kept, with the weights of the devices. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../../runtime/events.ts'
import { openSafetensors } from '../../../runtime/safetensors.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { DeviceState } from '../../../runtime/train/device-state.ts'
import type { RunFolder } from '../../../runtime/train/run-folder.ts'
import { saveLastWeights, saveWeights } from '../../../runtime/train/save-weights.ts'
import type { Trainer } from '../../../runtime/train/trainer.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { narrowPlan } from '../../helpers/narrow.ts'

const declarations = `
backbone flat() on Image(12, 12, 3) -> Vector(4) { input |> flatten |> linear(4) as fc }`

test('of five files the newest three and the last', async () => {
  const root = mkdtempSync(join(tmpdir(), 'arcc-weights-'))
  const plan = narrowPlan({ devices: 2, batch: 2, classes: 11, declarations, backbone: 'flat()' })
  const engine = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
  const init = await engine.compile(plan.graphs.init)
  const state = new DeviceState(plan, await init.run([[], []]))
  try {
    const events: RunEvent[] = []
    const folder = { file: (name: string) => join(root, name) } as Partial<RunFolder> as RunFolder
    const parts: Partial<Trainer> = { plan, state, folder, kept: [], emit: (event) => events.push(event) }
    const trainer = parts as Trainer
    for (const steps of [10, 20, 30, 40]) {
      trainer.steps = steps
      await saveWeights(trainer)
    }
    await saveLastWeights(trainer)
    expect(readdirSync(root).sort()).toEqual([
      'weights-step-000020.safetensors',
      'weights-step-000030.safetensors',
      'weights-step-000040.safetensors',
      'weights.safetensors',
    ])
    const types = events.map(({ type }) => type)
    expect(types).toEqual(Array.from({ length: 5 }, () => ['phase', 'saved', 'phase']).flat())
    const file = await openSafetensors(join(root, 'weights-step-000040.safetensors'))
    expect(file.metadata.get('step')).toBe('40')
    expect([...file.tensors.keys()].sort()).toEqual(['centers', 'fc.bias', 'fc.weight'])
    expect((await file.read('centers')).shape).toEqual([11, 4])
    await file.close()
  } finally {
    state.dispose()
    init.dispose()
    engine.dispose()
    rmSync(root, { recursive: true })
  }
})
