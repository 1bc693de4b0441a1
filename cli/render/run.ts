/** The permanent text of a run: the lines of its events, and the summary. Pure: events and state in, lines out. */
import type { VariantPlace } from '../../compiler/driver.ts'
import type {
  EndEvent,
  EvaluationEvent,
  LoadedEvent,
  PhaseEvent,
  ResumedEvent,
  RunEvent,
  SkippedEvent,
  StartEvent,
} from '../../runtime/events.ts'
import { changeText } from '../../runtime/train/resume-from.ts'
import { emulationText } from './emulation.ts'
import { factLines, lineWidth, paragraph } from './fit.ts'
import {
  formatBytes,
  formatCount,
  formatDeviation,
  formatFar,
  formatNumber,
  formatPercent,
  formatRate,
  formatSeconds,
  plural,
  unknown,
} from './format.ts'
import { labelled, labelledText } from './label.ts'
import type { Look } from './look.ts'
import { resumeCommand } from './resume-command.ts'
import type { RunState } from './run-state.ts'
import { pad, renderTable } from './table.ts'

/** The width of the word after a label: what is done, saved or verified. */
const subjectWidth = 12

/** The heading of the next variant of a sweep, separated by an empty line from the previous one. */
export function renderVariant({ name, position, count }: VariantPlace, look: Look): string[] {
  const lines = labelledText('variant', `${formatCount(position)} of ${formatCount(count)}: ${name}`, look)
  return position === 1 ? lines : ['', ...lines]
}

function startLines(event: StartEvent, look: Look): string[] {
  const facts = [
    `${formatCount(event.images)} images`,
    `${formatCount(event.classes)} identities`,
    `batch ${formatCount(event.batch)}`,
    `${formatCount(event.steps)} steps (${formatCount(event.stepsPerEpoch)} per epoch)`,
  ]
  return [
    ...factLines([look.palette.strong(event.experiment), event.folder, event.engine], look, { indent: 2 }),
    ...(event.emulates === undefined ? [] : labelledText('machine', emulationText(event.emulates), look)),
    ...(event.note === undefined ? [] : labelledText('note', event.note, look)),
    ...labelled('data', facts, look),
    ...(event.leftOut === undefined ? [] : labelledText('left out', event.leftOut, look)),
  ]
}

function loadedLines(event: LoadedEvent, look: Look): string[] {
  const { path, tensors, leftOut, classes, pictures, random, optimizer } = event
  const mean = pictures === 0 ? '' : ` (mean embeddings of ${plural(pictures, 'picture')})`
  const facts = [
    path,
    plural(tensors, 'tensor'),
    ...(leftOut === 0 ? [] : [`${formatCount(leftOut)} left out`]),
    `centers: ${formatCount(classes.kept)} kept, ${formatCount(classes.new)} new${mean}, ${formatCount(classes.dropped)} dropped`,
    ...(random === 0 ? [] : [`${formatCount(random)} of them random`]),
    ...(optimizer ? ["optimizer's state kept"] : []),
  ]
  return labelled('weights', facts, look)
}

const stepName = (step: number, loaded?: boolean) =>
  step === 0 ? (loaded === true ? 'as loaded' : 'untrained') : `step ${formatCount(step)}`

const accuracyText = (event: EvaluationEvent, look: Look) =>
  event.measure === undefined
    ? `${formatPercent(event.accuracy, 2)} ${look.unicode ? '±' : '+-'}${(event.deviation * 100).toFixed(2)}`
    : `${formatPercent(event.accuracy, 2)} at FAR 1e-4`

function evaluationLines(event: EvaluationEvent, look: Look): string[] {
  const shown = event.tarAtFar.filter(({ far }) => event.measure === undefined || far !== 1e-4)
  const tar = shown.map(({ far, tar }) => `TAR@${formatFar(far)} ${formatPercent(tar, 2)}`)
  const facts = [
    `${event.set}, ${formatCount(event.pairs)} pairs`,
    `AUC ${event.auc.toFixed(4)}`,
    ...tar,
    `|x| ${formatNumber(event.xnorm)}`,
    formatSeconds(event.seconds),
  ]
  const accuracy = look.palette.good(accuracyText(event, look))
  return labelled('verify', [`${pad(stepName(event.step, event.loaded), subjectWidth)} ${accuracy}`, ...facts], look)
}

/** Phases whose results have their own lines. */
const tellsItself: ReadonlySet<PhaseEvent['name']> = new Set(['evaluate', 'save'])

/** Skipped pictures that are shown one by one; `log.ndjson` has all of them. */
const mostSkippedShown = 5

function skippedLines({ file, reason, count }: SkippedEvent, look: Look): string[] {
  if (count > mostSkippedShown) return []
  const more = count < mostSkippedShown ? '' : '; further ones are in log.ndjson only'
  return labelledText('skipped', `${file}: ${reason}${more}`, look, look.palette.warning)
}

function resumedLines({ step, checkpoint, changes }: ResumedEvent, look: Look): string[] {
  const from =
    checkpoint === undefined ? 'from the beginning: there is no checkpoint yet' : `${stepName(step)}, ${checkpoint}`
  return [
    ...labelledText('resumed', from, look),
    ...changes.flatMap((change) => labelledText('changed', changeText(change), look, look.palette.warning)),
  ]
}

