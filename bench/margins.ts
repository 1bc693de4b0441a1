/** `npm run bench:margins`: the standard library's margins against their authors' code (`margins/README.md`). */
import { parseArgs } from 'node:util'
import { createTfjsEngine } from '../runtime/tfjs/engine.ts'
import { oneProcess } from '../runtime/world.ts'
import { createXlaEngine } from '../runtime/xla/engine.ts'
import { comparedMargins } from './margins/margins.ts'
import { authorsFigures, compareMargin, type MarginLayout, trainMargin } from './margins/run-margin.ts'

const LARGEST = 1e-5

const { values } = parseArgs({ options: { engine: { type: 'string', default: 'xla' }, only: { type: 'string' } } })
const chosen = values.only?.split(',')

const layouts: readonly MarginLayout[] = [1, 2, 4].flatMap((devices) =>
  (devices === 1 ? (['shard'] as const) : (['shard', 'replicate'] as const)).flatMap((placement) =>
    [false, true].flatMap((isChunked) =>
      [false, true].map((isSampled): MarginLayout => ({ devices, placement, isChunked, isSampled })),
    ),
  ),
)

const describe = ({ devices, placement, isChunked, isSampled }: MarginLayout) =>
  `${devices} ${placement}${isChunked ? ', chunks' : ''}${isSampled ? ', a sample' : ''}`

const print = (line: string) => process.stdout.write(`${line}\n`)

let failed = 0
for (const devices of [1, 2, 4]) {
  const world = oneProcess(devices)
  const engine =
    values.engine === 'xla' ? await createXlaEngine({ world }) : await createTfjsEngine({ world, backend: 'cpu' })
  for (const margin of comparedMargins.filter(({ figures }) => chosen === undefined || chosen.includes(figures))) {
    const figures = authorsFigures(margin.figures)
    for (const layout of layouts.filter((own) => own.devices === devices)) {
      const ours = await trainMargin(engine, margin, figures, layout)
      const difference = compareMargin(ours, figures, layout.isSampled)
      const parts = Object.entries(difference).map(([name, value]) => `${name} ${value.toExponential(1)}`)
      const isFine = Object.values(difference).every((value) => value <= LARGEST)
      if (!isFine) failed++
      print(
        `${isFine ? 'ok  ' : 'FAIL'} ${margin.figures.padEnd(18)} ${describe(layout).padEnd(32)} ${parts.join(', ')}`,
      )
    }
  }
  engine.dispose()
}
print(failed === 0 ? 'all within 1e-5' : `${failed} are further apart than 1e-5`)
process.exitCode = failed === 0 ? 0 : 1
