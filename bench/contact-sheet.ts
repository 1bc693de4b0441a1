/**
 * `npm run contact-sheet -- [FILE.arc] [OUT.png]`: draws the people of an experiment's data set, one row each, training people
 * first, to inspect the training data.
 */
import { writeFileSync } from 'node:fs'
import { openEntry } from '../cli/host/entry.ts'
import { fileHost } from '../cli/host/host.ts'
import { compileExperiment } from '../compiler/driver.ts'
import { grayToRgb, type Image, imageBytes } from '../runtime/data/image.ts'
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

const { dataset, dispose } = await openData(plan.run)
const rows: Image[][] = Array.from({ length: Math.min(ROWS, dataset.classes) }, () => [])
for (let i = 0; i < dataset.images; i++) {
  const row = rows[dataset.label(i)]
  if (row === undefined || row.length === COLUMNS) continue
  const [height, width, channels] = dataset.shape
  const data = new Uint8Array(imageBytes(dataset.shape))
  await dataset.read(i, data, 0)
  row.push(channels === 1 ? grayToRgb(data, width, height) : { width, height, data })
}
dispose()
writeFileSync(out, await encodePng(contactSheet(rows)))
process.stdout.write(`${out}: ${rows.length} people of ${dataset.name}\n`)
