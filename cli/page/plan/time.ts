/** The estimated time of a step, the collectives and the learning rate of a plan. */
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import { lineChart } from '../../charts/line-chart.ts'
import { exchangeText } from '../../render/exchange.ts'
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatPercent,
  formatRate,
  formatSeconds,
} from '../../render/format.ts'
import { chartFigure } from '../chart-figure.ts'
import { type Child, joined, paragraph } from '../html.ts'
import { dataTable, legend, stackedBars } from '../parts.ts'

export function timeBody({ time }: PlanDocument): Child {
  const { parts, secondsPerStep, samplesPerSecond, totalSeconds, bound, basis, linkSeconds, dataSeconds } = time
  const shown = parts.map(({ name, seconds }, color) => ({
    name,
    amount: seconds,
    text: formatSeconds(seconds),
    color,
  }))
  const waits = parts.find(({ name }) => name === 'links')?.seconds ?? 0
  const hidden = Math.max(0, linkSeconds - waits)
  return joined(
    paragraph(
      `About ${formatSeconds(secondsPerStep)} per step, ${formatRate(samplesPerSecond, 'images')}, ${formatSeconds(totalSeconds)} in total; bound by ${bound}.`,
    ),
    stackedBars([{ name: 'a step', figure: formatSeconds(secondsPerStep), parts: shown }], 'Parts of a step'),
    legend(shown),
    dataTable({
      caption: 'Parts of a step, estimated',
      columns: [
        { title: 'part', kind: 'head' },
        { title: 'time', kind: 'number' },
        { title: 'share', kind: 'number' },
      ],
      rows: parts.map(({ name, seconds }) => [
        name,
        formatSeconds(seconds),
        formatPercent(secondsPerStep > 0 ? seconds / secondsPerStep : 0, 1),
      ]),
    }),
    hidden >= 1e-4 ? paragraph(`${formatSeconds(hidden)} of collectives run concurrently.`) : undefined,
    dataSeconds !== undefined && bound !== 'data' && dataSeconds >= 1e-4
      ? paragraph(`${formatSeconds(dataSeconds)} of image preparation run concurrently.`)
      : undefined,
    paragraph(`Basis: ${basis}.`),
  )
}

export function collectivesBody(plan: PlanDocument): Child {
  const { collectives } = plan
  if (collectives.length === 0) return paragraph('None: there is one device.')
  const sum = (of: (one: PlanDocument['collectives'][number]) => number) =>
    collectives.reduce((total, one) => total + of(one), 0)
  const list = dataTable({
    caption: 'What a device exchanges with the others in one step',
    columns: [
      { title: 'kind', kind: 'head' },
      { title: 'what' },
      { title: 'count', kind: 'number' },
      { title: 'bytes', kind: 'number' },
      { title: 'sent per device', kind: 'number' },
    ],
    rows: [
      ...collectives.map(({ kind, what, count, bytes, wireBytes }) => [
        kind,
        what,
        formatCount(count),
        formatBytes(bytes),
        formatBytes(wireBytes),
      ]),
      ['total', '', '', formatBytes(sum(({ bytes }) => bytes)), formatBytes(sum(({ wireBytes }) => wireBytes))],
    ],
  })
  const why = exchangeText(plan)
  return joined(list, why === undefined ? undefined : paragraph(`The ${why}.`))
}

export function ratesBody({ schedule }: PlanDocument): Child {
  const { rates, steps } = schedule
  if (rates.length === 0) return undefined
  const points = rates.map((rate, i): [number, number] => [(i * steps) / Math.max(1, rates.length - 1), rate])
  return chartFigure(
    (size) =>
      lineChart({
        title: 'Learning rate',
        x: { label: 'step', scale: 'linear' },
        y: { label: 'learning rate', scale: 'linear', format: (value) => formatNumber(value) },
        series: [{ name: 'learning rate', points }],
        ...size,
      }),
    `${schedule.optimizer}, ${schedule.schedule}: the rate at each tenth of the run.`,
  )
}
