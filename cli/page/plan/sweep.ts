/** The variants of a sweep side by side: a table, bars, and curves over the swept fields. */
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import type { ChartAxis } from '../../charts/axis.ts'
import { lineChart } from '../../charts/line-chart.ts'
import { formatBytes, formatNumber, formatPercent, formatRate, formatSeconds } from '../../render/format.ts'
import type { Variant } from '../../render/variants.ts'
import { chartFigure, chartGrid } from '../chart-figure.ts'
import { type Child, element, type Html } from '../html.ts'
import { dataTable, legend, stackedBars } from '../parts.ts'
import { fits } from './verdict.ts'

type Planned = Variant & { readonly plan: PlanDocument }

const planned = (variants: readonly Variant[]): readonly Planned[] =>
  variants.flatMap(({ plan, ...rest }) => (plan === undefined ? [] : [{ ...rest, plan }]))

const fieldOf = ({ plan }: Planned, path: string) =>
  plan.experiment.fields.find((field) => field.path === path)?.value ?? ''

/** The fields that differ between the variants, in the order of the first. */
function sweptFields(variants: readonly Planned[]): readonly string[] {
  const paths = variants[0]?.plan.experiment.fields.map(({ path }) => path) ?? []
  return paths.filter((path) => new Set(variants.map((variant) => fieldOf(variant, path))).size > 1)
}

/** The number that a value begins with: `64 per device` is 64, `1 M` is not understood further than 1. */
function numberIn(value: string): number | undefined {
  const [found] = /^-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?/i.exec(value) ?? []
  return found === undefined ? undefined : Number(found.replaceAll('_', ''))
}

export function variantTable(variants: readonly Variant[]): Child {
  const fields = sweptFields(planned(variants))
  return dataTable({
    caption: 'Variants of the sweep',
    columns: [
      { title: 'experiment', kind: 'head' },
      ...fields.map((title) => ({ title })),
      { title: 'memory', kind: 'number' },
      { title: 'used', kind: 'number' },
      { title: 'step', kind: 'number' },
      { title: 'speed', kind: 'number' },
      { title: 'bound by' },
      { title: 'verdict' },
    ],
    rows: variants.map(({ name, plan, errors }) => {
      if (plan === undefined)
        return [
          name,
          ...fields.map(() => ''),
          '',
          '',
          '',
          '',
          '',
          element('span', { class: 'error' }, errors.join(' ')),
        ]
      const { memory, time } = plan
      const good = fits(plan)
      return [
        name,
        ...fields.map((path) => fieldOf({ name, plan, errors }, path)),
        formatBytes(memory.peak),
        formatPercent(memory.capacity > 0 ? memory.peak / memory.capacity : 0),
        formatSeconds(time.secondsPerStep),
        formatRate(time.samplesPerSecond, 'images'),
        time.bound,
        element('span', { class: good ? 'good' : 'error' }, good ? 'fits' : 'does not fit'),
      ]
    }),
  })
}

/** The memory of all variants on one scale. */
export function variantBars(variants: readonly Variant[]): Child {
  const all = planned(variants)
  const names = [...new Set(all.flatMap(({ plan }) => plan.memory.lines.map(({ name }) => name)))]
  const bars = all.map(({ name, plan: { memory } }) => ({
    name,
    figure: formatBytes(memory.peak),
    parts: memory.lines.map((line) => ({
      name: line.name,
      amount: line.bytes,
      text: formatBytes(line.bytes),
      color: names.indexOf(line.name),
    })),
    limit: memory.capacity,
  }))
  return [stackedBars(bars, 'Memory per device of the variants'), legend(names.map((name, color) => ({ name, color })))]
}

const figures = [
  {
    title: 'Memory per device',
    label: 'GiB',
    of: ({ memory }: PlanDocument) => memory.peak / 2 ** 30,
  },
  { title: 'Time per step', label: 'milliseconds', of: ({ time }: PlanDocument) => time.secondsPerStep * 1000 },
  { title: 'Speed', label: 'images per second', of: ({ time }: PlanDocument) => time.samplesPerSecond },
] as const

/** A log axis if the values span more than a decade and are positive. */
function scaleFor(values: readonly number[]): ChartAxis['scale'] {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return low > 0 && high / low >= 16 ? 'log' : 'linear'
}

/** Curves over one swept field; one line for each combination of the others. */
function curvesOver(path: string, variants: readonly Planned[], others: readonly string[]): Html | undefined {
  const placed = variants.flatMap((variant) => {
    const x = numberIn(fieldOf(variant, path))
    return x === undefined ? [] : [{ x, variant }]
  })
  const xs = placed.map(({ x }) => x)
  if (placed.length < variants.length || new Set(xs).size < 2) return undefined
  const lines = new Map<string, (typeof placed)[number][]>()
  for (const one of placed) {
    const name = others.map((other) => `${other} = ${fieldOf(one.variant, other)}`).join(', ')
    lines.set(name, [...(lines.get(name) ?? []), one])
  }
  return chartGrid(
    figures.map(({ title, label, of }) => {
      const values = variants.map(({ plan }) => of(plan))
      const series = [...lines].map(([name, own]) => ({
        name: name || title,
        points: own.sort((a, b) => a.x - b.x).map(({ x, variant }): [number, number] => [x, of(variant.plan)]),
      }))
      return chartFigure((size) =>
        lineChart({
          title,
          x: { label: path, scale: scaleFor(xs) },
          y: { label, scale: scaleFor(values), format: (value) => formatNumber(value) },
          series,
          ...size,
        }),
      )
    }),
  )
}

/** One group of curves for each swept field that is a number; none if no field is. */
export function sweepCurves(variants: readonly Variant[]): Child {
  const all = planned(variants)
  const fields = sweptFields(all)
  const curves = fields.flatMap((path) => {
    const found = curvesOver(
      path,
      all,
      fields.filter((other) => other !== path),
    )
    return found === undefined ? [] : [element('h3', {}, `Over ${path}`), found]
  })
  return curves.length === 0 ? element('p', {}, 'No swept field is a number, so there are no curves.') : curves
}
