/** Telemetry of a run as curves: utilization, memory, GPUs. */
import type { TelemetryEvent } from '../../../runtime/events.ts'
import type { Series } from '../../charts/line-chart.ts'
import type { Run } from '../../runs/read-run.ts'
import { chartGrid } from '../chart-figure.ts'
import { type Child, missingNote } from '../html.ts'
import { percent, shareRange, stepCurve } from './curves.ts'

type Gpu = NonNullable<TelemetryEvent['gpus']>[number]

interface Curve<T> {
  readonly title: string
  readonly label: string
  /** Whether the values are shares, from 0 to 1. */
  readonly isShare?: true
  readonly of: (from: T) => number | undefined
}

const gib = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / 2 ** 30)

const curves: readonly Curve<TelemetryEvent>[] = [
  {
    title: 'Use of the peak',
    label: 'share of the declared FLOP/s',
    isShare: true,
    of: ({ flopUtilization }) => flopUtilization,
  },
  { title: 'Memory of the process', label: 'GiB', of: ({ hostBytes }) => gib(hostBytes) },
  { title: 'Memory of a device', label: 'GiB', of: ({ deviceBytes }) => gib(deviceBytes) },
]

const gpuCurves: readonly Curve<Gpu>[] = [
  { title: 'GPU utilization', label: 'share of the time', isShare: true, of: ({ utilization }) => utilization },
  { title: 'GPU memory', label: 'GiB', of: ({ usedBytes }) => gib(usedBytes) },
  { title: 'GPU temperature', label: '°C', of: ({ temperature }) => temperature },
  { title: 'GPU power', label: 'W', of: ({ watts }) => watts },
]

/** Lines of a chart. */
const mostGpus = 16

export function telemetryBody({ log }: Run): Child {
  const samples = log?.telemetry.map(({ event }) => event) ?? []
  if (samples.length === 0) return missingNote('The log has no telemetry.')
  const line = (name: string, of: (event: TelemetryEvent) => number | undefined): Series => ({
    name,
    points: samples.flatMap((event): [number, number][] => {
      const value = of(event)
      return value === undefined ? [] : [[event.step, value]]
    }),
  })
  const chart = ({ title, label, isShare }: Curve<never>, lines: readonly Series[]) => {
    const series = lines.filter(({ points }) => points.length > 0)
    if (series.length === 0) return undefined
    return stepCurve({ title, label, series, ...(isShare ? { range: shareRange(series), format: percent } : {}) })
  }
  const gpus = Math.min(
    mostGpus,
    samples.reduce((most, event) => Math.max(most, event.gpus?.length ?? 0), 0),
  )
  const gpuLines = (of: Curve<Gpu>['of']) =>
    Array.from({ length: gpus }, (_, i) =>
      line(`GPU ${i}`, (event) => {
        const gpu = event.gpus?.[i]
        return gpu === undefined ? undefined : of(gpu)
      }),
    )
  return chartGrid(
    curves.map((curve) => chart(curve, [line(curve.title, curve.of)])),
    gpuCurves.map((curve) => chart(curve, gpuLines(curve.of))),
  )
}
