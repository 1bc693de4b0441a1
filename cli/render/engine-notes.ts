/** Shows on stderr what an engine reports while it starts: warnings, and the download of its library. */
import type { Emit, FetchEvent } from '../../runtime/events.ts'
import { factLines } from './fit.ts'
import { labelledText } from './label.ts'
import { fetchedFact, progressLine } from './live-line.ts'
import type { Look } from './look.ts'
import type { Output } from './output.ts'

function fetchLine({ phase, what, bytes = 0, total = 0 }: FetchEvent, look: Look): string {
  const fact = phase === 'download' && total > 0 ? [fetchedFact(bytes, total, look)] : []
  return factLines([`${phase} ${what}`, ...fact], look, { indent: 2 }).join('\n')
}

export function engineNotes({ errorLook, note }: Output): Emit {
  const stage = ({ phase, what }: FetchEvent) => `${phase} ${what}`
  const progress = progressLine(process.stderr, errorLook, { line: fetchLine, stage })
  return (event) => {
    if (event.type === 'warning') note(labelledText('warning', event.message, errorLook, errorLook.palette.warning))
    if (event.type !== 'fetch') return
    if (event.phase === 'ready') progress.end()
    else progress.show(event)
  }
}
