/** Runs as a table, and the differences of two. Pure: runs in, lines out. */
import {
  bestScores,
  bytesOf,
  type Condition,
  conditionDetail,
  conditionOf,
  secondsOf,
  stepsOf,
} from './condition.ts'
import { fieldDifferences } from './differences.ts'
import { scoredSets } from './list-runs.ts'
import type { Run } from './read-run.ts'
import { lineWidth, paragraph } from '../render/fit.ts'
import { formatBytes, formatCount, formatPercent, formatSeconds, plural } from '../render/format.ts'
import type { Look, Palette } from '../render/look.ts'
import { type Column, renderTable } from '../render/table.ts'

const paints: { readonly [C in Condition]: keyof Palette } = {
  running: 'accent',
  done: 'good',
  interrupted: 'warning',
  failed: 'error',
  killed: 'error',
  empty: 'quiet',
}

function stepText(run: Run): string {
  const { done, all } = stepsOf(run)
  return all === undefined || all === done ? formatCount(done) : `${formatCount(done)}/${formatCount(all)}`
}

function scoreText(run: Run, set: string): string {
  const found = bestScores(run).find((score) => score.set === set)
  return found === undefined ? '-' : formatPercent(found.accuracy, 2)
}

function timeText(run: Run): string {
  const seconds = secondsOf(run)
  return seconds === undefined ? '-' : formatSeconds(seconds)
}

function beganText({ log }: Run): string {
  const began = log?.began
  if (began === undefined || !Number.isFinite(began)) return '-'
  return new Date(began).toISOString().slice(0, 16).replace('T', ' ')
}

const experimentOf = ({ record, plan, log }: Run) =>
  record?.experiment ?? plan?.experiment.name ?? log?.start?.event.experiment ?? '-'

/** The table of `arcc runs`. On a narrow terminal columns are dropped, the score that the runs are sorted by last. */
export function renderRuns(runs: readonly Run[], by: string | undefined, look: Look): string[] {
  const sets = scoredSets(runs)
  const right = { align: 'right' } as const
  const columns: readonly Column[] = [
    { title: 'run', wrap: 12 },
    { title: 'state' },
    { title: 'experiment', wrap: 8, drop: 3 },
    { title: 'steps', ...right, drop: 6 },
    ...sets.map((title, i) => ({
      title,
      ...right,
      wrap: 8,
      ...(title === (by ?? sets[0]) ? {} : { drop: 5 - i / 1000 }),
    })),
    { title: 'time', ...right, drop: 4 },
    { title: 'size', ...right, drop: 2 },
    { title: 'began (UTC)', drop: 1 },
  ]
  const rows = runs.map((run) => {
    const condition = conditionOf(run)
    return [
      run.folder,
      look.palette[paints[condition]](condition),
      experimentOf(run),
      stepText(run),
      ...sets.map((set) => scoreText(run, set)),
      timeText(run),
      formatBytes(bytesOf(run)),
      beganText(run),
    ]
  })
  const failed = runs.filter((run) => conditionOf(run) === 'failed')
  const damaged = runs.filter(({ gaps }) => gaps.length > 0)
  return [
    ...renderTable(columns, rows, { paintTitle: look.palette.strong, width: lineWidth(look) }),
    '',
    ...failed.flatMap((run) => paragraph(`${run.name}: ${conditionDetail(run)}`, look)),
    ...(damaged.length === 0
      ? []
      : paragraph(
          look.palette.warning(
            `${plural(damaged.length, 'run')} could not be read in full: arcc report RUN shows what is missing`,
          ),
          look,
        )),
    ...paragraph(plural(runs.length, 'run'), look),
  ]
}

/** What two runs have in common is left out. */
export function renderDifferences(a: Run, b: Run, look: Look): string[] {
  const none = '-'
  const version = ({ record }: Run) => record?.arcc ?? none
  const sets = scoredSets([a, b])
  const facts: readonly (readonly [string, (run: Run) => string])[] = [
    ['state', conditionOf],
    ['experiment', experimentOf],
    ['arcc', version],
    ['engine', ({ record }) => record?.engine ?? none],
    ['devices', ({ record }) => (record === undefined ? none : formatCount(record.devices))],
    ['steps', stepText],
    ...sets.map((set) => [set, (run: Run) => scoreText(run, set)] as const),
    ['smoothed loss', ({ log }) => log?.lastProgress?.smoothedLoss.toPrecision(4) ?? none],
    ['time', timeText],
    ['size', (run) => formatBytes(bytesOf(run))],
  ]
  const columns: readonly Column[] = [
    { title: 'result', wrap: 8 },
    { title: a.folder, wrap: 8 },
    { title: b.folder, wrap: 8 },
  ]
  const style = { paintTitle: look.palette.strong, width: lineWidth(look) }
  const differences = fieldDifferences([a, b])
  const unread = [a, b].filter(({ record, plan }) => record === undefined && plan === undefined)
  return [
    ...renderTable(
      columns,
      facts.map(([name, of]) => [name, of(a), of(b)]),
      style,
    ),
    '',
    ...(differences.length === 0
      ? paragraph(unread.length === 0 ? 'No field differs.' : 'The fields cannot be compared.', look)
      : renderTable(
          [
            { title: 'field', wrap: 8 },
            { title: a.folder, wrap: 8 },
            { title: b.folder, wrap: 8 },
          ],
          differences.map(({ path, values: [before = none, now = none] }) => [path, before, now]),
          style,
        )),
    ...unread.flatMap(({ folder, gaps }) =>
      paragraph(look.palette.warning(`the fields of ${folder} cannot be read: ${gaps.join('; ')}`), look),
    ),
  ]
}
