/** A lower bound of the memory of a run, without its graphs: `arcc check` compares it with the `require`s. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { Experiment } from '../experiment/experiment.ts'
import { worldSize } from '../experiment/lengths.ts'
import { elementCount } from '../ir/dtype.ts'
import { showBound } from './bounds.ts'
import { planDiagnostic } from './messages.ts'
import { showBytes } from './show.ts'

const bytesOf = { f32: 4, bf16: 2, int8: 1 } as const

/** Bytes on each device of the trained weights, the centers whose number is declared, and the optimizer's states of both. */
function leastMemory({ backbone, centers, dataset, machine, optimizer, centersOptimizer, train }: Experiment): number {
  const elements = (specs: Experiment['backbone']['parameters']) =>
    specs.reduce((sum, { shape }) => sum + elementCount(shape), 0)
  const weights = elements(backbone.parameters)
  const trained = elements(backbone.parameters.filter((spec) => spec.trainable))
  const stateful = train.freeze.length > 0 ? 0 : trained
  const shards = centers.placement === 'replicate' ? 1 : worldSize(machine)
  const perState = bytesOf[centers.state]
  const perCenter = backbone.embedding * (bytesOf[centers.weights] + perState * centersOptimizer.states.length)
  const perClass = centers.perClass * perCenter
  const classes = Math.floor((dataset.identities ?? 0) / shards)
  return 4 * (weights + stateful * optimizer.states.length) + classes * perClass
}

/** Reports a bound on the memory that already the weights and their states exceed. */
export function checkLeastMemory(experiment: Experiment, bag: DiagnosticBag): void {
  for (const require of experiment.requires) {
    const { quantity, operator, bound, span } = require
    if (quantity !== 'memory.peak' || (operator !== '<' && operator !== '<=')) continue
    const least = leastMemory(experiment)
    if (operator === '<' ? least < bound : least <= bound) continue
    const planned = `at least ${showBytes(least)}`
    const notes = ['that is what weights, centers and the optimizer need; `arcc plan` shows all of it']
    bag.add(planDiagnostic('ARC5003', { quantity, planned, required: showBound(require) }, span, { notes }))
  }
}
