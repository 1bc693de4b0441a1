/** The values of a resolved experiment with the places where they were written. */
import type { Experiment, PlacedValue } from '../../compiler/experiment/experiment.ts'
import { positionAt, type Span, textOf } from '../../grammar/source.ts'
import { renderTable } from './table.ts'

/** Longer texts are cut. */
const longest = 80

/** On one line. */
function compact(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}

function showLine(span: Span): string {
  return `${span.source.path}:${positionAt(span.source, span.start).line}`
}

/** `train.arc:12`, with what is written there if the value is shown in another way; `default of arcface, std/margins.arc:4`. */
function showOrigin({ text, origin, span, owner }: PlacedValue): string {
  if (origin === 'default') {
    const place = span === undefined ? '' : `, ${showLine(span)}`
    return `default of ${owner ?? 'experiments'}${place}`
  }
  const written = span === undefined ? text : compact(textOf(span))
  const place = origin === 'override' || span === undefined ? '--set' : showLine(span)
  return written === text ? place : `${place}: ${written}`
}

export function placedLines(experiment: Experiment): string[] {
  const rows = experiment.places().map((value) => [value.path, `= ${value.text}  // ${showOrigin(value)}`])
  return [`// experiment ${experiment.name}`, ...renderTable([{}, {}], rows, { gap: 1 })]
}
