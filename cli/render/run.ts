/** A run as text: the live panel, the lines that stay, and the summary. Pure: events and state in, lines out. */
import type {
  EvaluationEvent,
  FetchEvent,
  PhaseEvent,
  ProgressEvent,
  RunEvent,
  StartEvent,
} from '../../runtime/events.ts'
import { renderProgress, sparkline } from './bars.ts'
import { emulationText } from './emulation.ts'
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDeviation,
  formatNumber,
  formatPercent,
  formatRate,
  formatSeconds,
  formatSteady,
  plural,
  unknown,
} from './format.ts'
import type { Look } from './look.ts'
import type { RunState } from './run-state.ts'
import { pad, renderTable } from './table.ts'

const labelWidth = 8
const sparkWidth = 32

const label = (name: string, look: Look) => look.palette.accent(pad(name, labelWidth))
const gap = '   '

function fetchText(event: FetchEvent): string {
  const { bytes, total } = event
  if (event.phase !== 'download' || bytes === undefined) return `${event.phase} ${event.what}`
  return `${event.what} ${formatBytes(bytes)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`
}

function fetchLines(event: FetchEvent, look: Look): string[] {
  const { bytes, total } = event
  const known = event.phase === 'download' && bytes !== undefined && total !== undefined && total > 0
  const bar = known ? `${renderProgress(bytes / total, sparkWidth, look.unicode)}${gap}` : ''
  return [`${label('fetch', look)} ${bar}${fetchText(event)}`]
}

/** `scale 65536`, and `2 skipped` where steps were; nothing without f16. */
function scaleFacts({ lossScale }: ProgressEvent): string[] {
  if (lossScale === undefined) return []
  const skipped = lossScale.skipped === 0 ? [] : [`${formatCount(lossScale.skipped)} skipped`]
  const { factor } = lossScale
  return [`scale ${factor < 1 ? formatNumber(factor) : formatCount(factor)}`, ...skipped]
}

function progressLines(progress: ProgressEvent, losses: readonly number[], look: Look): string[] {
  const share = progress.steps > 0 ? progress.step / progress.steps : 1
  const where = `${formatCount(progress.step)} / ${formatCount(progress.steps)}`
  const epoch = `epoch ${Math.min(Math.ceil(progress.epochs), Math.floor(progress.epoch) + 1)}/${formatNumber(progress.epochs, 6)}`
  const head = `${epoch}${gap}${where}${gap}${formatPercent(share, 1)}${gap}eta ${formatSeconds(progress.etaSeconds)}`
  const bar = renderProgress(share, Math.max(10, Math.min(40, look.width - head.length - labelWidth - 6)), look.unicode)
  const dataShare = progress.secondsPerStep > 0 ? progress.dataSeconds / progress.secondsPerStep : 0
  return [
    `${label('run', look)} ${bar}${gap}${head}`,
    `${label('loss', look)} ${look.palette.strong(formatSteady(progress.smoothedLoss))}${gap}${sparkline(losses, sparkWidth, look.unicode)}` +
      `${gap}lr ${formatNumber(progress.rate)}${gap}|grad| ${formatSteady(progress.gradientNorm, 3)}` +
      scaleFacts(progress)
        .map((fact) => gap + fact)
        .join(''),
    `${label('speed', look)} ${formatRate(progress.imagesPerSecond, 'images')}${gap}${formatSeconds(progress.secondsPerStep)}/step` +
      `${gap}data ${formatPercent(dataShare)}${gap}elapsed ${formatClock(progress.elapsedSeconds)}`,
  ]
}

/** The lines at the bottom of the terminal while the run goes on; none when nothing is going on. */
export function renderPanel(state: RunState, look: Look): string[] {
  if (state.end !== undefined) return []
  const phase = state.phase
  return [
    ...(state.progress === undefined ? [] : progressLines(state.progress, state.losses, look)),
    ...(state.fetch === undefined ? [] : fetchLines(state.fetch, look)),
    ...(phase === undefined ? [] : [`${label('now', look)} ${phase.name} ${look.unicode ? '…' : '...'}`]),
  ]
}

function startLines(event: StartEvent, look: Look): string[] {
  const facts = [
    `${formatCount(event.images)} images`,
    `${formatCount(event.classes)} identities`,
    `batch ${formatCount(event.batch)}`,
    `${formatCount(event.steps)} steps (${formatCount(event.stepsPerEpoch)} an epoch)`,
  ]
  return [
    `${look.palette.strong(event.experiment)}${gap}${event.folder}${gap}${event.engine}`,
    ...(event.emulates === undefined ? [] : [`${label('machine', look)} ${emulationText(event.emulates)}`]),
    ...(event.note === undefined ? [] : [`${label('note', look)} ${event.note}`]),
    `${label('data', look)} ${facts.join(gap)}`,
  ]
}

const stepName = (step: number) => (step === 0 ? 'untrained' : `step ${formatCount(step)}`)

const accuracyText = (event: EvaluationEvent, look: Look) =>
  `${formatPercent(event.accuracy, 2)} ${look.unicode ? '±' : '+-'}${(event.deviation * 100).toFixed(2)}`

