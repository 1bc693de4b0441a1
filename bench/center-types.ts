/**
 * `npm run bench:centers`: a small experiment with centers and momentum in fewer bits. Exit code 1 if the final loss differs from
 * that of f32 by more than three standard deviations over seeds.
 */

import { formatNumber } from '../cli/render/format.ts'
import { renderTable } from '../cli/render/table.ts'
import { need } from '../grammar/diagnostic.ts'
import { FACE_SIZE } from '../runtime/data/image.ts'
import { createEngine } from '../runtime/engines/create-engine.ts'
import { oneProcess } from '../runtime/world.ts'
import { type CenterTypes, runCenters } from './center-types-run.ts'

const seeds = [1, 2, 3]
const kinds: readonly CenterTypes[] = [
  { weights: 'f32', state: 'f32' },
  { weights: 'f32', state: 'bf16' },
  { weights: 'f32', state: 'int8' },
  { weights: 'bf16', state: 'bf16' },
  { weights: 'bf16', state: 'int8' },
]

const engine = await createEngine('xla', oneProcess(1), () => {})
const rows = []
for (const kind of kinds) {
  const results = []
  for (const seed of seeds)
    results.push(await runCenters(engine, { ...kind, seed, steps: 300, classes: 300, side: FACE_SIZE }))
  const losses = results.map((result) => result.loss)
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length
  const deviation = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (losses.length - 1))
  rows.push({ kind, bytes: need(results[0], 'a run').bytesPerWeight, losses, mean, deviation })
}
engine.dispose()

const base = need(rows[0], 'a row')
const right = { align: 'right' } as const
const lines = renderTable(
  [
    { title: 'centers' },
    { title: 'momentum' },
    { title: 'bytes a weight', ...right },
    { title: 'loss at the end', ...right },
    { title: 'deviation over seeds', ...right },
    { title: 'from f32, seed by seed', ...right },
  ],
  rows.map(({ kind, bytes, losses, mean, deviation }) => [
    kind.weights,
    kind.state,
    formatNumber(bytes),
    mean.toFixed(4),
    deviation.toFixed(4),
    losses.map((loss, i) => (loss - need(base.losses[i], 'a loss')).toFixed(4)).join(' '),
  ]),
  { gap: 3 },
)
process.stdout.write(`${lines.join('\n')}\n`)
process.exit(rows.every((row) => Math.abs(row.mean - base.mean) <= 3 * base.deviation) ? 0 : 1)
