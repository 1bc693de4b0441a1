/**
 * Checks that batch normalization has enough values. From a single value per channel it always computes zero: the embeddings of all
 * images are equal, and the gradient is divided by the rest of the deviation, the epsilon.
 */
import type { DiagnosticBag, Extras } from '../../grammar/diagnostic.ts'
import type { SettledExperiment } from '../experiment/experiment.ts'
import { batchPerDevice, type Lengths } from '../experiment/lengths.ts'
import { elementCount } from '../ir/dtype.ts'
import { type Graph, type Op, operandAt } from '../ir/graph.ts'
import { planDiagnostic } from './messages.ts'
import { batchSetting, written } from './paths.ts'

/** Whether every batch normalization of the step has at least two values per channel; false after a diagnostic. */
export function checkNormalization(
  step: Graph,
  experiment: SettledExperiment,
  lengths: Lengths,
  bag: DiagnosticBag,
): boolean {
  // Synced statistics use the values of all devices.
  if (experiment.train.batchNorm === 'synced' && lengths.replicas > 1) return true
  const op = normalizationOfOne(step)
  if (op === undefined) return true
  const { accumulate } = experiment.train
  const images = batchPerDevice(experiment)
  const devices = `${lengths.replicas} device${lengths.replicas === 1 ? '' : 's'}`
  const parts = accumulate === 1 ? '' : `, in ${accumulate} parts`
  const label = `${images} image${images === 1 ? '' : 's'} on each of ${devices}${parts}`
  const synced = lengths.replicas === 1 ? '' : ', or `batch_norm = synced` for the statistics of all devices'
  const expected = accumulate === 1 ? 'two images of each device' : 'two images of each part of `train.accumulate`'
  const notes = [`expected at least ${expected}${synced}`]
  bag.add(
    planDiagnostic('ARC5007', { path: op.origin.path }, experiment.spanOf('train.batch'), {
      label,
      notes,
      ...fixOf(experiment),
    }),
  )
  return false
}

/** A fix with the smallest sufficient batch, if the file specifies one. */
function fixOf(experiment: SettledExperiment): Pick<Extras, 'fix'> {
  const span = experiment.writtenSpan('train.batch')
  if (span === undefined) return {}
  const { path, value } = written(batchSetting(2 * experiment.train.accumulate))
  return { fix: { message: `write \`${path} = ${value}\``, span, replacement: value } }
}

/** The first batch normalization with one value per channel, in the graph or in one of its loops. */
function normalizationOfOne(graph: Graph): Op | undefined {
  for (const op of graph.ops) {
    if (op.kind === 'batch_norm_training') {
      const { shape } = operandAt(op, 0).type
      if (elementCount(shape) === shape.at(-1)) return op
    }
    for (const region of op.regions) {
      const inside = normalizationOfOne(region)
      if (inside !== undefined) return inside
    }
  }
  return undefined
}
