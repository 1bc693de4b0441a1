/** Batch normalization over a single value of a channel is refused. */
import { describe, expect, it } from 'vitest'
import { tryChange } from '../../../compiler/plan/candidate.ts'
import { batchSetting, type Change } from '../../../compiler/plan/paths.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { memoryHost } from '../../helpers/diagnose.ts'
import { factsOf, wordsOf } from '../../helpers/facts.ts'
import { compileText } from '../../helpers/plan.ts'
import { experimentText, resolveBody } from '../../helpers/resolve.ts'

function compile(body: string) {
  const { plan, diagnostics } = compileText(experimentText(body), { experiment: 'run' })
  return { plan, said: factsOf(diagnostics), words: wordsOf(diagnostics), codes: diagnostics.map(({ code }) => code) }
}

describe('one value of a channel', () => {
  it('says where, and what would do', () => {
    const { said, words } = compile('train.batch = 1 per device')
    expect(words).toMatchInlineSnapshot(`
      "ARC5007 fix:   write \`train.batch = 2 per device\`
      ARC5007 label: 1 image on each of 2 devices
      ARC5007 note:  expected at least two images of each device, or \`batch_norm = synced\` for the statistics of all devices
      "
    `)
    expect(said).toMatchInlineSnapshot(`
      "ARC5007 test.arc:15:15 \`1 per device\`
        path: features
        fix  test.arc:15:15 \`1 per device\` → "2 per device"
        a label, notes: 1
      "
    `)
  })

  it.each([
    ['a part of one image', 'train { batch = 4 per device, accumulate = 4 }'],
    ['all devices together', 'train.batch = 2 global'],
    ['blocks again', 'train { batch = 1 per device, recompute = blocks }'],
    ['parts again', 'train { batch = 2 per device, accumulate = 2, recompute = cheap }'],
    ['one device that is all devices', 'machine = cpu\n train { batch = 1 per device, batch_norm = synced }'],
  ])('%s', (_, body) => {
    const { plan, codes } = compile(body)
    expect(codes).toEqual(['ARC5007'])
    expect(plan).toBeUndefined()
  })

  it('the fix is a batch that the parts divide', () => {
    const { diagnostics } = compileText(experimentText('train { batch = 4 per device, accumulate = 4 }'), {
      experiment: 'run',
    })
    expect(diagnostics[0]?.fix?.replacement).toBe('8 per device')
  })
})

describe('two values', () => {
  it.each([
    ['two images', 'train.batch = 2 per device'],
    ['parts of two', 'train { batch = 8 per device, accumulate = 4 }'],
    ['one image on each of two devices, synced', 'train { batch = 1 per device, batch_norm = synced }'],
  ])('%s', (_, body) => {
    expect(compile(body).codes).toEqual([])
  })
})

it('the planner tries nothing of the kind', () => {
  const { experiment } = resolveBody('train.batch = 4 per device')
  const can = (change: Change) => tryChange(need(experiment, 'run'), change, memoryHost()) !== undefined
  expect([[batchSetting(2)], [batchSetting(1)]].map(can)).toEqual([true, false])
  const parts = (value: number): Change => [{ path: 'train.accumulate', value }]
  expect([parts(2), parts(4)].map(can)).toEqual([true, false])
})
