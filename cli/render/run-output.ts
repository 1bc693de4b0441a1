/** Shows a run: a live panel on a terminal, lines elsewhere, or its events as JSON. */
import { createLogUpdate } from 'log-update'
import type { RunEvent } from '../../runtime/events.ts'
import { eventLine } from '../../runtime/logs/event-line.ts'
import type { Look } from './look.ts'
import { renderPanel, renderProgressLine } from './panel.ts'
import { renderPermanent, renderSummary } from './run.ts'
import { advance, noEvents, type RunState } from './run-state.ts'

export interface RunOutput {
  onEvent(event: RunEvent): void
  /** Inserts other lines between those of the run. */
  note(lines: readonly string[]): void
  /** Clears the panel; also after a failure. */
  close(): void
  readonly state: RunState
}

export interface RunOutputOptions {
  /** `quiet`: warnings alone, for nodes beside the first one. */
  readonly mode: 'panel' | 'plain' | 'json' | 'quiet'
  readonly stream: NodeJS.WritableStream
  readonly look: Look
  /** Seconds since a fixed point in time. */
  readonly clock: () => number
  /** Seconds between the lines of a plain log. */
  readonly plainInterval?: number
}

/** The minimum interval between updates of the panel, in seconds. */
const panelInterval = 0.1
const defaultPlainInterval = 10

/** The renderer of a mode. */
export function createRunOutput(options: RunOutputOptions): RunOutput {
  switch (options.mode) {
    case 'json':
      return jsonOutput(options)
    case 'plain':
      return plainOutput(options)
    case 'panel':
      return panelOutput(options)
    case 'quiet':
      return quietOutput(options)
  }
}

function jsonOutput({ stream }: RunOutputOptions): RunOutput {
  let state = noEvents
  return {
    onEvent(event) {
      state = advance(state, event)
      stream.write(`${eventLine(event, Date.now())}\n`)
    },
    note() {},
    close() {},
    get state() {
      return state
    },
  }
}

function plainOutput(options: RunOutputOptions): RunOutput {
  const { stream, look, clock, plainInterval = defaultPlainInterval } = options
  let state = noEvents
  let last = Number.NEGATIVE_INFINITY
  const write = (lines: readonly string[]) => {
    for (const line of lines) stream.write(`${line}\n`)
  }
  return {
    onEvent(event) {
      state = advance(state, event)
      write(renderPermanent(event, look))
      if (event.type === 'end') write(renderSummary(state, look))
      if (event.type !== 'progress') return
      if (clock() - last < plainInterval && event.step !== event.steps) return
      last = clock()
      write(renderProgressLine(event, look))
    },
    note: write,
    close() {},
    get state() {
      return state
    },
  }
}

function quietOutput({ stream, look }: RunOutputOptions): RunOutput {
  let state = noEvents
  const write = (lines: readonly string[]) => {
    for (const line of lines) stream.write(`${line}\n`)
  }
  return {
    onEvent(event) {
      state = advance(state, event)
      if (event.type === 'warning') write(renderPermanent(event, look))
    },
    note: write,
    close() {},
    get state() {
      return state
    },
  }
}

function panelOutput({ stream, look, clock }: RunOutputOptions): RunOutput {
  // The cursor stays visible: whatever ends the process, even SIGKILL, leaves a terminal that needs no repair.
  const panel = createLogUpdate(stream, { defaultWidth: look.width, showCursor: true })
  let state = noEvents
  let last = Number.NEGATIVE_INFINITY
  const draw = () => {
    last = clock()
    const lines = renderPanel(state, look)
    if (lines.length === 0) panel.clear()
    else panel(lines.join('\n'))
  }
  const keep = (lines: readonly string[]) => {
    if (lines.length === 0) return
    panel.clear()
    for (const line of lines) stream.write(`${line}\n`)
    draw()
  }
  return {
    onEvent(event) {
      state = advance(state, event)
      keep(event.type === 'end' ? renderSummary(state, look) : renderPermanent(event, look))
      if (clock() - last >= panelInterval || event.type === 'phase') draw()
    },
    note: keep,
    close() {
      panel.clear()
      panel.done()
    },
    get state() {
      return state
    },
  }
}
