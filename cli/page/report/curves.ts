/** Curves of a run, or of several, over their steps. */
import { usualRate } from '../../../runtime/evaluate/ijb/ijb-file.ts'
import type { ProgressEvent } from '../../../runtime/events.ts'
import { farName } from '../../../runtime/logs/scalars.ts'
import type { ChartMark } from '../../charts/frame.ts'
import { lineChart, type Series } from '../../charts/line-chart.ts'
import { formatCompact, formatNumber } from '../../render/format.ts'
import type { Run } from '../../runs/read-run.ts'
import { chartFigure, chartGrid } from '../chart-figure.ts'
import { type Child, element, joined, missingNote, paragraph } from '../html.ts'

type Figure = (event: ProgressEvent) => number | null | undefined

/** Text of a step on an axis. */
const stepText = (step: number) => formatCompact(step, 3)

/** More marks would cover the curve. */
const mostMarks = 8

/** A line; a figure that is not finite is null in a log, and a gap in the line. */
function lineOf(name: string, { log }: Run, figure: Figure): Series {
  const points = (log?.progress ?? []).map((event): [number, number] => [event.step, figure(event) ?? Number.NaN])
  return { name, points }
}

/** Where a run was resumed, and which steps it left out. */
function marksOf({ log }: Run): readonly ChartMark[] {
  const marks = [
    ...(log?.resumed.shown ?? []).map(({ event }) => ({ x: event.step, label: 'resumed' })),
    ...(log?.leftOut.shown ?? []).map(({ event }) => ({ x: event.step, label: 'left out' })),
  ]
  return marks.sort((a, b) => a.x - b.x).slice(0, mostMarks)
}

interface Curve {
  readonly title: string
  readonly label: string
  readonly series: readonly Series[]
  readonly marks?: readonly ChartMark[]
  readonly caption?: Child
  readonly faint?: boolean
  /** The least range of y. */
  readonly range?: readonly [number, number]
  readonly format?: (value: number) => string
}

/** A curve over steps. */
export function stepCurve({ title, label, series, marks = [], caption, faint = false, range, format }: Curve): Child {
  return chartFigure(
    (size) =>
      lineChart({
        title,
        x: { label: 'step', scale: 'linear', format: stepText },
        y: {
          label,
          scale: 'linear',
          format: format ?? ((value) => formatNumber(value, 4)),
          ...(range === undefined ? {} : { range }),
        },
        series,
        marks,
        ...size,
      }),
    caption,
    { faint },
  )
}

const dataShare: Figure = ({ dataSeconds, secondsPerStep }) =>
  secondsPerStep > 0 ? dataSeconds / secondsPerStep : null
export const percent = (value: number) => `${formatNumber(value * 100)} %`

export function trainingBody(run: Run): Child {
  const { log } = run
  if (log === undefined || log.progress.length === 0)
    return missingNote('The log has no progress: the run did not reach its first report, or the log is damaged.')
  const marks = marksOf(run)
  const more = log.resumed.count + log.leftOut.count - marks.length
  return joined(
    chartGrid(
      stepCurve({
        title: 'Loss',
        label: 'loss',
        series: [
          lineOf('smoothed', run, ({ smoothedLoss }) => smoothedLoss),
          lineOf('of single steps', run, ({ loss }) => loss),
        ],
        marks,
        faint: true,
      }),
      stepCurve({
        title: 'Learning rate',
        label: 'learning rate',
        series: [lineOf('rate', run, ({ rate }) => rate)],
        marks,
      }),
      stepCurve({
        title: 'Gradient norm',
        label: 'norm before clipping',
        series: [lineOf('norm', run, ({ gradientNorm }) => gradientNorm)],
        marks,
      }),
    ),
    more > 0 ? paragraph(`${more} more places where the run was resumed or left out steps are not marked.`) : undefined,
  )
}

export function speedBody(run: Run): Child {
  if ((run.log?.progress.length ?? 0) === 0) return missingNote('The log has no progress.')
  return chartGrid(
    stepCurve({
      title: 'Throughput',
      label: 'images per second',
      series: [lineOf('images per second', run, ({ imagesPerSecond }) => imagesPerSecond)],
      marks: marksOf(run),
    }),
    stepCurve({
      title: 'Waiting for data',
      label: 'share of the time',
      series: [lineOf('share', run, dataShare)],
      range: [0, 1],
      format: percent,
      caption: 'The part of a step in which no step ran because its images were not ready.',
    }),
  )
}

/** The curves of several runs together. */
export function comparedCurves(runs: readonly Run[]): Child {
  const shown = runs.filter(({ log }) => (log?.progress.length ?? 0) > 0)
  if (shown.length === 0) return missingNote('No run has a log with progress.')
  const lines = (figure: Figure) => shown.map((run) => lineOf(run.name, run, figure))
  return chartGrid(
    stepCurve({ title: 'Smoothed loss', label: 'loss', series: lines(({ smoothedLoss }) => smoothedLoss) }),
    stepCurve({ title: 'Learning rate', label: 'learning rate', series: lines(({ rate }) => rate) }),
    stepCurve({ title: 'Throughput', label: 'images per second', series: lines((event) => event.imagesPerSecond) }),
    stepCurve({
      title: 'Waiting for data',
      label: 'share of the time',
      series: lines(dataShare),
      range: [0, 1],
      format: percent,
    }),
  )
}

/** The sets of runs in the order of their first verification. */
export function setsOf(runs: readonly Run[]): readonly string[] {
  return [...new Set(runs.flatMap(({ log }) => (log?.evaluations ?? []).map(({ set }) => set)))]
}

/** The range of an axis of shares: that of the values, and a little more if they are all equal. */
export function shareRange(series: readonly Series[]): readonly [number, number] {
  const values = series.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite)
  if (values.length === 0) return [0, 1]
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return high - low > 1e-6 ? [low, high] : [Math.max(0, low - 0.05), Math.min(1, high + 0.05)]
}

/** IJB-B and IJB-C have no folds. */
export const templateNote = `Of IJB-B and IJB-C, the true accept rate at a false accept rate of ${farName(usualRate)}.`

/** Accuracies over steps: of one run all sets in one chart, of several one chart for each set. */
export function accuracyCurves(runs: readonly Run[]): Child {
  const series = (run: Run, set: string, name: string): Series => ({
    name,
    points: (run.log?.evaluations ?? [])
      .filter((event) => event.set === set)
      .sort((a, b) => a.step - b.step)
      .map(({ step, accuracy }): [number, number] => [step, accuracy]),
  })
  const ofTemplates = (set?: string) =>
    runs.some(({ log }) =>
      log?.evaluations.some((event) => event.measure !== undefined && (set === undefined || event.set === set)),
    )
  const curve = (title: string, lines: readonly Series[], caption?: string) =>
    stepCurve({
      title,
      caption,
      label: 'accuracy',
      series: lines,
      range: shareRange(lines),
      format: (value) => `${formatNumber(value * 100, 4)} %`,
    })
  const sets = setsOf(runs)
  const [only, second] = runs
  if (only !== undefined && second === undefined)
    return chartGrid(
      curve(
        'Accuracy over ten folds',
        sets.map((set) => series(only, set, set)),
        ofTemplates() ? templateNote : undefined,
      ),
    )
  return chartGrid(
    sets.map((set) => {
      const lines = runs.map((run) => series(run, set, run.name)).filter(({ points }) => points.length > 0)
      return curve(`Accuracy on ${set}`, lines, ofTemplates(set) ? templateNote : undefined)
    }),
  )
}

/** A heading inside of a section. */
export function heading(text: string): Child {
  return element('h3', {}, text)
}
