/**
 * `npm run golden -- FILE…`: repeats golden runs of arcface_torch on engine xla, planned and written for the CPU and for CUDA, and
 * prints a table of each; exit code 1 if a figure differs by more than 1e-3. Without files, all of `test/golden/arcface-torch`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileHost } from '../cli/host/host.ts'
import { deviceKinds } from '../compiler/ir/device-kind.ts'
import { oneProcess } from '../runtime/world.ts'
import { createXlaEngine } from '../runtime/xla/engine.ts'
import { type Comparison, type Golden, runGolden } from './golden-run.ts'

const TOLERANCE = 1e-3
const folder = join(import.meta.dirname, '../test/golden/arcface-torch')
const named = process.argv.slice(2)
const files = named.length > 0 ? named : readdirSync(folder).map((name) => join(folder, name))

let allWithin = true
for (const file of files) {
  const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden
  for (const kind of deviceKinds) {
    const engine = await createXlaEngine({ world: oneProcess(golden.config.world), writeFor: kind })
    const comparisons = await runGolden(golden, engine, fileHost(), kind)
    if (engine.alive !== 0) process.stderr.write(`${engine.alive} tensors were left on the devices\n`)
    engine.dispose()
    process.stdout.write(`${renderGolden(`${file}, for ${kind}`, comparisons)}\n`)
    allWithin &&= comparisons.every((c) => c.difference <= TOLERANCE)
  }
}
process.exit(allWithin ? 0 : 1)

/** Losses, norms and embeddings line by line; for the parameters, the worst one and each that exceeds the tolerance. */
function renderGolden(title: string, comparisons: readonly Comparison[]): string {
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
  return [title, `         arcface_torch           arcc`, ...shown.map(line)].join('\n')
}
