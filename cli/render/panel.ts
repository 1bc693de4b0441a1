/** The live panel: the lines at the bottom of the terminal while a run goes on. Pure: state in, lines out. */
import stringWidth from 'string-width'
import type { FetchEvent, ProgressEvent } from '../../runtime/events.ts'
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

const gap = '   '
/** Columns of the bar and of the curve, where there is room. */
const barWidth = 40
const curveWidth = 32
/** Narrower ones show nothing: the bar takes a line of its own then, and the curve goes. */
const leastBar = 10

/** Columns for something that stands in one line with facts. */
function roomBeside(facts: readonly string[], most: number, look: Look): number {
  return Math.min(most, besideLabel(look) - stringWidth(facts.join(gap)) - gap.length)
}

/** A bar and facts beside it, or below it where they leave no room. */
function barLines(name: string, share: number, most: number, facts: readonly string[], look: Look): string[] {
  const room = roomBeside(facts, most, look)
  const bar = (width: number) => renderProgress(share, width, look.unicode)
  if (room >= leastBar) return labelled(name, [bar(room), ...facts], look)
  return [...labelled(name, [bar(Math.min(most, besideLabel(look)))], look), ...labelled('', facts, look)]
}

/** `scale 65536`, and `2 skipped` where steps were; nothing without f16. */
function scaleFacts({ lossScale }: ProgressEvent): string[] {
  if (lossScale === undefined) return []
  const skipped = lossScale.skipped === 0 ? [] : [`${formatCount(lossScale.skipped)} skipped`]
  const { factor } = lossScale
  return [`scale ${factor < 1 ? formatNumber(factor) : formatCount(factor)}`, ...skipped]
}

/** `epoch 3/20`: the one under way. Where the steps are given and end within an epoch, `epoch 2.42`: those behind it. */
function epochFact({ epoch, epochs }: ProgressEvent): string {
  if (!Number.isInteger(epochs)) return `epoch ${epoch.toFixed(2)}`
  return `epoch ${Math.min(epochs, Math.floor(epoch) + 1)}/${formatCount(epochs)}`
}

function progressLines(progress: ProgressEvent, losses: readonly number[], look: Look): string[] {
  const share = progress.steps > 0 ? progress.step / progress.steps : 1
  const dataShare = progress.secondsPerStep > 0 ? progress.dataSeconds / progress.secondsPerStep : 0
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
        `data ${formatPercent(dataShare)}`,
        `elapsed ${formatClock(progress.elapsedSeconds)}`,
      ],
      look,
    ),
  ]
}

function fetchLines(event: FetchEvent, look: Look): string[] {
  const { bytes, total } = event
  if (event.phase !== 'download' || bytes === undefined)
    return labelledText('fetch', `${event.phase} ${event.what}`, look)
  const text = `${event.what} ${formatBytes(bytes)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`
  if (total === undefined || total <= 0) return labelledText('fetch', text, look)
  return barLines('fetch', bytes / total, curveWidth, [text], look)
}

/** The lines at the bottom of the terminal while the run goes on; none when nothing is going on. */
export function renderPanel(state: RunState, look: Look): string[] {
  if (state.end !== undefined) return []
  const phase = state.phase
  return [
    ...(state.progress === undefined ? [] : progressLines(state.progress, state.losses, look)),
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
    `eta ${formatSeconds(event.etaSeconds)}`,
  ]
  return factLines(facts, look, { gap: '  ', indent: 2 })
}
