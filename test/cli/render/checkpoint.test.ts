/** Checkpoints and resumed runs as text. */
import { expect, test } from 'vitest'
import { renderCheckpoint, renderVerification } from '../../../cli/render/checkpoint.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { resumeCommand } from '../../../cli/render/resume-command.ts'
import { renderPermanent, renderSummary } from '../../../cli/render/run.ts'
import { advance, noEvents } from '../../../cli/render/run-state.ts'
import { createManifest } from '../../../runtime/checkpoint/manifest.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { factsAt } from '../../helpers/state.ts'
import { runEvents } from './run-fixture.ts'

const file = (name: string, bytes: number) => ({ name, bytes, sha256: '0'.repeat(64) })
const f32 = (...shape: readonly number[]) => ({ dtype: 'f32', shape }) as const

test('a checkpoint', () => {
  const metrics = [{ set: 'lfw', accuracy: 0.9953, deviation: 0.003, auc: 0.999, xnorm: 21 }]
  const files = [file('backbone.safetensors', 4200), file('centers-00001-of-00001.safetensors', 90_000)]
  const opened = {
    path: 'runs/narrow-001/checkpoints/step-000120',
    manifest: createManifest(factsAt(120, metrics), { classes: 11, files }),
    types: new Map([
      ['fc.weight', f32(16, 64)],
      ['centers', f32(1234, 16)],
    ]),
    tables: new Set(['centers']),
    contents: new Map([
      ['backbone.safetensors', new Map([['fc.weight', f32(16, 64)]])],
      ['centers-00001-of-00001.safetensors', new Map([['centers', f32(1234, 16)]])],
    ]),
  }
  expect(renderCheckpoint(opened, [110, 100], documentLook).join('\n')).toMatchInlineSnapshot(`
    "runs/narrow-001/checkpoints/step-000120
      run        narrow   step 120   epoch 12   at an interval
      written    by arcc 0.0.0   on 2 devices
      centers    11 classes   centers f32[1234,16]
      verified   lfw 99.53 %
      others     steps 110, 100

      file                                 tensors   elements       size
      backbone.safetensors                       1      1,024   4.10 KiB
      centers-00001-of-00001.safetensors         1     19,744   87.9 KiB
      total                                                     92.0 KiB"
  `)
  const faults = ['fc.weight has 2 elements that are not finite']
  const lines = [
    ...renderVerification({ path: opened.path, manifest: opened.manifest, tensors: 2, faults: [] }, documentLook),
    ...renderVerification({ path: opened.path, tensors: 2, faults }, documentLook),
  ]
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "intact   runs/narrow-001/checkpoints/step-000120, step 120, 2 tensors
    damaged  runs/narrow-001/checkpoints/step-000120
        fc.weight has 2 elements that are not finite"
  `)
})

test('a run that goes on, and one that is interrupted', () => {
  const resumed: RunEvent = {
    type: 'resumed',
    step: 20,
    checkpoint: 'runs/a-001/checkpoints/step-000020',
    changes: [
      { path: 'train.epochs', before: '4', now: '8' },
      { path: 'train.clip', before: '5' },
    ],
  }
  const first: RunEvent = { type: 'resumed', step: 0, changes: [] }
  const text = [resumed, first].flatMap((event) => renderPermanent(event, documentLook)).join('\n')
  expect(text).toMatchInlineSnapshot(`
    "resumed  step 20, runs/a-001/checkpoints/step-000020
    changed  train.epochs = 8, was 4
    changed  train.clip = nothing, was 5
    resumed  from the beginning: there is no checkpoint yet"
  `)
  const stopped = runEvents.map((event) =>
    event.type === 'end' ? { ...event, status: 'interrupted' as const } : event,
  )
  expect(renderSummary(stopped.reduce(advance, noEvents), documentLook).at(-1)).toBe(
    'To go on: arcc run --resume runs/quickstart-001',
  )
})

test.each([
  ['runs/a-001', 'arcc run --resume runs/a-001'],
  ["my runs/it's", "arcc run --resume 'my runs/it'\\''s'"],
])('the command for %s', (folder, expected) => {
  expect(resumeCommand(folder)).toBe(expected)
})
