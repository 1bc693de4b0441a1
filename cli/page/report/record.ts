/** What happened in a run, where it ran, and what it left: events, environment, files. */
import { formatBytes, formatCount, formatNumber, formatPercent, formatSeconds, plural } from '../../render/format.ts'
import type { HashedFile } from '../../runs/hash-files.ts'
import type { Run } from '../../runs/read-run.ts'
import type { Counted, RunLog } from '../../runs/run-log.ts'
import { type Child, code, joined, missingNote, paragraph } from '../html.ts'
import { clipped, closed, dataTable } from '../parts.ts'
import { timeText } from './overview.ts'

interface Happening {
  readonly time: number
  readonly what: string
  readonly text: string
}

const changed = ({ path, before, now }: { path: string; before?: string | undefined; now?: string | undefined }) =>
  `${path} = ${now ?? 'nothing'}, was ${before ?? 'nothing'}`

/** Characters of the text of an event. */
const mostCharacters = 600

/** All events but progress and telemetry, in the order of time. */
function happenings(log: RunLog): readonly Happening[] {
  const list = <T extends { readonly time: number }>(of: readonly T[], what: string, text: (one: T) => string) =>
    of.map((one) => ({ time: one.time, what, text: clipped(text(one), mostCharacters) }))
  const all = [
    ...(log.start === undefined
      ? []
      : list([log.start], 'start', ({ event }) => `${event.experiment}, ${event.engine}`)),
    ...list(log.resumed.shown, 'resumed', ({ event }) =>
      [`from step ${formatCount(event.step)}`, ...event.changes.map(changed)].join('; '),
    ),
    ...list(
      log.leftOut.shown,
      'left out',
      ({ event }) => `step ${formatCount(event.step)}: ${event.reason}; back to step ${formatCount(event.back)}`,
    ),
    ...list(log.warnings.shown, 'warning', ({ event }) => event.message),
    ...list(log.skipped.shown, 'skipped', ({ event }) => `${event.file}: ${event.reason}`),
    ...list(
      log.saved.shown,
      'saved',
      ({ event }) => `${event.what} of step ${formatCount(event.step)}, ${formatBytes(event.bytes)}`,
    ),
    ...list(log.phases.shown, 'phase', ({ event }) => `${event.name} took ${formatSeconds(event.seconds)}`),
    ...(log.dumped === undefined
      ? []
      : list([log.dumped], 'dumped', ({ event }) => `step ${formatCount(event.step)}: ${event.path}`)),
    ...(log.failed === undefined
      ? []
      : list(
          [log.failed],
          'failed',
          ({ event }) => `${event.code}: ${event.reason}${event.hint === undefined ? '' : ` (${event.hint})`}`,
        )),
    ...(log.end === undefined
      ? []
      : list([log.end], 'end', ({ event }) => `${event.status} after ${formatSeconds(event.seconds)}`)),
  ]
  // The order of lines is that of time, except that a wrong clock may jump: a stable sort keeps equal times in order.
  return all.sort((a, b) => (a.time || 0) - (b.time || 0))
}

const omitted = (what: string, { shown, count }: Counted<unknown>) =>
  count > shown.length ? [`${formatCount(count - shown.length)} of ${formatCount(count)} ${what}`] : []

