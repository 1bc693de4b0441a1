/** What a run came to: its condition, and planned against measured figures. */
import { usualRate } from '../../../runtime/evaluate/ijb/ijb-file.ts'
import type { EndEvent } from '../../../runtime/events.ts'
import { farName } from '../../../runtime/logs/scalars.ts'
import {
  formatBytes,
  formatCount,
  formatDeviation,
  formatNumber,
  formatPercent,
  formatRate,
  formatSeconds,
  plural,
} from '../../render/format.ts'
import {
  type BestScore,
  bestScores,
  bytesOf,
  type Condition,
  conditionDetail,
  conditionOf,
  secondsOf,
  stepsOf,
} from '../../runs/condition.ts'
import type { Run } from '../../runs/read-run.ts'
import { type Child, code, element, type Html, joined, missingNote, paragraph } from '../html.ts'
import { clipped, dataTable, factList, stackedBars } from '../parts.ts'

const tones: { readonly [C in Condition]: string } = {
  running: 'warning',
  done: 'good',
  interrupted: 'warning',
  failed: 'error',
  killed: 'error',
  empty: 'warning',
}

export function conditionBadge(run: Run): Html {
  const condition = conditionOf(run)
  return element('span', { class: `badge ${tones[condition]}` }, condition)
}

/** A time in UTC, as the log has it. */
export function timeText(time: number | undefined): string {
  if (time === undefined || !Number.isFinite(time) || Math.abs(time) > 8.64e15) return 'unknown'
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

export const accuracyText = (accuracy: number, deviation?: number) =>
  `${formatPercent(accuracy, 2)}${deviation === undefined ? '' : ` ± ${(deviation * 100).toFixed(2)}`}`

/** What is behind a figure that is no accuracy over ten folds: ` at FAR 1e-4`. */
export const measureText = (measure: BestScore['measure']) =>
  measure === undefined ? '' : ` at FAR ${farName(usualRate)}`

/** What a condition means for the next command. */
function advice(run: Run): Child {
  const resume = code(`arcc run --resume ${run.folder}`)
  switch (conditionOf(run)) {
    case 'running':
      return paragraph(
        `The run is not over (${conditionDetail(run)}): this page shows what was there when it was made.`,
      )
    case 'interrupted':
      return paragraph('The run was interrupted. It goes on with ', resume, '.')
    case 'killed':
      return paragraph(
        'The run has no end in its log, and no process works on it: it was killed, or the computer stopped. It goes on with ',
        resume,
        '.',
      )
    case 'failed':
      return element('p', { class: 'error' }, `The run failed. ${clipped(conditionDetail(run), 2000)}`)
    case 'empty':
      return missingNote('There is no log that says how the run went.')
    case 'done':
      return undefined
  }
}

export function overviewBody(run: Run): Child {
  const { log, record, plan } = run
  const { done, all } = stepsOf(run)
  const start = log?.start?.event
  const speed = log?.end?.event.imagesPerSecond
  const best = bestScores(run)
  return joined(
    advice(run),
    run.gaps.length === 0
      ? undefined
      : missingNote(
          'Not everything could be read: ',
          run.gaps.map((gap, i) => `${i === 0 ? '' : '; '}${clipped(gap, 400)}`),
          '.',
        ),
    factList([
      {
        name: 'Experiment',
        value: record?.experiment ?? start?.experiment ?? plan?.experiment.name ?? 'unknown',
        detail: record?.file ?? plan?.experiment.file,
      },
      {
        name: 'Steps',
        value: all === undefined ? formatCount(done) : `${formatCount(done)} of ${formatCount(all)}`,
        detail:
          log?.lastProgress === undefined
            ? undefined
            : `epoch ${formatNumber(log.lastProgress.epoch, 4)} of ${formatNumber(log.lastProgress.epochs, 4)}`,
      },
      { name: 'Time', value: formatSeconds(secondsOf(run)), detail: `began ${timeText(log?.began)}` },
      ...(speed === undefined ? [] : [{ name: 'Speed', value: formatRate(speed, 'images') }]),
      {
        name: 'Last loss',
        value: log?.lastProgress === undefined ? 'unknown' : formatNumber(log.lastProgress.smoothedLoss, 4),
        detail: 'smoothed',
      },
      ...best.map(({ set, accuracy, step, measure }) => ({
        name: `Best on ${set}`,
        value: `${accuracyText(accuracy)}${measureText(measure)}`,
        detail: step === undefined ? undefined : `step ${formatCount(step)}`,
      })),
      ...(start === undefined
        ? []
        : [
            {
              name: 'Data',
              value: plural(start.images, 'image'),
              detail: `${formatCount(start.classes)} classes, batch ${formatCount(start.batch)}`,
            },
            { name: 'Devices', value: formatCount(start.devices), detail: start.engine },
          ]),
      {
        name: 'Folder',
        value: formatBytes(bytesOf(run)),
        detail: `${run.folder}: ${plural(run.files.length, 'file')}`,
      },
    ]),
  )
}

/** A figure of a run, planned and measured; `undefined` is unknown. */
interface Compared {
  readonly name: string
  readonly planned: number | undefined
  readonly measured: number | undefined
  readonly text: (value: number) => string
}

function comparison(planned: EndEvent['planned'], measured: EndEvent['measured']): Child {
  const rows: readonly Compared[] = [
    {
      name: 'time per step',
      planned: planned.secondsPerStep,
      measured: measured.secondsPerStep,
      text: formatSeconds,
    },
    { name: 'memory per device', planned: planned.memoryBytes, measured: measured.memoryBytes, text: formatBytes },
    ...(measured.processBytes === undefined
      ? []
      : [{ name: 'memory of the process', planned: undefined, measured: measured.processBytes, text: formatBytes }]),
  ]
  return joined(
    dataTable({
      caption: 'Planned and measured',
      columns: [
        { title: 'figure', kind: 'head' },
        { title: 'planned', kind: 'number' },
        { title: 'measured', kind: 'number' },
        { title: 'deviation', kind: 'number' },
      ],
      rows: rows.map((row) => [
        row.name,
        row.planned === undefined ? '' : row.text(row.planned),
        row.measured === undefined ? 'the engine does not count' : row.text(row.measured),
        (row.planned !== undefined && formatDeviation(row.planned, row.measured)) || '',
      ]),
    }),
    rows.map(({ name, planned: plan, measured: found, text }) =>
      plan === undefined || found === undefined
        ? undefined
        : stackedBars(
            [
              {
                name: `${name}, planned`,
                figure: text(plan),
                parts: [{ name, amount: plan, text: text(plan), color: 0 }],
              },
              { name: 'measured', figure: text(found), parts: [{ name, amount: found, text: text(found), color: 1 }] },
            ],
            name,
          ),
    ),
  )
}

/** Planned against measured figures; of a run without an end, the plan against the last progress. */
export function measuredBody({ log, plan }: Run): Child {
  const end = log?.end?.event
  const emulates = log?.start?.event.emulates
  const note =
    emulates === undefined
      ? undefined
      : paragraph(`The run emulates ${emulates}: the figures are those of the computer that ran it.`)
  if (end !== undefined) return joined(comparison(end.planned, end.measured), note)
  const last = log?.lastProgress
  if (plan === undefined || last === undefined) return missingNote('There is no plan, or no progress, to compare.')
  const planned = { secondsPerStep: plan.time.secondsPerStep, memoryBytes: plan.memory.peak }
  const counted = log?.telemetry.flatMap(({ event }) => event.deviceBytes ?? []) ?? []
  const measured = {
    secondsPerStep: last.secondsPerStep,
    ...(counted.length === 0 ? {} : { memoryBytes: Math.max(...counted) }),
  }
  return joined(
    paragraph('The run has no end: the measured time is that of its last report.'),
    comparison(planned, measured),
    note,
  )
}
