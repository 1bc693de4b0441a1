/** `arcc plan --exact`: compiles with XLA, shows the progress on stderr, and adds the figures to the plan document. */
import type { PlanDocument } from '../../compiler/plan/document.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { programBytes } from '../../runtime/engine.ts'
import { type ExactEvent, type ExactFigures, exactMemory } from '../../runtime/xla/exact/exact-memory.ts'
import { factLines } from '../render/fit.ts'
import { fetchedFact, progressLine } from '../render/live-line.ts'
import type { Look } from '../render/look.ts'

/** One line per event; several on a narrow terminal. */
export function exactLine(event: ExactEvent, look: Look): string {
  if (event.phase === 'compile') return `XLA compiles the step for ${event.gpu}, which takes 10 to 30 seconds`
  const { wheel, event: fetch } = event
  const { bytes = 0, total = 0 } = fetch
  if (fetch.phase !== 'download' || total === 0) return `${fetch.phase} ${wheel}`
  return factLines([`download ${wheel}`, fetchedFact(bytes, total, look)], look, { indent: 2 }).join('\n')
}

/** The stage of an event: on output that cannot be overwritten, each stage gets one line. */
function stageOf(event: ExactEvent): string {
  return event.phase === 'compile' ? event.phase : `${event.event.phase} ${event.wheel}`
}

/** The plan document with XLA's figures. */
export function documentWith({ document, run }: Plan, figures: ExactFigures): PlanDocument {
  const { gpu, cached: _, seconds, ...bytes } = figures
  const reserve = Math.round(run.machine.device.reserve)
  const allocated = programBytes(figures)
  const total = allocated + reserve
  return {
    ...document,
    exact: {
      ...bytes,
      target: gpu,
      allocated,
      reserve,
      total,
      fits: total <= document.memory.capacity,
      compileSeconds: seconds,
    },
  }
}

/** The plan document with XLA's figures. Throws the errors of `exactMemory`. */
export async function addExact(plan: Plan, look: Look): Promise<PlanDocument> {
  const progress = progressLine(process.stderr, look, { line: exactLine, stage: stageOf })
  try {
    return documentWith(plan, await exactMemory(plan, { onProgress: progress.show }))
  } finally {
    progress.end()
  }
}
