/** `train.augment`: the augmentations of the standard library and own ones as plain data, and their mistakes. */
import { describe, expect, it } from 'vitest'
import { augmentOps } from '../../../compiler/schema/augmentation.ts'
import { rendered } from '../../helpers/diagnose.ts'
import { planOf } from '../../helpers/plan.ts'
import { experimentText, resolveBody } from '../../helpers/resolve.ts'

function augmentOf(list: string, declarations = '') {
  const { experiment, diagnostics } = resolveBody(`train.augment = ${list}`, declarations)
  expect(rendered(diagnostics.filter((d) => d.severity === 'error'))).toBe('')
  return experiment?.augment
}

const codes = (list: string, declarations = '') =>
  resolveBody(`train.augment = ${list}`, declarations).diagnostics.map((d) => d.code)

describe('train.augment', () => {
  it('mirrors half of the images by default', () => {
    const { experiment } = resolveBody('')
    expect(experiment?.augment).toEqual({ flip: 0.5, ops: [] })
    expect(experiment?.resolved.find(({ path }) => path === 'train.augment')).toEqual({
      path: 'train.augment',
      text: '[flip(probability: 0.5)]',
      isDefault: true,
      origin: 'default',
    })
  })

  it('may be empty, and flip may have any probability and position', () => {
    expect(augmentOf('[]')).toEqual({ flip: 0, ops: [] })
    expect(augmentOf('[flip(0.3)]')).toEqual({ flip: 0.3, ops: [] })
    expect(augmentOf('[gray(0.5), flip(1), gray]')).toEqual({
      flip: 1,
      ops: [
        { op: 'gray', probability: 0.5 },
        { op: 'gray', probability: 0.01 },
      ],
    })
  })

  it('accepts every operation, with its defaults', () => {
    const all = augmentOf(
      '[flip(), crop(), low_resolution(), jitter(brightness: 0.2), hsv(hue_shift: [-5 deg, 5 deg]), blur(), gray(), cutout(), jpeg()]',
    )
    expect(all).toEqual({
      flip: 0.5,
      ops: [
        { op: 'crop', probability: 1, scale: 0.8, ratio: 4 / 3, resize: true },
        { op: 'low_resolution', probability: 0.2, side: [0.2, 1], interpolation: 'any' },
        { op: 'jitter', probability: 1, brightness: 0.2, contrast: 0, saturation: 0, hue: 0 },
        { op: 'hsv', probability: 0.2, hueShift: [-Math.PI / 36, Math.PI / 36], saturationFactor: [1, 1] },
        { op: 'blur', probability: 0.2, window: [3, 5] },
        { op: 'gray', probability: 0.01 },
        { op: 'cutout', probability: 0.1, area: [0.02, 0.33], ratio: 3.3, fill: 0 },
        { op: 'jpeg', probability: 0.1, quality: [30, 95] },
      ],
    })
    expect(['flip', ...(all?.ops.map(({ op }) => op) ?? [])]).toEqual(augmentOps)
  })

  it('accepts `dali()` alone and among other augmentations', () => {
    const dali = augmentOf('dali()')
    expect(dali?.flip).toBe(0.5)
    expect(dali?.ops.map(({ op }) => op)).toEqual(['low_resolution', 'blur', 'hsv', 'gray'])
    const more = augmentOf('[crop(0.2, scale: 0.2, resize: false), dali(), cutout(0.1)]')
    expect(more?.ops.map(({ op }) => op)).toEqual(['crop', 'low_resolution', 'blur', 'hsv', 'gray', 'cutout'])
  })

  it('accepts augmentations declared in the file', () => {
    const own = 'augmentation soft(n: int) { op = low_resolution, side = [0.1 * n, 0.9], interpolation = cubic }'
    expect(augmentOf('[soft(3)]', own)?.ops).toEqual([
      { op: 'low_resolution', probability: 1, side: [expect.closeTo(0.3), 0.9], interpolation: 'cubic' },
    ])
  })

  it('appears in the run, the fields and the graph of the plan', () => {
    const run = { experiment: 'run' }
    const plan = planOf(experimentText('train.augment = [gray(0.2)]'), run)
    expect(plan.run.augment).toEqual({ flip: 0, ops: [{ op: 'gray', probability: 0.2 }] })
    expect(structuredClone(plan.run.augment)).toEqual(plan.run.augment)
    const field = plan.document.experiment.fields.find(({ path }) => path === 'train.augment')
    expect(field).toEqual({ path: 'train.augment', value: '[gray(probability: 0.2)]', origin: 'file' })
    const mirroring = planOf(experimentText('train.augment = [flip(0.1)]'), run)
    expect(mirroring.graphs.step.ops.length).toBeGreaterThan(plan.graphs.step.ops.length)
  })
})

