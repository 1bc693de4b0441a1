/** Fixes of the planner's answers: for every path that the planner sets, at its place in the file. */
import { describe, expect, it } from 'vitest'
import { isChosen } from '../../../compiler/experiment/experiment.ts'
import { answerFix } from '../../../compiler/plan/answer-text.ts'
import { batchSetting, type PlannerPath, type Setting, settingOf, written } from '../../../compiler/plan/paths.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { experimentText, resolveText } from '../../helpers/resolve.ts'

/** The fix of an answer with one setting, the fixed text of the file, and its new value. */
function fixed(body: string, setting: Setting) {
  const text = experimentText(body)
  const experiment = need(resolveText(text, { name: 'run' }).experiment, 'an experiment')
  const answer = { set: [written(setting)], peak: 1, samplesPerSecond: 1 }
  const { fix } = answerFix(experiment, { answers: [answer] })
  if (fix === undefined) return undefined
  const { start, end } = fix.span
  const better = resolveText(`${text.slice(0, start)}${fix.replacement}${text.slice(end)}`, { name: 'run' })
  expect(better.diagnostics.map(({ message }) => message)).toEqual([])
  const found = need(better.experiment, 'an experiment after the fix')
  if (!isChosen(found)) throw new Error('the fix leaves something open')
  return { message: fix.message, value: settingOf(found, setting.path).value }
}

/** A body with the field, a setting for it, and the fix. */
const cases: { readonly [P in PlannerPath]: readonly (readonly [string, Setting, string])[] } = {
  'train.batch': [
    ['train.batch = 1024 global', batchSetting(16), 'write `train.batch = 16 per device`'],
    ['train { batch = 64 per device }', batchSetting(16), 'write `train.batch = 16 per device`'],
  ],
  'train.accumulate': [
    ['train.accumulate = 1', { path: 'train.accumulate', value: 4 }, 'write `train.accumulate = 4`'],
  ],
  'train.recompute': [
    ['train.recompute = none', { path: 'train.recompute', value: 'blocks' }, 'write `train.recompute = blocks`'],
  ],
  'centers.placement': [
    [
      'centers.placement = replicate',
      { path: 'centers.placement', value: 'shard' },
      'write `centers.placement = shard`',
    ],
  ],
  'centers.sample_rate': [
    ['centers { sample_rate = 0.9 }', { path: 'centers.sample_rate', value: 0.3 }, 'write `centers.sample_rate = 30%`'],
  ],
  'centers.state': [['centers.state = f32', { path: 'centers.state', value: 'int8' }, 'write `centers.state = int8`']],
  'centers.weights': [
    ['centers.weights = f32', { path: 'centers.weights', value: 'bf16' }, 'write `centers.weights = bf16`'],
  ],
  'machine.nodes': [
    [
      'machine = dgx_a100(nodes: 1)\n  machine.nodes = 2',
      { path: 'machine.nodes', value: 4 },
      'write `machine.nodes = 4`',
    ],
  ],
}

describe.each(Object.entries(cases))('%s', (_, own) => {
  it.each(own)('%s', (body, setting, message) => {
    expect(fixed(body, setting)).toEqual({ message, value: setting.value })
  })
})

describe('there is no fix', () => {
  it.each<readonly [string, string, Setting]>([
    ['where the file leaves the field out', '', { path: 'train.recompute', value: 'cheap' }],
    ['where an object has the field', 'machine = dgx_a100(nodes: 2)', { path: 'machine.nodes', value: 4 }],
  ])('%s', (_, body, setting) => {
    expect(fixed(body, setting)).toBeUndefined()
  })

  it('where --set gives the value that counts', () => {
    const settings = ['train.recompute=cheap', 'machine.nodes=2']
    const text = experimentText('train.recompute = none\n  machine = dgx_a100\n  machine.nodes = 1')
    const experiment = need(resolveText(text, { name: 'run', settings }).experiment, 'an experiment')
    expect(['train.recompute', 'machine.nodes'].map((path) => experiment.writtenSpan(path))).toEqual([
      undefined,
      undefined,
    ])
  })
})