function evaluationLine(event: EvaluationEvent, look: Look): string {
  const tar = event.tarAtFar.map(({ far, tar }) => `TAR@${formatNumber(far)} ${formatPercent(tar, 2)}`)
  const facts = [
    `${event.set}, ${formatCount(event.pairs)} pairs`,
    `AUC ${event.auc.toFixed(4)}`,
    ...tar,
    `|x| ${formatNumber(event.xnorm)}`,
    formatSeconds(event.seconds),
  ]
  const accuracy = look.palette.good(accuracyText(event, look))
  return `${label('verify', look)} ${pad(stepName(event.step), 12)} ${accuracy}${gap}${facts.join(gap)}`
}

/** One line for a log of a progress event. */
export function renderProgressLine(event: ProgressEvent): string {
  const share = event.steps > 0 ? event.step / event.steps : 1
  return [
    `step ${formatCount(event.step)}/${formatCount(event.steps)} (${formatPercent(share, 1)})`,
    `epoch ${event.epoch.toFixed(2)}`,
    `loss ${formatSteady(event.smoothedLoss)}`,
    `lr ${formatNumber(event.rate)}`,
    `|grad| ${formatSteady(event.gradientNorm, 3)}`,
    ...scaleFacts(event),
    formatRate(event.imagesPerSecond, 'images'),
    `${formatSeconds(event.secondsPerStep)}/step`,
    `eta ${formatSeconds(event.etaSeconds)}`,
  ].join('  ')
}

/** Phases whose results have lines of their own. */
const tellsItself: ReadonlySet<PhaseEvent['name']> = new Set(['evaluate', 'save'])

/** What of an event stays on the screen; nothing where the panel is enough. `end` is left to `renderSummary`. */
export function renderPermanent(event: RunEvent, look: Look): string[] {
  switch (event.type) {
    case 'start':
      return startLines(event, look)
    case 'phase': {
      if (event.seconds === undefined || tellsItself.has(event.name)) return []
      return [`${label('done', look)} ${pad(event.name, 12)} ${formatSeconds(event.seconds)}`]
    }
    case 'fetch':
      return event.phase === 'ready' ? [`${label('done', look)} fetch        ${event.what}`] : []
    case 'evaluation':
      return [evaluationLine(event, look)]
    case 'warning':
      return [`${look.palette.warning(pad('warning', labelWidth))} ${event.message}`]
    case 'saved':
      return [`${label('saved', look)} ${pad(event.what, 12)} ${event.path} (${formatBytes(event.bytes)})`]
    case 'progress':
    case 'end':
      return []
  }
}

/** First and last evaluation of each set, side by side. */
function verificationTable(evaluations: readonly EvaluationEvent[], look: Look): string[] {
  const sets = [...new Set(evaluations.map((event) => event.set))]
  if (sets.length === 0) return []
  const rows = sets.map((set) => {
    const own = evaluations.filter((event) => event.set === set)
    const first = own.find((event) => event.step === 0)
    const last = own.findLast((event) => event.step > 0)
    const text = (event: EvaluationEvent | undefined) => (event === undefined ? '-' : accuracyText(event, look))
    const best = own.reduce((a, b) => (b.accuracy > a.accuracy ? b : a))
    return [
      set,
      formatCount(best.pairs),
      text(first),
      text(last),
      last === undefined ? '-' : last.auc.toFixed(4),
      `${formatPercent(best.accuracy, 2)} (${stepName(best.step)})`,
    ]
  })
  const right = { align: 'right' } as const
  const titles = ['verification', 'pairs', 'untrained', 'trained', 'AUC', 'best']
  const columns = titles.map((title, i) => (i === 0 ? { title } : { title, ...right }))
  return ['', ...renderTable(columns, rows, { gap: 3, paintTitle: look.palette.quiet })]
}

/** Below the figures: which machine they are not about. */
function emulationLines(start: StartEvent | undefined): string[] {
  if (start?.emulates === undefined) return []
  return ['', `The run ${emulationText(start.emulates)}: both columns are this computer's, not that machine's.`]
}

/** The end of a run: verification before and after, and what the plan said beside what happened. */
export function renderSummary(state: RunState, look: Look): string[] {
  const { end } = state
  if (end === undefined) return []
  const { planned, measured } = end
  const rows = [
    [
      'time of a step',
      formatSeconds(planned.secondsPerStep),
      formatSeconds(measured.secondsPerStep),
      formatDeviation(planned.secondsPerStep, measured.secondsPerStep) ?? '',
    ],
    [
      'memory of a device',
      formatBytes(planned.memoryBytes),
      measured.memoryBytes === undefined ? unknown : formatBytes(measured.memoryBytes),
      formatDeviation(planned.memoryBytes, measured.memoryBytes) ?? '',
    ],
  ]
  const right = { align: 'right' } as const
  const paint = end.status === 'done' ? look.palette.good : look.palette.warning
  const head = end.status === 'done' ? 'Done' : 'Interrupted'
  return [
    ...verificationTable(state.evaluations, look),
    '',
    ...renderTable(
      [{ title: 'plan and run' }, { title: 'planned', ...right }, { title: 'measured', ...right }, right],
      rows,
      {
        gap: 3,
        paintTitle: look.palette.quiet,
      },
    ),
    ...emulationLines(state.start),
    '',
    `${paint(head)}: ${plural(end.steps, 'step')} in ${formatSeconds(end.seconds)}, ${formatRate(end.imagesPerSecond, 'images')}.` +
      (state.start === undefined ? '' : ` Everything is in ${state.start.folder}`),
  ]
}
