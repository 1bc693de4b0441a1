/** Recomputation, of what is cheap or by blocks, changes what is kept, not what comes out; XLA's own figures say that it keeps less. */
import { expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { compileStep } from '../../runtime/train/programs.ts'
import { metricOf, narrowPlan, seriesDifference, stateDifferences, trainNarrow } from '../helpers/narrow.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

const deep = 'iresnet(depths: [2, 3], channels: [8, 8], stem: 8, embedding: 24)'
/** Drop path and patch masks: what they draw must be drawn again. */
const vision = 'vit(width: 32, depth: 4, heads: 4, embedding: 24, drop: 0.3, mask: 10%)'

describeOnXla('recomputation', () => {
  test.each([
    ['cheap', deep, '', 1],
    ['blocks', deep, '', 0.8],
    ['blocks', deep, ', batch_norm = synced', 0.8],
    ['blocks', vision, '', 0.8],
  ])('%s of %s%s: the same steps with fewer bytes', async (recompute, backbone, more, share) => {
    const planOf = (mode: string) =>
      narrowPlan({
        devices: 2,
        batch: 4,
        classes: 13,
        backbone,
        train: `recompute = ${mode}${more}`,
        optimizer: 'sgd(lr: 0.005, momentum: 0.9, weight_decay: 5e-4)',
      })
    const [none, blocks] = [planOf('none'), planOf(recompute)]
    await withXla(2, async (engine) => {
      const [a, b] = [await trainNarrow(engine, none, 3), await trainNarrow(engine, blocks, 3)]
      expect(seriesDifference(metricOf(b, 'loss'), metricOf(a, 'loss'))).toBeLessThan(1e-5)
      expect(seriesDifference(metricOf(b, 'gradient_norm'), metricOf(a, 'gradient_norm'))).toBeLessThan(1e-4)
      expect(stateDifferences(none, b.state, a.state, 2e-4)).toEqual([])
      const temporaries = async (plan: typeof none) => {
        const step = await compileStep(engine, plan)
        const bytes = need(step.memory, "XLA's figures").temporaries
        step.dispose()
        return bytes
      }
      expect(await temporaries(blocks)).toBeLessThan(share * (await temporaries(none)))
    })
  })
})
