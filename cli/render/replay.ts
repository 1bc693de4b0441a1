/** The result of a replayed step as text and as data. Pure. */
import { stepMetrics } from '../../compiler/ir/step-metrics.ts'
import { showPlace } from '../../grammar/source.ts'
import type { FirstNonFinite, Replay } from '../../runtime/train/replay.ts'
import { formatCount, plural } from './format.ts'
import { labelledText } from './label.ts'
import type { Look } from './look.ts'
import { renderTable } from './table.ts'

/** Names of state tensors, and of pictures, that are shown. */
const mostShown = 8

function placeOf({ origin }: FirstNonFinite): string {
  const block = origin.path === '' ? '' : `, in ${origin.path}`
  const place = origin.span === undefined ? '' : ` (${showPlace(origin.span)})`
  return `${origin.phase}${block}${place}`
}

function some(names: readonly string[]): string {
  const more = names.length - mostShown
  return `${names.slice(0, mostShown).join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`
}

export function renderReplay({ facts, metrics, isSame, spoiled, first }: Replay, look: Look): string[] {
  const right = { align: 'right' } as const
  const rows = stepMetrics.map((name) => [name, facts.metrics[name], String(metrics[name])])
  const verdict = isSame
    ? look.palette.good('The step gives the recorded numbers again.')
    : look.palette.warning('The step gives other numbers than the recorded ones.')
  const firstLines =
    first === undefined
      ? labelledText('first', 'all values are finite in the interpreter, whose rounding differs from that of XLA', look)
      : labelledText('first', `${first.kind} returned ${first.type} that is ${first.found}: ${placeOf(first)}`, look)
  const files = [...new Set(facts.pictures.map(({ file }) => file))]
  return [
    ...labelledText('step', `${formatCount(facts.step)}: ${facts.reason}`, look),
    ...labelledText('pictures', `${plural(facts.pictures.length, 'picture')}: ${some(files)}`, look),
    ...(spoiled.length === 0
      ? []
      : labelledText('state', `not finite before the step: ${some(spoiled)}`, look, look.palette.warning)),
    ...firstLines,
    '',
    ...renderTable([{ title: 'metric' }, { title: 'recorded', ...right }, { title: 'replayed', ...right }], rows, {
      gap: 3,
      paintTitle: look.palette.quiet,
    }),
    '',
    verdict,
  ]
}

/** The same for programs. */
export function replayDocument({ facts, metrics, isSame, spoiled, first }: Replay) {
  const { step, reason, pictures, metrics: recorded } = facts
  const replayed = Object.fromEntries(stepMetrics.map((name) => [name, String(metrics[name])]))
  const { kind, type, device, found, origin } = first ?? {}
  const place = origin?.span === undefined ? undefined : showPlace(origin.span)
  return {
    step,
    reason,
    recorded,
    replayed,
    same: isSame,
    spoiled,
    first: first && { op: kind, type, device, found, phase: origin?.phase, path: origin?.path, place },
    pictures,
  }
}