describe('mistakes in train.augment', () => {
  it.each([
    ['[gray(1.5)]', 'ARC4020'],
    ['[gray(-0.1)]', 'ARC4020'],
    ['[crop(scale: 0)]', 'ARC4020'],
    ['[crop(scale: 1.2)]', 'ARC4020'],
    ['[crop(ratio: 0.5)]', 'ARC4020'],
    ['[low_resolution(side: [0, 1])]', 'ARC4020'],
    ['[jitter(brightness: -1)]', 'ARC4020'],
    ['[jitter(hue: 0.6)]', 'ARC4020'],
    ['[jpeg(quality: [0, 95])]', 'ARC4020'],
    ['[cutout(fill: 256)]', 'ARC4020'],
    ['[blur(window: [1, 5])]', 'ARC4020'],
    ['[blur(window: [5, 3])]', 'ARC4242'],
    ['[blur(window: [])]', 'ARC4242'],
    ['[blur(window: [3])]', 'ARC4242'],
    ['[jpeg(quality: [30, 60, 90])]', 'ARC4242'],
    ['[blur(window: [4, 5])]', 'ARC4243'],
    ['[flip(), flip(0.1)]', 'ARC4244'],
    ['[flip(), dali()]', 'ARC4244'],
    ['[jitter()]', 'ARC4245'],
    ['[hsv()]', 'ARC4245'],
    ['[crop(scale: 1)]', 'ARC4245'],
    ['[low_resolution(side: [1, 1])]', 'ARC4245'],
    ['[gray(3), 5]', 'ARC3001'],
    ['flip()', 'ARC3001'],
    ['[sgd(lr: 1)]', 'ARC3001'],
    ['[hsv(hue_shift: [0, 20])]', 'ARC3002'],
  ])('%s: %s', (list, code) => {
    expect(codes(list)).toContain(code)
  })

  it('are all reported where they are written', () => {
    const { diagnostics } = resolveBody('train.augment = [crop(scale: 0), gray(2), flip(), flip()]')
    expect(diagnostics.map((d) => [d.code, d.span.source.text.slice(d.span.start, d.span.end)])).toEqual([
      ['ARC4020', '0'],
      ['ARC4020', '2'],
      ['ARC4244', 'flip()'],
    ])
  })

  it('in a list from the standard library are reported where the file uses the list', () => {
    const { diagnostics } = resolveBody('train.augment = [flip(), dali()]')
    expect(diagnostics.map((d) => d.span.source.path)).toEqual(['test.arc'])
  })

  it('in augmentations declared in the file name the field and the declaration', () => {
    expect(codes('[mine]', 'augmentation mine { op = crop }')).toEqual(['ARC4240'])
    expect(codes('[mine]', 'augmentation mine { op = gray, scale = 0.5 }')).toEqual(['ARC4241'])
    expect(codes('[mine]', 'augmentation mine { op = flip, fill = 3 }')).toEqual(['ARC4241'])
    expect(codes('[mine]', 'augmentation mine { scale = 0.5 }')).toContain('ARC3204')
  })

  it('include changes of color for images with one channel: the message says that three are needed', () => {
    const one = `backbone one on Image(16, 16, 1) -> Vector(8) { input |> flatten |> linear(8) }`
    const found = (list: string) =>
      resolveBody(`backbone = one\n  train.augment = ${list}`, one).diagnostics.map((d) => d.code)
    expect(found('[gray()]')).toEqual(['ARC4245'])
    expect(found('[jitter(saturation: 0.5)]')).toEqual(['ARC4245'])
    expect(found('dali()')).toEqual(['ARC4245'])
    expect(found('[jitter(brightness: 0.5, saturation: 0.5), blur()]')).toEqual([])
  })

  it('include the former field `flip`: the message names its replacement', () => {
    const { diagnostics } = resolveBody('train.flip = false')
    expect(diagnostics.map((d) => d.code)).toEqual(['ARC3201'])
    expect(rendered(diagnostics)).toContain('`augment = []`')
  })
})
