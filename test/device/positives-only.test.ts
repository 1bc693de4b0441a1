/** Sample rate 0: only the classes of the batch take part, and no other center moves. */
import { expect, test } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'
import { narrowBatch, narrowText } from '../helpers/narrow.ts'
import { runOf, tensorDifference } from '../helpers/run.ts'
import { describeOnXla, withXla } from '../helpers/xla.ts'

describeOnXla('sample rate 0', () => {
  test('moves the classes of the batch alone, and both engines agree', async () => {
    const text = narrowText({ devices: 2, batch: 3, classes: 40, centers: 'sample_rate = 0%' })
    const xla = await withXla(2, (engine) => runOf(text, { engine, steps: 1 }))
    const { plan } = xla
    const labels = narrowBatch(plan, 0).flatMap((own) => [...need(own[1], 'labels').data])
    const index = plan.state.findIndex((tensor) => tensor.name === 'centers')
    const width = need(plan.state[index]?.shape[1], 'the width')
    const moved = plan.shards.flatMap(({ start, count }, replica) => {
      const before = need(xla.initial[replica]?.[index], 'centers').data
      const after = need(xla.state[replica]?.[index], 'centers').data
      const rows = Array.from({ length: count }, (_, row) => row)
      const differs = (row: number) => range(width).some((c) => before[row * width + c] !== after[row * width + c])
      return rows.filter(differs).map((row) => start + row)
    })
    expect(moved).toEqual([...new Set(labels)].toSorted((a, b) => a - b))

    const tfjs = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
    const other = await runOf(text, { engine: tfjs, steps: 1 })
    tfjs.dispose()
    expect(need(xla.metrics[0]?.[0], 'a loss')).toBeCloseTo(need(other.metrics[0]?.[0], 'a loss'), 4)
    xla.state.forEach((own, replica) => {
      const [a, b] = [need(own[index], 'centers'), need(other.state[replica]?.[index], 'centers')]
      expect(tensorDifference(a, b)).toBeLessThan(1e-4)
    })
  }, 60_000)
})

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}
