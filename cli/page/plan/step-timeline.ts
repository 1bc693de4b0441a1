/** The timeline of a step: what the device does when, and which collectives run beside it. */
import type { Graph, Phase } from '../../../compiler/ir/graph.ts'
import type { MachineRates } from '../../../compiler/plan/time.ts'
import { runOnPaper, type TimedOp } from '../../../compiler/plan/timeline.ts'
import { scaleOf } from '../../charts/axis.ts'
import { formatPercent, formatSeconds } from '../../render/format.ts'
import { type Child, element, escapeHtml, joined, markup, paragraph } from '../html.ts'
import { dataTable, legend } from '../parts.ts'
import { colorOf } from '../style.ts'

/** Consecutive ops of one block of the network, or one collective. */
interface Segment {
  readonly isOnLinks: boolean
  readonly phase: Phase
  readonly block: string
  readonly start: number
  end: number
}

const phaseColors: readonly Phase[] = ['forward', 'head', 'backward', 'update']
const linkColor = phaseColors.length

const phaseColor = (phase: Phase) => Math.max(0, phaseColors.indexOf(phase))

/** The block of an op: the first two names of its path, such as `layer3.12`. */
function blockOf({ op, isOnLinks }: TimedOp): string {
  const { path } = op.origin
  return isOnLinks ? `${op.kind}, ${path}` : path.split('.').slice(0, 2).join('.')
}

/** `backward, layer3.12`; a collective by its own name. */
function nameOf({ isOnLinks, phase, block }: Segment): string {
  return isOnLinks ? block : `${phase}${block === '' ? '' : `, ${block}`}`
}

function segmentsOf(timed: readonly TimedOp[]): readonly Segment[] {
  const segments: Segment[] = []
  const last = new Map<boolean, Segment>()
  for (const one of timed) {
    if (one.end <= one.start) continue
    const { isOnLinks, start, end } = one
    const { phase } = one.op.origin
    const block = blockOf(one)
    const before = last.get(isOnLinks)
    // A block of a residual network has ops of its own between those of its modules.
    if (before !== undefined && before.phase === phase && before.block === block && start - before.end < 1e-9) {
      before.end = end
      continue
    }
    const segment = { isOnLinks, phase, block, start, end }
    last.set(isOnLinks, segment)
    segments.push(segment)
  }
  return segments
}

const width = 1000
const margin = 70
const lanes = { device: { top: 30, height: 44 }, links: { top: 88, height: 26 } } as const
const height = 160

function svgOf(segments: readonly Segment[], seconds: number): string {
  const scale = scaleOf(
    { label: 'time', scale: 'linear', range: [0, seconds], format: (value) => formatSeconds(value) },
    [],
    8,
  )
  const x = (value: number) => Number((margin + (width - margin - 20) * scale.place(value)).toFixed(2))
  const boxes = segments.map((segment) => {
    const { isOnLinks, phase, start, end } = segment
    const { top, height: tall } = isOnLinks ? lanes.links : lanes.device
    const color = colorOf(isOnLinks ? linkColor : phaseColor(phase))
    const title = `${nameOf(segment)}: ${formatSeconds(end - start)}, from ${formatSeconds(start)}`
    const wide = Math.max(0.3, x(end) - x(start)).toFixed(2)
    return `<rect x="${x(start)}" y="${top}" width="${wide}" height="${tall}" style="fill:${color};stroke:var(--page);stroke-width:.6"><title>${escapeHtml(title)}</title></rect>`
  })
  const ticks = scale.ticks.map(
    ({ value, text }) =>
      `<path d="M${x(value)} 22V126" style="stroke:var(--line)"/><text x="${x(value)}" y="145" text-anchor="middle" style="fill:var(--quiet)">${escapeHtml(text)}</text>`,
  )
  const names = Object.entries(lanes).map(
    ([name, { top, height: tall }]) =>
      `<text x="${margin - 10}" y="${top + tall / 2 + 5}" text-anchor="end" style="fill:var(--text)">${name}</text>`,
  )
  const title = '<title>Timeline of a step</title>'
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}" font-size="14">${title}${ticks.join('')}${names.join('')}${boxes.join('')}</svg>`
}

/** Rows of the table. */
const longest = 15

/** The timeline as a picture, and its longest parts as a table. */
export function timelineBody(graph: Graph, rates: MachineRates): Child {
  const timed: TimedOp[] = []
  const { seconds, exposed } = runOnPaper(graph, rates.device, rates.links, (one) => timed.push(one))
  if (!(seconds > 0)) return paragraph('The step takes no time by the rates of this machine.')
  const segments = segmentsOf(timed)
  const sums = new Map<string, { readonly what: string; readonly on: string; seconds: number }>()
  for (const segment of segments) {
    const on = segment.isOnLinks ? 'links' : 'device'
    const what = nameOf(segment)
    const sum = sums.get(`${on} ${what}`) ?? { what, on, seconds: 0 }
    sum.seconds += segment.end - segment.start
    sums.set(`${on} ${what}`, sum)
  }
  const rows = [...sums.values()].sort((a, b) => b.seconds - a.seconds).slice(0, longest)
  return joined(
    paragraph(
      `One step as the planner simulates it: ${formatSeconds(seconds)} on the device, of which it waits ${formatSeconds(exposed)} for collectives.`,
    ),
    element(
      'div',
      { class: 'timeline', role: 'region', 'aria-label': 'Timeline of a step', tabindex: 0 },
      markup(svgOf(segments, seconds)),
    ),
    legend([...phaseColors.map((phase, color) => ({ name: phase, color })), { name: 'collectives', color: linkColor }]),
    dataTable({
      caption: 'The parts that take longest',
      columns: [
        { title: 'part', kind: 'head' },
        { title: 'on' },
        { title: 'time', kind: 'number' },
        { title: 'share of the step', kind: 'number' },
      ],
      rows: rows.map(({ what, on, seconds: own }) => [what, on, formatSeconds(own), formatPercent(own / seconds, 1)]),
    }),
  )
}
