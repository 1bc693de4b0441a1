/** A plan as text, the output of `arcc plan`. Pure: document in, lines out. */
import { worldSize } from '../../compiler/experiment/lengths.ts'
import type { PlanDocument } from '../../compiler/plan/document.ts'
import { renderBar, sparkline } from './bars.ts'
import { renderExact } from './exact.ts'
import { exchangeText } from './exchange.ts'
import { factLines, paragraph } from './fit.ts'
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatNumber,
  formatPercent,
  formatQuantity,
  formatRate,
  formatSeconds,
  plural,
} from './format.ts'
import { howToRun } from './how-to-run.ts'
import type { Look } from './look.ts'
import { aside, type BarRow, barRows, ends, facts, right, rowsOf, table } from './section.ts'
import { augmentRow, logRow, requiredRow, startRow, weightRows } from './training-rows.ts'

/** The maximum number of device groups that are shown. */
const shardLines = 8

/** What a CPU computes with, unless it is what a run on this computer takes where it can. */
function kernelsText({ kernels }: PlanDocument['machine']): string | undefined {
  if (kernels?.kind === 'xla') return "XLA's own kernels (arcc doctor says why)"
  return kernels?.assumed ? "arcc's own kernels assumed" : undefined
}

function summary(plan: PlanDocument, look: Look): string[] {
  const { model, centers, data, schedule, machine } = plan
  const arrow = look.unicode ? '→' : '->'
  const times = look.unicode ? '×' : 'x'
  const devices = worldSize(machine)
  const sampled =
    centers.sampleRate < 1 ? `${formatNumber(centers.sampleRate * 100)} % per step` : 'all of them per step'
  const several = centers.perClass === undefined ? '' : ` of ${centers.perClass} centers`
  return facts(
    [
      [
        'model',
        [
          `${model.backbone} ${arrow} ${model.embedding}-d`,
          `${formatCompact(model.parameters)} parameters`,
          `${formatCompact(model.multiplyAdds, 3)} multiply-adds per image`,
          model.input.join(times),
          model.precision,
        ],
      ],
      [
        'centers',
        [
          centers.margin,
          `${formatCount(centers.classes)} classes${several}, ${sampled}`,
          `${centers.update} update`,
          `${centers.gradient.replace('_', '-')} gradient`,
        ],
      ],
      [
        'data',
        [
          data.dataset === data.format ? data.dataset : `${data.dataset} (${data.format})`,
          `${formatCount(data.images)} images of ${formatCount(data.identities)} identities`,
          data.root,
          data.leftOut && `left out: ${data.leftOut}`,
        ],
      ],
      ...augmentRow(plan),
      ...startRow(plan),
      [
        'batch',
        [
          `${formatCount(schedule.batchPerDevice)} ${times} ${plural(devices, 'device')} = ${formatCount(schedule.batch)}`,
          `${formatCount(schedule.stepsPerEpoch)} steps/epoch ${times} ${formatNumber(schedule.epochs, 4)} epochs = ${formatCount(schedule.steps)} steps`,
        ],
      ],
      ['optimizer', [schedule.optimizer, schedule.schedule]],
      ...weightRows(plan, look),
      [
        'machine',
        [
          `${machine.name}: ${plural(machine.nodes, 'node')} ${times} ${plural(machine.devicesPerNode, 'device')}`,
          `${machine.device}, ${formatBytes(machine.memoryPerDevice)} each`,
          kernelsText(machine),
        ],
      ],
      ...logRow(plan),
      ...requiredRow(plan),
    ],
    look,
  )
}

export interface ShardGroup {
  readonly first: number
  last: number
  readonly count: number
}

/** Groups of consecutive devices with the same number of classes. */
export function groupShards(perDevice: readonly number[]): readonly ShardGroup[] {
  const groups: ShardGroup[] = []
  for (const [device, count] of perDevice.entries()) {
    const group = groups.at(-1)
    if (group !== undefined && group.count === count) group.last = device
    else groups.push({ first: device, last: device, count })
  }
  return groups
}

