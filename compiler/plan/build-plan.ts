/** Experiment → plan: the graphs, and the document that describes them. */
import type { DiagnosticBag, Extras } from '../../grammar/diagnostic.ts'
import type { Experiment } from '../experiment/experiment.ts'
import { batchPerDevice } from '../experiment/lengths.ts'
import type { Host } from '../host/host.ts'
import { answerFix, answerNotes } from './answer-text.ts'
import { findAnswers } from './answers.ts'
import { brokenRequires, plannedQuantity, showBound } from './bounds.ts'
import { type Candidate, movedTo } from './candidate.ts'
import { describePlan } from './describe.ts'
import type { PlanDocument } from './document.ts'
import { checkIntervals } from './intervals.ts'
import { planDiagnostic } from './messages.ts'
import { written } from './paths.ts'
import type { Plan } from './plan.ts'
import { settle } from './settle.ts'
import { showBytes, showQuantity } from './show.ts'
import { insteadOfMachine, type StandIn, standInMachine } from './stand-in.ts'

/**
 * Builds the plan of an experiment; `undefined` after errors. `file` is where it was declared, for display; `standIn` replaces its
 * machine.
 */
export function buildPlan(
  declared: Experiment,
  file: string,
  host: Host,
  bag: DiagnosticBag,
  standIn?: StandIn,
): Plan | undefined {
  const counting = countingOnce(host)
  const machine = standIn === undefined ? declared.machine : standInMachine(declared, standIn, counting, bag)
  if (machine === undefined) return undefined
  const isEmulated = standIn?.how === 'emulated'
  const experiment = isEmulated ? declared : { ...declared, machine }
  const settled = settle(experiment, counting, bag)
  if (settled === undefined) return undefined
  checkRequires(settled.candidate, bag)
  // An emulation uses the plan of the declared machine: the same choices for `auto`, and therefore the same graphs.
  const candidate = isEmulated ? movedTo(machine, settled.candidate, counting) : settled.candidate
  const answers = candidate.memory.fits || isEmulated ? [] : [...findAnswers(settled, counting)]
  const insteadOf = standIn === undefined ? {} : insteadOfMachine(declared, standIn)
  const document = describePlan(
    candidate,
    file,
    { choices: settled.choices.map(({ setting, why }) => ({ ...written(setting), why })), answers },
    insteadOf,
  )
  checkFit(candidate.experiment, document, bag)
  checkIntervals(declared, candidate.lengths, bag)
  const { graphs, lengths } = candidate
  const { runRequires, train, augment, startFrom, backbone, centers, evaluate, checkpoint, log, dataset } =
    candidate.experiment
  return {
    name: declared.name,
    document,
    replicas: lengths.replicas,
    state: graphs.slots.map((slot) => slot.tensor),
    shards: graphs.shards,
    graphs,
    embedState: graphs.embedState,
    run: {
      dataset,
      evaluate,
      checkpoint,
      requires: runRequires,
      startFrom,
      log,
      machine,
      batchPerDevice: batchPerDevice(candidate.experiment),
      embedBatch: graphs.embedBatch,
      epochs: lengths.epochs,
      steps: lengths.steps,
      stepsPerEpoch: lengths.stepsPerEpoch,
      augment,
      seed: train.seed,
      workers: train.workers,
      onNonFinite: train.onNonFinite,
      watchdog: train.watchdog,
      image: backbone.input,
      embedding: backbone.embedding,
      classes: lengths.classes,
      perClass: centers.perClass,
    },
  }
}

/** A host that counts the data set only once for all plans. */
function countingOnce(host: Host): Host {
  let counted: { readonly counts: ReturnType<Host['countDataset']> } | undefined
  return {
    ...host,
    countDataset(spec) {
      counted ??= { counts: host.countDataset(spec) }
      return counted.counts
    },
  }
}

function checkFit(experiment: Experiment, document: PlanDocument, bag: DiagnosticBag): void {
  const { memory } = document
  if (memory.fits) return
  const largest = memory.lines.reduce((a, b) => (b.bytes > a.bytes ? b : a))
  const found = {
    peak: showBytes(memory.peak),
    capacity: showBytes(memory.capacity),
    device: experiment.machine.device.name,
  }
  const notes = [
    `the largest part is ${largest.name}: ${showBytes(largest.bytes)}`,
    ...answerNotes(experiment, document),
  ]
  const extras: Extras = { notes, ...answerFix(experiment, document) }
  bag.add(planDiagnostic('ARC5004', found, experiment.spanOf('train.batch'), extras))
}

function checkRequires(candidate: Candidate, bag: DiagnosticBag): void {
  for (const require of brokenRequires(candidate)) {
    const { quantity, span } = require
    const planned = showQuantity(quantity, plannedQuantity(quantity, candidate))
    const found = { quantity, planned, required: showBound(require) }
    bag.add(planDiagnostic('ARC5003', found, span, { label: `planned: ${planned}` }))
  }
}
