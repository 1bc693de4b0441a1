/**
 * `npm run bench:mistakes`: how well arcc reports the wrong files of `bench/mistakes/files`, by kind of mistake. Exit code 1 if a
 * rate is below its bound. `-- --list` shows every file that misses something, with its diagnostics; words select kinds or files.
 */
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { fileHost } from '../cli/host/host.ts'
import { renderTable } from '../cli/render/table.ts'
import { packageFolder } from '../runtime/package-folder.ts'
import { listKinds, readKind } from './mistakes/corpus.ts'
import { judge, type Verdict } from './mistakes/judge.ts'
import { bounds, misses, rateOf } from './mistakes/rates.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean', default: false } },
})
const isSelected = (path: string) => positionals.length === 0 || positionals.some((word) => path.includes(word))
const host = fileHost(packageFolder, {})

const byKind = listKinds().map((kind) => ({
  kind,
  verdicts: readKind(kind)
    .map((source) => ({ ...source, path: relative(packageFolder, source.path) }))
    .filter(({ path }) => isSelected(path))
    .map((source) => judge(source, host)),
}))
const all = byKind.flatMap(({ verdicts }) => verdicts)

if (values.list)
  for (const verdict of all) {
    const missed = misses(verdict)
    if (missed.length > 0)
      process.stdout.write(
        `${verdict.path}: ${missed.join(', ')}\n${verdict.shown.map((line) => `    ${line}\n`).join('')}`,
      )
  }

const isMet = ({ key, least }: (typeof bounds)[number]) => (rateOf(all, key)?.rate ?? 1) >= least
const right = { align: 'right' } as const
const cells = (verdicts: readonly Verdict[]) => bounds.map(({ key }) => rateOf(verdicts, key)?.text ?? '')
const table = renderTable(
  [{ title: 'kind' }, { title: 'files', ...right }, ...bounds.map(({ title }) => ({ title, ...right }))],
  [
    ...byKind
      .filter(({ verdicts }) => verdicts.length > 0)
      .map(({ kind, verdicts }) => [kind, String(verdicts.length), ...cells(verdicts)]),
    ['all', String(all.length), ...cells(all)],
    ['at least', '', ...bounds.map(({ least }) => `${least * 100} %`)],
    ['met', '', ...bounds.map((bound) => (isMet(bound) ? 'yes' : 'NO'))],
  ],
)
process.stdout.write(`${table.join('\n')}\n`)
process.exitCode = bounds.every(isMet) ? 0 : 1