function shardMap({ centers }: PlanDocument, look: Look): string[] {
  const groups = groupShards(centers.perDevice)
  const rows = groups.slice(0, shardLines).map(({ first, last, count }) => {
    const each = first === last ? '' : ' each'
    return [first === last ? `device ${first}` : `devices ${first}-${last}`, `${formatCount(count)} classes${each}`]
  })
  const hidden = groups.slice(shardLines)
  const rest = hidden.reduce((devices, group) => devices + group.last - group.first + 1, 0)
  const title = centers.placement === 'shard' ? 'Centers, sharded' : 'Centers, replicated'
  const enter = `at most ${formatCount(centers.sampledPerDevice)} used per step on each device`
  const state = `${formatBytes(centers.stateBytesPerDevice)} including optimizer state on the fullest device`
  return [
    look.palette.strong(title),
    ...rowsOf([{}, right], rows, look),
    ...(rest > 0 ? [`  and ${plural(rest, 'device')} more`] : []),
    ...aside(`${enter}; ${state}`, look),
  ]
}

function ledger({ memory }: PlanDocument, look: Look): string[] {
  const scale = Math.max(1, memory.capacity, memory.peak)
  const rows = memory.lines.map(
    (line): BarRow => ({
      name: line.name,
      figure: formatBytes(line.bytes),
      bar: (width) => renderBar(line.bytes / scale, width, look.unicode, 'blank'),
      detail: look.palette.quiet(line.detail),
    }),
  )
  const share = memory.capacity > 0 ? memory.peak / memory.capacity : Number.POSITIVE_INFINITY
  const paint = share > 1 ? look.palette.error : share > 0.9 ? look.palette.warning : look.palette.good
  const left = memory.capacity - memory.peak
  const verdict = left >= 0 ? `headroom ${formatBytes(left)}` : `${formatBytes(-left)} over capacity`
  const total: BarRow = {
    name: 'total',
    figure: formatBytes(memory.peak),
    bar: (width) => paint(renderBar(share, width, look.unicode)),
    detail: `${formatPercent(share)}   ${verdict}`,
  }
  return [
    ...ends('Memory per device', `${formatBytes(memory.capacity)} usable`, look),
    ...barRows([...rows, total], look),
  ]
}

function collectives(plan: PlanDocument, look: Look): string[] {
  const { collectives: list } = plan
  if (list.length === 0) return [look.palette.strong('Collectives'), '  none (one device)']
  const rows = list.map((collective) => [
    collective.kind,
    collective.what,
    formatCount(collective.count),
    formatBytes(collective.bytes),
    formatBytes(collective.wireBytes),
  ])
  const sum = list.reduce((bytes, collective) => bytes + collective.wireBytes, 0)
  const operands = list.reduce((bytes, collective) => bytes + collective.bytes, 0)
  const why = exchangeText(plan)
  return [
    look.palette.strong('Collectives per step'),
    ...rowsOf(
      [
        { title: 'kind' },
        { title: 'what', wrap: 12 },
        { title: 'count', ...right, drop: 1 },
        { title: 'bytes', ...right, drop: 2 },
        { title: 'sent per device', ...right, wrap: 8 },
      ],
      [...rows, ['total', '', '', formatBytes(operands), formatBytes(sum)]],
      look,
    ),
    ...(why === undefined ? [] : aside(why, look)),
  ]
}

/** Hidden time below this many seconds is not shown. */
const worthSaying = 1e-4

function secondsOf({ parts }: PlanDocument['time'], name: string): number {
  return parts.find((part) => part.name === name)?.seconds ?? 0
}

function time({ time: estimate }: PlanDocument, look: Look): string[] {
  const largest = Math.max(...estimate.parts.map((part) => part.seconds))
  const rows = estimate.parts.map(
    (part): BarRow => ({
      name: part.name,
      figure: formatSeconds(part.seconds),
      bar: (width) => renderBar(largest > 0 ? part.seconds / largest : 0, width, look.unicode, 'blank'),
    }),
  )
  const head = [
    look.palette.strong('Time, estimated'),
    `~${formatSeconds(estimate.secondsPerStep)} per step`,
    `~${formatRate(estimate.samplesPerSecond, 'images')}`,
    `~${formatSeconds(estimate.totalSeconds)} in total`,
    `bound by ${estimate.bound}`,
  ]
  const beside = [
    { what: 'collectives', seconds: estimate.linkSeconds - secondsOf(estimate, 'links') },
    { what: 'image preparation', seconds: estimate.bound === 'data' ? 0 : (estimate.dataSeconds ?? 0) },
  ].filter(({ seconds }) => seconds >= worthSaying)
  return [
    ...factLines(head, look, { indent: table.indent }),
    ...barRows(rows, look),
    ...beside.flatMap(({ what, seconds }) => aside(`${formatSeconds(seconds)} of ${what} run concurrently`, look)),
    ...aside(`basis: ${estimate.basis}`, look),
  ]
}

