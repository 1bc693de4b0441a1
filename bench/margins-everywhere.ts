/**
 * `npm run bench:margins-everywhere`: every margin of the standard library for 3 steps in f32, bf16 and f16, on both engines, with 1 and
 * 2 devices, with all classes and with a sample in chunks; and on XLA, a run that goes on from its checkpoint. A table of the results.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createTfjsEngine } from '../runtime/tfjs/engine.ts'
import { oneProcess } from '../runtime/world.ts'
import { createXlaEngine } from '../runtime/xla/engine.ts'
import { isSameResumed, precisions, trainEverywhere } from './margins/everywhere.ts'
import { comparedMargins } from './margins/margins.ts'

const { values } = parseArgs({
  options: { only: { type: 'string' }, devices: { type: 'string', default: '1,2' }, 'no-resume': { type: 'boolean' } },
})
const chosen = values.only?.split(',')
const print = (line: string) => process.stdout.write(`${line}\n`)
const reference = await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })
let failed = 0
print('| Margin | Devices | Classes | f32 | bf16 | f16 | Resumed |')
print('|---|---|---|---|---|---|---|')
for (const devices of values.devices.split(',').map(Number)) {
  const world = oneProcess(devices)
  const xla = await createXlaEngine({ world })
  const tfjs = await createTfjsEngine({ world, backend: 'cpu' })
  for (const margin of comparedMargins.filter(({ figures }) => chosen === undefined || chosen.includes(figures))) {
    const results = await trainEverywhere(margin, devices, xla, tfjs, reference)
    for (const isSampled of [false, true]) {
      const own = results.filter(({ way }) => way.isSampled === isSampled)
      const cells = own.map((one) => `${Math.max(one.xla, one.tfjs).toExponential(0)}${one.isFine ? '' : ' FAIL'}`)
      failed += own.filter(({ isFine }) => !isFine).length
      let resumed = '-'
      if (isSampled && values['no-resume'] !== true) {
        const folder = mkdtempSync(join(tmpdir(), 'arcc-margin-'))
        const precision = precisions[devices % precisions.length] ?? 'f32'
        const isSame = await isSameResumed(margin, { precision, devices, isSampled }, xla, folder)
        rmSync(folder, { recursive: true })
        if (!isSame) failed++
        resumed = isSame ? `same bytes, ${precision}` : 'FAIL'
      }
      print(
        `| ${margin.figures} | ${devices} | ${isSampled ? 'a sample' : 'all'} | ${cells.join(' | ')} | ${resumed} |`,
      )
    }
  }
  xla.dispose()
  tfjs.dispose()
}
reference.dispose()
print(failed === 0 ? 'all as expected' : `${failed} are not as expected`)
process.exitCode = failed === 0 ? 0 : 1
