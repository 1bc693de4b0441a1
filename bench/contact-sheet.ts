/**
 * `npm run contact-sheet -- [FILE.arc] [OUT.png]`: draws the people of an experiment's data set, one row each, training people
 * first, to inspect the training data.
 */
import { writeFileSync } from 'node:fs'
import { openEntry } from '../cli/host/entry.ts'
import { fileHost } from '../cli/host/host.ts'
import { compileExperiment } from '../compiler/driver.ts'
import { grayToRgb, type Image } from '../runtime/data/image.ts'
import { createLoader } from '../runtime/data/loader/loader.ts'
import { startDecodeWorkers } from '../runtime/data/loader/start-workers.ts'
import { openData } from '../runtime/train/open-data.ts'
import { contactSheet, encodePng } from './paste-pictures.ts'

const ROWS = 8
const COLUMNS = 10

const [file = 'experiments/quickstart.arc', out = 'contact-sheet.png'] = process.argv.slice(2)
const host = fileHost()
const { plan, diagnostics } = compileExperiment({ entry: openEntry(host, file) }, host)
if (plan === undefined) {
  for (const diagnostic of diagnostics) process.stderr.write(`${diagnostic.code} ${diagnostic.message}\n`)
  process.exit(1)
}

const { train } = await openData(plan.run)
const shape = plan.run.image
const workers = startDecodeWorkers(0)
const loader = await createLoader({ ...train, shape, rows: 1 }, workers)
const rows: Image[][] = Array.from({ length: Math.min(ROWS, train.classes) }, () => [])
for (let i = 0; i < train.images; i++) {
  const row = rows[train.label(i)]
  if (row === undefined || row.length === COLUMNS) continue
  const [height, width, channels] = shape
  const { pixels, release } = await loader.read(Uint32Array.of(i))
  const data = pixels.slice()
  release()
  row.push(channels === 1 ? grayToRgb(data, width, height) : { width, height, data })
}
loader.dispose()
await workers.dispose()
writeFileSync(out, await encodePng(contactSheet(rows)))
process.stdout.write(`${out}: ${rows.length} people of ${train.name}\n`)