function rates({ schedule }: PlanDocument, look: Look): string[] {
  const first = schedule.rates[0]
  const last = schedule.rates.at(-1)
  if (first === undefined || last === undefined) return []
  const arrow = look.unicode ? '→' : '->'
  const curve = sparkline(schedule.rates, schedule.rates.length, look.unicode)
  const range = `${formatNumber(first)} ${arrow} ${formatNumber(last)}`
  return factLines([look.palette.strong('Learning rate'), range, curve], look, { indent: table.indent })
}

function programs({ graphs }: PlanDocument, look: Look): string[] {
  const rows = graphs.map((graph) => [
    graph.name,
    plural(graph.ops, 'op'),
    formatQuantity(graph.flops, 'FLOP'),
    `${formatCount(graph.inputs)} in`,
    `${formatCount(graph.outputs)} out`,
  ])
  return [
    look.palette.strong(graphs.length === 1 ? 'Program' : 'Programs'),
    ...rowsOf([{}, right, right, { ...right, drop: 1 }, { ...right, drop: 1 }], rows, look),
  ]
}

function overrides({ experiment }: PlanDocument, look: Look): string[] {
  const set = experiment.fields.filter((field) => field.origin === 'override')
  if (set.length === 0) return []
  const rows = set.map((field) => [field.path, `= ${field.value}`])
  return [look.palette.strong('Set on the command line'), ...rowsOf([{}, { wrap: 12 }], rows, look, 1), '']
}

function choices({ choices: list }: PlanDocument, look: Look): string[] {
  if (list.length === 0) return []
  const rows = list.map(({ path, value, why }) => [path, value, look.palette.quiet(why)])
  return [look.palette.strong('Chosen for auto'), ...rowsOf([{}, {}, { wrap: 20 }], rows, look), '']
}

/** The verdict. Exact figures take precedence over the ledger. */
function closing(plan: PlanDocument, look: Look, isRefused: boolean): string[] {
  const { memory, exact } = plan
  const { palette } = look
  const wanted = formatBytes(exact?.total ?? memory.peak)
  if (!(exact ?? memory).fits) {
    const text = `${palette.error('Does not fit')}: ${wanted} needed, ${formatBytes(memory.capacity)} usable per device.`
    return paragraph(text, look)
  }
  if (isRefused) {
    const text = `${palette.error('Does not meet its requirements')}, though it fits: ${wanted} of ${formatBytes(memory.capacity)}.`
    return paragraph(text, look)
  }
  const { advice, command } = howToRun(plan)
  const verdict = `${palette.good('Fits')}: ${wanted} of ${formatBytes(memory.capacity)}. ${advice}:`
  return factLines([verdict, palette.accent(command)], look, { gap: ' ', indent: table.indent })
}

/** The lines of the plan; `isRefused` if a `require` is not met. */
export function renderPlan(plan: PlanDocument, look: Look, isRefused = false): string[] {
  const sections = [
    shardMap(plan, look),
    ledger(plan, look),
    renderExact(plan, look),
    collectives(plan, look),
    time(plan, look),
    rates(plan, look),
    programs(plan, look),
  ]
  return [
    ...ends(plan.experiment.name, plan.experiment.file, look),
    '',
    ...summary(plan, look),
    '',
    ...overrides(plan, look),
    ...choices(plan, look),
    ...sections.filter((lines) => lines.length > 0).flatMap((lines) => [...lines, '']),
    ...closing(plan, look, isRefused),
  ]
}
