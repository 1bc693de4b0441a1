/** The live panel: the lines at the bottom of the terminal during a run. Pure: state in, lines out. */
import type { FetchEvent, ProgressEvent, TelemetryEvent } from '../../runtime/events.ts'
import { renderProgress, sparkline } from './bars.ts'
import { factLines } from './fit.ts'
import {
  formatBytes,
  formatClock,
  formatCount,
  formatNumber,
  formatPercent,
  formatRate,
  formatSeconds,
  formatSteady,
} from './format.ts'
import { besideLabel, labelled, labelledText } from './label.ts'
import type { Look } from './look.ts'
import type { RunState } from './run-state.ts'
import { textWidth } from './text-width.ts'

const gap = '   '
/** The maximum widths of the bar and of the curve. */
const barWidth = 40
const curveWidth = 32
/** The minimum width of both. If there is less room, the bar gets its own line and the curve is omitted. */
const leastBar = 10

/** The columns left on a line with some facts. */
function roomBeside(facts: readonly string[], most: number, look: Look): number {
  return Math.min(most, besideLabel(look) - textWidth(facts.join(gap)) - gap.length)
}

/** A bar and facts to its right, or below it if there is no room. */
function barLines(name: string, share: number, most: number, facts: readonly string[], look: Look): string[] {
  const room = roomBeside(facts, most, look)
  const bar = (width: number) => renderProgress(share, width, look.unicode)
  if (room >= leastBar) return labelled(name, [bar(room), ...facts], look)
  return [...labelled(name, [bar(Math.min(most, besideLabel(look)))], look), ...labelled('', facts, look)]
}

/** `scale 65536`, and `2 skipped` if steps were skipped; nothing without f16. */
function scaleFacts({ lossScale }: ProgressEvent): string[] {
  if (lossScale === undefined) return []
  const skipped = lossScale.skipped === 0 ? [] : [`${formatCount(lossScale.skipped)} skipped`]
  const { factor } = lossScale
  return [`scale ${factor < 1 ? formatNumber(factor) : formatCount(factor)}`, ...skipped]
}

/** The current epoch, `epoch 3/20`. If `steps` ends the run within an epoch, the completed epochs, `epoch 2.42`. */
function epochFact({ epoch, epochs }: ProgressEvent): string {
  if (!Number.isInteger(epochs)) return `epoch ${epoch.toFixed(2)}`
  return `epoch ${Math.min(epochs, Math.floor(epoch) + 1)}/${formatCount(epochs)}`
}

/** Above this part of a step, a run is limited by its data. */
const muchWaiting = 0.1

function dataShare({ secondsPerStep, dataSeconds }: ProgressEvent): number {
  return secondsPerStep > 0 ? dataSeconds / secondsPerStep : 0
}

/** `data 2 %`: the part of a step in which its devices waited for data. */
function dataFact(progress: ProgressEvent, look: Look): string {
  const share = dataShare(progress)
  if (share <= muchWaiting) return `data ${formatPercent(share)}`
  return look.palette.warning(`waits for data ${formatPercent(share)}`)
}

function progressLines(progress: ProgressEvent, losses: readonly number[], look: Look): string[] {
  const share = progress.steps > 0 ? progress.step / progress.steps : 1
  const loss = look.palette.strong(formatSteady(progress.smoothedLoss))
  const rates = [
    `lr ${formatNumber(progress.rate)}`,
    `|grad| ${formatSteady(progress.gradientNorm, 3)}`,
    ...scaleFacts(progress),
  ]
  const room = roomBeside([loss, ...rates], curveWidth, look)
  const curve = room < leastBar ? [] : [sparkline(losses, room, look.unicode)]
  return [
    ...barLines(
      'run',
      share,
      barWidth,
      [
        epochFact(progress),
        `${formatCount(progress.step)} / ${formatCount(progress.steps)}`,
        formatPercent(share, 1),
        `eta ${formatSeconds(progress.etaSeconds)}`,
      ],
      look,
    ),
    ...labelled('loss', [loss, ...curve, ...rates], look),
    ...labelled(
      'speed',
      [
        formatRate(progress.imagesPerSecond, 'images'),
        `${formatSeconds(progress.secondsPerStep)}/step`,
        dataFact(progress, look),
        `elapsed ${formatClock(progress.elapsedSeconds)}`,
      ],
      look,
    ),
  ]
}

/**
 * `memory   planned 774 MiB   XLA 753 MiB   process 1.71 GiB`: of a device by the plan and by the engine, and of the whole process, of
 * which the devices of a CPU are a part.
 */
function memoryLines(
  { hostPeakBytes, stepBytes, deviceBytes }: TelemetryEvent,
  planned: number | undefined,
  look: Look,
) {
  const counted = deviceBytes ?? stepBytes
  const facts = [
    ...(planned === undefined ? [] : [`planned ${formatBytes(planned)}`]),
    ...(counted === undefined ? [] : [`XLA ${formatBytes(counted)}`]),
    ...(hostPeakBytes === undefined ? [] : [`process ${formatBytes(hostPeakBytes)}`]),
  ]
  return labelled('memory', facts, look)
}

function fetchLines(event: FetchEvent, look: Look): string[] {
  const { bytes, total } = event
  if (event.phase !== 'download' || bytes === undefined)
    return labelledText('download', `${event.phase} ${event.what}`, look)
  const text = `${event.what} ${formatBytes(bytes)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`
  if (total === undefined || total <= 0) return labelledText('download', text, look)
  return barLines('download', bytes / total, curveWidth, [text], look)
}

/** The lines of the panel; none after the end or the failure of the run. */
export function renderPanel(state: RunState, look: Look): string[] {
  if (state.end !== undefined || state.failed !== undefined) return []
  const phase = state.phase
  return [
    ...(state.progress === undefined ? [] : progressLines(state.progress, state.losses, look)),
    ...(state.progress === undefined || state.telemetry === undefined
      ? []
      : memoryLines(state.telemetry, state.start?.plannedBytes, look)),
    ...(state.fetch === undefined ? [] : fetchLines(state.fetch, look)),
    ...(phase === undefined ? [] : labelledText('now', `${phase.name} ${look.unicode ? '…' : '...'}`, look)),
  ]
}

/** A progress event for a log. */
export function renderProgressLine(event: ProgressEvent, look: Look): string[] {
  const share = event.steps > 0 ? event.step / event.steps : 1
  const facts = [
    `step ${formatCount(event.step)}/${formatCount(event.steps)} (${formatPercent(share, 1)})`,
    `epoch ${event.epoch.toFixed(2)}`,
    `loss ${formatSteady(event.smoothedLoss)}`,
    `lr ${formatNumber(event.rate)}`,
    `|grad| ${formatSteady(event.gradientNorm, 3)}`,
    ...scaleFacts(event),
    formatRate(event.imagesPerSecond, 'images'),
    `${formatSeconds(event.secondsPerStep)}/step`,
    ...(dataShare(event) > muchWaiting ? [dataFact(event, look)] : []),
    `eta ${formatSeconds(event.etaSeconds)}`,
  ]
  return factLines(facts, look, { gap: '  ', indent: 2 })
}
