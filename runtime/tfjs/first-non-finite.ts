/** Finds where numbers of a graph stop being finite, by interpreting it op by op. */
import type { Graph, Op } from '../../compiler/ir/graph.ts'
import type { HostTensor } from '../engine.ts'
import { loadBackend } from './backend.ts'
import { interpret } from './interpret.ts'
import { fromHost } from './transfer.ts'
import type { RuntimeValue } from './value.ts'

/** An op that returned the first value of its kind, and on which replica. */
interface Culprit {
  readonly op: Op
  readonly replica: number
}

export interface NonFinite {
  /** The first op that returned a value that is not a number; `undefined` if none did. */
  readonly notANumber: Culprit | undefined
  /** The first op with infinite values, except constants: masks and maxima begin with them. */
  readonly infinite: Culprit | undefined
}

/** Interprets a graph on `inputs[replica][i]`. Slow: it is meant for one step. */
export async function findNonFinite(graph: Graph, inputs: readonly (readonly HostTensor[])[]): Promise<NonFinite> {
  const { tf, choice } = await loadBackend('auto')
  let notANumber: Culprit | undefined
  let infinite: Culprit | undefined
  const observe = (op: Op, replica: number, value: RuntimeValue) => {
    if (notANumber !== undefined || value.kind !== 'float') return
    const numbers = value.tensor.dataSync<'float32'>()
    if (numbers.some(Number.isNaN)) notANumber = { op, replica }
    else if (infinite === undefined && op.kind !== 'constant' && !numbers.every(Number.isFinite))
      infinite = { op, replica }
  }
  const cx = { tf, ownLoops: choice === 'cpu', observe }
  const outputs = await interpret(
    cx,
    graph,
    inputs.map((own) => own.map((tensor) => fromHost(cx, tensor))),
  )
  for (const value of outputs.flat()) if (value.kind === 'float') value.tensor.dispose()
  return { notANumber, infinite }
}