/**
 * The permanent lines of an event; none if the panel is enough. `renderSummary` renders `end`, `renderFailedRun` what follows the
 * error of a failure.
 */
export function renderPermanent(event: RunEvent, look: Look): string[] {
  switch (event.type) {
    case 'start':
      return startLines(event, look)
    case 'phase': {
      if (event.seconds === undefined || tellsItself.has(event.name)) return []
      return labelledText('done', `${pad(event.name, subjectWidth)} ${formatSeconds(event.seconds)}`, look)
    }
    case 'fetch':
      return event.phase === 'ready' ? labelledText('done', `${pad('download', subjectWidth)} ${event.what}`, look) : []
    case 'evaluation':
      return evaluationLines(event, look)
    case 'warning':
      return labelledText('warning', event.message, look, look.palette.warning)
    case 'left-out': {
      const text = `${event.reason}; back to step ${formatCount(event.back)}, without this batch (${formatCount(event.count)} of at most ${formatCount(event.most)})`
      return labelledText('left out', text, look, look.palette.warning)
    }
    case 'skipped':
      return skippedLines(event, look)
    case 'saved':
      return labelledText('saved', `${pad(event.what, subjectWidth)} ${event.path} (${formatBytes(event.bytes)})`, look)
    case 'resumed':
      return resumedLines(event, look)
    case 'loaded':
      return loadedLines(event, look)
    case 'progress':
    case 'dumped':
    case 'telemetry':
    case 'failed':
    case 'end':
      return []
  }
}

function requirementText({ text, found, met }: NonNullable<EndEvent['requirements']>[number]): string {
  const figure = found === undefined ? 'not measured' : formatNumber(found, 4)
  return `Required: ${text}; ${met ? 'met' : 'not met'}: ${figure}.`
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
      `${formatPercent(best.accuracy, 2)} (${stepName(best.step, best.loaded)})`,
    ]
  })
  const right = { align: 'right' } as const
  const columns = [
    { title: 'verification', wrap: 12 },
    { title: 'pairs', ...right, drop: 1 },
    { title: stepName(0, evaluations[0]?.loaded), ...right, drop: 4 },
    { title: 'trained', ...right },
    { title: 'AUC', ...right, drop: 3 },
    { title: 'best', ...right, drop: 2 },
  ]
  return ['', ...renderTable(columns, rows, { gap: 3, paintTitle: look.palette.quiet, width: lineWidth(look) })]
}

/** The note below the figures of an emulation. */
function emulationLines(start: StartEvent | undefined, look: Look): string[] {
  if (start?.emulates === undefined) return []
  const text = `The run ${emulationText(start.emulates)}: both columns describe this computer, not that machine.`
  return ['', ...paragraph(text, look)]
}

/** How an interrupted run goes on. */
function resumeLines({ start, end }: RunState, look: Look): string[] {
  if (start === undefined || end?.status !== 'interrupted') return []
  return paragraph(`To go on: ${resumeCommand(start.folder)}`, look)
}

/** The end of a run: verification before and after training, and planned against measured figures. */
export function renderSummary(state: RunState, look: Look): string[] {
  const { end } = state
  if (end === undefined) return []
  const { planned, measured } = end
  const rows = [
    [
      'time per step',
      formatSeconds(planned.secondsPerStep),
      formatSeconds(measured.secondsPerStep),
      formatDeviation(planned.secondsPerStep, measured.secondsPerStep) ?? '',
    ],
    [
      'memory per device',
      formatBytes(planned.memoryBytes),
      measured.memoryBytes === undefined ? unknown : formatBytes(measured.memoryBytes),
      formatDeviation(planned.memoryBytes, measured.memoryBytes) ?? '',
    ],
    ...(measured.processBytes === undefined
      ? []
      : [['memory of the process', '', formatBytes(measured.processBytes), '']]),
  ]
  const right = { align: 'right' } as const
  const paint = end.status === 'done' ? look.palette.good : look.palette.warning
  const head = end.status === 'done' ? 'Done' : 'Interrupted'
  return [
    ...verificationTable(state.evaluations, look),
    '',
    ...renderTable(
      [{ title: 'plan and run', wrap: 12 }, { title: 'planned', ...right }, { title: 'measured', ...right }, right],
      rows,
      { gap: 3, paintTitle: look.palette.quiet, width: lineWidth(look) },
    ),
    ...emulationLines(state.start, look),
    '',
    ...factLines(
      [
        `${paint(head)}: ${plural(end.steps, 'step')} in ${formatSeconds(end.seconds)}, ${formatRate(end.imagesPerSecond, 'images')}.`,
        ...(end.skippedPictures === undefined
          ? []
          : [`${plural(end.skippedPictures, 'damaged picture')} skipped, named in log.ndjson.`]),
        ...(end.leftOutSteps === undefined
          ? []
          : [`${plural(end.leftOutSteps, 'step')} left out because they were not finite.`]),
        ...(end.requirements ?? []).map(requirementText),
        ...(state.start === undefined ? [] : [`Results are in ${state.start.folder}`]),
      ],
      look,
      { gap: ' ' },
    ),
    ...resumeLines(state, look),
  ]
}
