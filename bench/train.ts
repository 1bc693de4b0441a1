/**
 * `npm run bench:train -- --arcface-torch DIR --python PYTHON`: training steps of arcc and of arcface_torch on this CPU, in turn, each
 * time in a fresh process; `bench/README.md` describes what is measured. `--check` exits with code 1 if a bound is missed, `--json`
 * prints all figures, `--write` writes `bench/RESULTS.md`. `--only r18,head`, `--batch 16`, `--precision f32` and `--classes 100000`
 * select rows, `--pairs 3` the number of rounds; `--keep FILE` continues an interrupted comparison.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { packageFolder } from '../runtime/package-folder.ts'
import { planRow, stepFlops } from './train/experiment.ts'
import { measureRow } from './train/measure-row.ts'
import { buildPrograms } from './train/processes.ts'
import { judge, mergeRows, type Results, type RowResult, readKept, resultFor, writeKept } from './train/results.ts'
import { networks, type Row, rowName, selectRows } from './train/rows.ts'
import type { Effort } from './train/samples.ts'
import { arcfaceTorchFiles, findSetting, higherPeak, measurePeak } from './train/setting.ts'
import { renderForTerminal, resultsFile } from './train/table.ts'

const usage =
  'usage: npm run bench:train -- --arcface-torch DIR --python PYTHON [--check] [--json] [--write] [--keep FILE] [--only r18,…,head] [--batch N] [--precision f32|bf16] [--classes N] [--pairs N] [--others CORES] [--lock FILE]'

/** The most cores that other processes may use during a step that `--check` judges. */
const quietest = 0.1

function fail(why: string): never {
  process.stderr.write(`${why}\n${usage}\n`)
  process.exit(1)
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        python: { type: 'string' },
        'arcface-torch': { type: 'string' },
        check: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        keep: { type: 'string' },
        lock: { type: 'string' },
        only: { type: 'string' },
        batch: { type: 'string' },
        precision: { type: 'string' },
        classes: { type: 'string' },
        pairs: { type: 'string', default: '5' },
        others: { type: 'string', default: String(quietest) },
      },
    }).values
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}

const say = (what: string) => void process.stderr.write(`${what}\n`)
const options = readOptions()
const { python, 'arcface-torch': folder, pairs: pairsText, others: othersText } = options
if (process.platform !== 'linux') fail('it reads /proc, which only Linux has')
if (python === undefined || folder === undefined) fail('it compares with PyTorch')
const pairs = Number(pairsText)
const others = Number(othersText)
if (!Number.isInteger(pairs) || pairs < 1) fail(`--pairs is a whole number from 1, not ${pairsText}`)
if (!(others > 0)) fail(`--others is a number of cores above 0, not ${othersText}`)
if (options.check && others > quietest) fail(`--check judges steps during which others used at most ${quietest} cores`)
const files = arcfaceTorchFiles(resolve(folder))
if (typeof files === 'string') fail(files)
const torch = spawnSync(python, ['-c', 'import torch'], { encoding: 'utf8' })
if (torch.status !== 0)
  fail(`${python} cannot import torch: ${torch.error?.message ?? torch.stderr.trim().split('\n').at(-1)}`)
const only = options.only?.split(',')
const unknown = only?.filter((name) => ![...networks, 'head'].some((known) => known === name)) ?? []
if (unknown.length > 0) fail(`--only knows ${networks.join(', ')} and head, not ${unknown.join(', ')}`)
const selected = selectRows({ ...options, only })
if (selected.length === 0) fail('no row has all of that')

/** Ten seconds of a process on an idle computer, longer with the largest networks. */
const effort: Effort = { warmUp: 2, quiet: 4, seconds: 3, most: 60, others }
const setting = findSetting(resolve(folder), files, effort, pairs)
const kept = readKept(options.keep, setting)
if (kept.dropped !== undefined) say(`${options.keep}: ${kept.dropped}`)

function measure(row: Row, programs: Awaited<ReturnType<typeof buildPrograms>>): RowResult {
  const flops = stepFlops(row, planRow(row))
  try {
    return { row, flops, measured: measureRow(row, programs, { effort, pairs, say }) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    say(`${rowName(row)}: ${why}`)
    return { row, flops, measured: why }
  }
}

const programs = await buildPrograms({ python, arcfaceTorch: resolve(folder), lock: options.lock })
let results: Results = { setting, peak: kept.peak ?? 'it was not measured', rows: kept.rows }
for (const row of selected) {
  if (resultFor(kept.rows, row) !== undefined) continue
  const peak = higherPeak(results.peak, measurePeak())
  results = { setting, peak, rows: mergeRows([measure(row, programs)], results.rows) }
  if (options.keep !== undefined) writeKept(options.keep, results)
}
const verdicts = judge(results)
const missed = verdicts.filter(({ ok }) => !ok)
if (options.write) writeFileSync(join(packageFolder, 'bench/RESULTS.md'), resultsFile(results))
if (options.json) process.stdout.write(`${JSON.stringify({ ...results, verdicts }, undefined, 2)}\n`)
else {
  const lines = [
    ...renderForTerminal(results),
    '',
    ...missed.map(({ what, found }) => `MISSED ${what}: ${found}`),
    `${verdicts.length - missed.length} of ${verdicts.length} bounds kept`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
process.exitCode = options.check && missed.length > 0 ? 1 : 0