export function eventsBody({ log }: Run): Child {
  if (log === undefined) return missingNote('There is no log.')
  const rows = happenings(log).map(({ time, what, text }) => [timeText(time), what, text])
  const left = [
    ...omitted('warnings', log.warnings),
    ...omitted('skipped pictures', log.skipped),
    ...omitted('saved checkpoints', log.saved),
    ...omitted('phases', log.phases),
    ...omitted('left-out steps', log.leftOut),
  ]
  const table = dataTable({
    caption: 'Events in the order of time; progress and telemetry are drawn as curves',
    columns: [{ title: 'time' }, { title: 'event' }, { title: 'what', kind: 'wide' }],
    rows,
  })
  const important = [
    ...(log.failed === undefined ? [] : [`It failed: ${log.failed.event.code}, ${log.failed.event.reason}.`]),
    ...(log.dumped === undefined ? [] : [`A step was written for arcc replay: ${log.dumped.event.path}.`]),
    ...(log.warnings.count === 0 ? [] : [`${plural(log.warnings.count, 'warning')}.`]),
    ...(log.skipped.count === 0 ? [] : [`${plural(log.skipped.count, 'damaged picture')} skipped.`]),
    ...(log.leftOut.count === 0 ? [] : [`${plural(log.leftOut.count, 'step')} left out.`]),
    ...(log.resumed.count === 0
      ? []
      : [`Resumed ${log.resumed.count === 1 ? 'once' : `${formatCount(log.resumed.count)} times`}.`]),
  ]
  return joined(
    paragraph(important.length === 0 ? 'No warnings, no failures.' : important.join(' ')),
    rows.length > 30 ? closed(`All ${formatCount(rows.length)} events`, table) : table,
    left.length === 0 ? undefined : paragraph(`Not shown: ${left.join(', ')}; log.ndjson has them.`),
  )
}

export function environmentBody({ log, record, plan, checkpoints }: Run): Child {
  const start = log?.start?.event
  const machine = plan?.machine
  const gpus = log?.telemetry.at(-1)?.event.gpus ?? []
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['arcc', record?.arcc],
    ['engine', start?.engine ?? record?.engine],
    ['devices', record === undefined ? undefined : `${record.devices}${record.emulate ? ', emulated' : ''}`],
    ['emulates', start?.emulates],
    ['note', start?.note],
    [
      'declared machine',
      machine === undefined
        ? undefined
        : `${machine.name}: ${plural(machine.nodes, 'node')} × ${plural(machine.devicesPerNode, 'device')}, ${machine.device}`,
    ],
    ['experiment file', record?.file],
    ['--set', record === undefined || record.set.length === 0 ? undefined : record.set.join(' ')],
    [
      'data',
      start === undefined
        ? undefined
        : `${formatCount(start.images)} images of ${formatCount(start.classes)} people${start.leftOut === undefined ? '' : `; left out: ${start.leftOut}`}`,
    ],
    ['GPUs', gpus.length === 0 ? undefined : gpus.map(({ name }) => name).join(', ')],
    [
      'started from',
      log?.loaded === undefined
        ? undefined
        : `${log.loaded.path} (${log.loaded.files.map(({ sha256 }) => sha256.slice(0, 12)).join(', ')})`,
    ],
    ['utilization of the peak', formatUtilization(log)],
    [
      'newest checkpoint',
      checkpoints[0] === undefined
        ? undefined
        : `step ${formatCount(checkpoints[0].step)}, ${checkpoints[0].manifest?.reason ?? 'damaged'}`,
    ],
  ]
  const known = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  if (known.length === 0) return missingNote('Neither run.json nor the log says where the run ran.')
  return dataTable({
    caption: 'Where the run ran',
    columns: [
      { title: 'what', kind: 'head' },
      { title: 'value', kind: 'wide' },
    ],
    rows: known,
  })
}

function formatUtilization(log: RunLog | undefined): string | undefined {
  const value = log?.telemetry.at(-1)?.event.flopUtilization
  return value === undefined ? undefined : formatPercent(value, 1)
}

/** Rows of the table of files. */
const mostFiles = 300

export function filesBody(files: readonly HashedFile[]): Child {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return joined(
    paragraph(`${plural(files.length, 'file')}, ${formatBytes(bytes)}.`),
    dataTable({
      caption: 'Files of the run folder with their SHA-256',
      columns: [
        { title: 'file', kind: 'head' },
        { title: 'bytes', kind: 'number' },
        { title: 'SHA-256', kind: 'wide' },
      ],
      rows: files
        .slice(0, mostFiles)
        .map(({ name, bytes: size, sha256, note }) => [
          name,
          formatBytes(size),
          sha256 === undefined ? (note ?? '') : [code(sha256), note === undefined ? '' : ` ${note}`],
        ]),
    }),
    files.length > mostFiles ? paragraph(`${formatNumber(files.length - mostFiles)} more are not listed.`) : undefined,
  )
}
