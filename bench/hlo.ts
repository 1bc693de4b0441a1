/**
 * `npm run bench:hlo -- [r50|r100|mbf…]`: the cost of an experiment's training step on a GPU, counted in XLA's optimized program
 * for an H100 (none is needed): bytes moved by its kernels, number of kernels, how filters and gradients are copied.
 *
 *     --check         exit code 1 if a bound is exceeded
 *     --list WHICH    the kernels behind the figures: all, convolutions, elementwise, filters, other, small
 *     --most N        number of rows in the list (40)
 *     --replicas N    devices (8)
 *     --set PATH=X    a setting, as for arcc; may be repeated
 *     --hlo FILE      counts this optimized HLO; nothing is compiled
 *     --save FOLDER   saves the HLO of each case there
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { judge } from './hlo/bars.ts'
import { type Case, cases, compileCase } from './hlo/compile.ts'
import { readModule } from './hlo/module.ts'
import { summarize } from './hlo/summary.ts'
import { allReduceTable, type CaseFigures, figureTable, kernelTable, type Listing, listings } from './hlo/tables.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    list: { type: 'string' },
    most: { type: 'string', default: '40' },
    replicas: { type: 'string', default: '8' },
    set: { type: 'string', multiple: true, default: [] },
    hlo: { type: 'string' },
    save: { type: 'string' },
  },
})

function isListing(name: string): name is Listing {
  return name in listings
}

function wantedCases(): readonly (readonly [string, Case])[] {
  const unknown = positionals.find((name) => !(name in cases))
  if (unknown !== undefined) throw new Error(`${unknown}: the cases are ${Object.keys(cases).join(', ')}`)
  return Object.entries(cases).filter(([name]) => positionals.length === 0 || positionals.includes(name))
}

async function figuresOf(name: string, which: Case): Promise<CaseFigures> {
  process.stderr.write(`${name}: ${which.experiment}\n`)
  const { text, graphs, peak } = await compileCase(which, {
    replicas: Number(options.replicas),
    more: options.set,
  })
  if (options.save !== undefined) {
    mkdirSync(options.save, { recursive: true })
    writeFileSync(join(options.save, `${name}.hlo.txt`), text)
  }
  return { name, summary: summarize(readModule(text)), graphs, peak }
}

async function allFigures(): Promise<readonly CaseFigures[]> {
  if (options.hlo !== undefined) {
    const summary = summarize(readModule(readFileSync(options.hlo, 'utf8')))
    return [{ name: basename(options.hlo), summary, graphs: undefined, peak: undefined }]
  }
  const figures: CaseFigures[] = []
  for (const [name, which] of wantedCases()) figures.push(await figuresOf(name, which))
  return figures
}

const { list } = options
if (list !== undefined && !isListing(list)) throw new Error(`--list takes ${Object.keys(listings).join(', ')}`)
if (options.check && (options.hlo !== undefined || options.replicas !== '8' || options.set.length > 0))
  throw new Error('--check holds the cases as they are, on eight devices, to their bars')
const all = await allFigures()
const lines = [...figureTable(all)]
for (const figures of all) {
  if (figures.summary.allReduces.length > 0) lines.push('', figures.name, ...allReduceTable(figures))
  if (list !== undefined)
    lines.push('', `${figures.name}: ${list}`, ...kernelTable(figures.summary.kernels, list, Number(options.most)))
}
if (options.check) {
  const verdicts = all.flatMap(({ name, summary }) => {
    const which = cases[name]
    return which === undefined ? [] : judge(name, which.bars, summary)
  })
  const missed = verdicts.filter(({ ok }) => !ok)
  lines.push('', ...missed.map(({ what, found }) => `MISSED ${what}: ${found}`))
  lines.push(`${verdicts.length - missed.length} of ${verdicts.length} bars kept`)
  process.exitCode = missed.length > 0 ? 1 : 0
}
process.stdout.write(`${lines.join('\n')}\n`)
