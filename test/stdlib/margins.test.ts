/** The standard library's margins against their authors' code, on one device; `npm run bench:margins` has all layouts and XLA. */
import { describe, expect, test } from 'vitest'
import { comparedMargins } from '../../bench/margins/margins.ts'
import { authorsFigures, compareMargin, trainMargin } from '../../bench/margins/run-margin.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'

/** Relative; f32 against double precision. */
const LARGEST = 1e-5

describe('margins against their authors', () => {
  // A sample in chunks goes through all of the head; what differs between margins shows as well in half of them.
  const rows = comparedMargins.map((margin, i) => ({ margin, isSampled: i % 2 === 1 }))

  test.each(rows)('$margin.text, a sample in chunks: $isSampled', async ({ margin, isSampled }) => {
    const figures = authorsFigures(margin.figures)
    const engine = await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })
    const layout = { devices: 1, placement: 'shard', isChunked: isSampled, isSampled } as const
    const difference = compareMargin(await trainMargin(engine, margin, figures, layout), figures, isSampled)
    for (const [what, apart] of Object.entries(difference)) expect(apart, what).toBeLessThan(LARGEST)
    expect(engine.alive).toBe(0)
    engine.dispose()
  })
})
