/** Recomputation, of what is cheap or by blocks, changes what is kept, not what comes out; XLA's own figures say that it keeps less. */
import { expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { locateKernels } from '../../runtime/xla/native/locate-kernels.ts'
import { narrowText } from '../helpers/narrow.ts'
import { metricOf, runOf, seriesDifference, stateDifferences } from '../helpers/run.ts'
import { describeOnXla, xlaEngines } from '../helpers/xla.ts'

const declarations = `
backbone deep() on Image(28, 28, 3) -> Vector(24) {
  let first = input |> conv(8, kernel: 3) as conv1 |> batch_norm as bn1 |> prelu as prelu
  let last = first |> residual(8, stride: 2) as "layer1.0" |> residual(8) as "layer1.1" |> residual(8) as "layer1.2"
  last |> batch_norm as bn2 |> flatten |> linear(24, precise: true) as fc |> batch_norm(scaled: false) as features
}`

/** Without arcc's own kernels, a step without recomputation takes nearly as little at this size. */
const kernels = await locateKernels(() => {})

/** Drop path and patch masks: what they draw must be drawn again. */
const vision = 'vit(width: 16, depth: 3, heads: 2, embedding: 24, drop: 0.3, mask: 10%)'

describeOnXla('recomputation', () => {
  const engineOf = xlaEngines([2])

  test.each([
    // At this size, the kernels' own order saves as much: an IResNet-18 at batch 16 takes 540 MB in place of 688.
    ['cheap', 'deep()', '', 1.2, 1.2],
    ['blocks', 'deep()', '', 0.8, 0.85],
    ['blocks', 'deep()', ', batch_norm = synced', 0.8, 0.85],
    ['blocks', vision, '', 0.8, 0.8],
  ])('%s of %s%s: the same steps within its bytes', async (recompute, backbone, more, withKernels, without) => {
    const share = kernels.found ? withKernels : without
    const textFor = (mode: string) =>
      narrowText({
        devices: 2,
        batch: 4,
        classes: 13,
        declarations,
        backbone,
        train: `recompute = ${mode}${more}`,
        optimizer: 'sgd(lr: 0.005, momentum: 0.9, weight_decay: 5e-4)',
      })
    const run = (mode: string) => runOf(textFor(mode), { engine: engineOf(2), steps: 3 })
    const [a, b] = [await run('none'), await run(recompute)]
    expect(seriesDifference(metricOf(b, 'loss'), metricOf(a, 'loss'))).toBeLessThan(1e-5)
    expect(seriesDifference(metricOf(b, 'gradient_norm'), metricOf(a, 'gradient_norm'))).toBeLessThan(1e-4)
    expect(stateDifferences(a.plan, b.state, a.state, 2e-4)).toEqual([])
    const temporaries = (own: typeof a) => need(own.memory, "XLA's figures").temporaries
    expect(temporaries(b)).toBeLessThan(share * temporaries(a))
  })
})
