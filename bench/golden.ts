/**
 * `npm run golden -- FILE…`: repeats golden runs of arcface_torch on engine xla and prints a table; exit code 1 if a figure
 * differs by more than 1e-3.
 */
import { readFileSync } from 'node:fs'
import { fileHost } from '../cli/host/host.ts'
import { createEngine } from '../runtime/train/create-engine.ts'
import { oneProcess } from '../runtime/world.ts'
import { type Comparison, type Golden, runGolden } from './golden-run.ts'

const TOLERANCE = 1e-3
const files = process.argv.slice(2)
if (files.length === 0) {
  process.stderr.write('usage: npm run golden -- FILE…\n')
  process.exit(1)
}

let allWithin = true
for (const file of files) {
  const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden
  const engine = await createEngine('xla', oneProcess(golden.config.world), () => {})
  const comparisons = await runGolden(golden, engine, fileHost(), 'cpu')
  if (engine.alive !== 0) process.stderr.write(`${engine.alive} tensors were left on the devices\n`)
  engine.dispose()
  process.stdout.write(`${renderGolden(file, comparisons)}\n`)
  allWithin &&= comparisons.every((c) => c.difference <= TOLERANCE)
}
process.exit(allWithin ? 0 : 1)

/** Losses, norms and embeddings line by line; for the parameters, the worst one and each that exceeds the tolerance. */
function renderGolden(file: string, comparisons: readonly Comparison[]): string {
  const isParameter = (c: Comparison) => c.what.endsWith('after')
  const parameters = comparisons.filter(isParameter)
  const worst = parameters.reduce((a, c) => (c.difference > a.difference ? c : a))
  const shown = [
    ...comparisons.filter((c) => !isParameter(c)),
    ...parameters.filter((c) => c.difference > TOLERANCE && c !== worst),
    { ...worst, what: `worst of ${parameters.length} parameter figures: ${worst.what}` },
  ]
  const line = (c: Comparison) =>
    `  ${c.difference <= TOLERANCE ? 'ok  ' : 'OFF '} ${c.golden.toPrecision(8).padStart(14)} ${c.ours.toPrecision(8).padStart(14)} ${c.difference.toExponential(1)}  ${c.what}`
  return [file, `         arcface_torch           arcc`, ...shown.map(line)].join('\n')
}
