/** The counts that a plan uses: identities, images, batch, steps. */

import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { showName } from '../../grammar/source.ts'
import type { ChosenExperiment, DatasetSpec, Experiment } from '../experiment/experiment.ts'
import { batchPerDevice, type Lengths } from '../experiment/lengths.ts'
import type { DatasetCounts, Host } from '../host/host.ts'
import { datasetTraits } from '../schema/dataset-formats.ts'
import { checkCounts, checkSample, declaredCounts, leastBatch, type OpenLengths } from './declared-counts.ts'
import { planDiagnostic } from './messages.ts'

/** The counts of the run; `undefined` after a diagnostic. */
export function planLengths(experiment: ChosenExperiment, host: Host, bag: DiagnosticBag): Lengths | undefined {
  const open = checkLengths(experiment, batchPerDevice(experiment), host, bag)
  if (open === undefined) return undefined
  const { train } = experiment
  const batch = batchPerDevice(experiment) * open.replicas
  const stepsPerEpoch = Math.floor(open.images / batch)
  const steps = train.steps ?? (train.epochs ?? 0) * stepsPerEpoch
  return { ...open, batch, stepsPerEpoch, epochs: train.epochs ?? steps / stepsPerEpoch, steps }
}

/** The lengths that do not depend on the planner's choices, so that an error in them affects every choice; `undefined` after a diagnostic. */
export function planOpenLengths(experiment: Experiment, host: Host, bag: DiagnosticBag): OpenLengths | undefined {
  const lengths = checkLengths(experiment, leastBatch(experiment), host, bag)
  if (lengths !== undefined) checkSample(experiment, lengths, bag)
  return lengths
}

/** Checks that there are enough images for one step with this batch per device, and a class for each device. */
function checkLengths(
  experiment: Experiment,
  perDevice: number,
  host: Host,
  bag: DiagnosticBag,
): OpenLengths | undefined {
  const counts = datasetCounts(experiment, host, bag)
  if (counts === undefined || experiment.margin.firstValues(counts.identities) === undefined) return undefined
  return checkCounts(experiment, counts, perDevice, bag)
}

/** The declared counts, checked against the data if it is on this computer. */
function datasetCounts(experiment: Experiment, host: Host, bag: DiagnosticBag): DatasetCounts | undefined {
  const spec = experiment.dataset
  if (datasetTraits[spec.format].images === 'drawn') {
    const identities = spec.identities ?? 0
    return { identities, images: identities * (spec.perIdentity ?? 0) }
  }
  const found = host.countDataset(spec)
  if (found !== undefined && 'fault' in found) {
    const place = experiment.writtenSpan('dataset.root') ?? experiment.writtenSpan('dataset.file') ?? spec.span
    bag.add(planDiagnostic('ARC5008', { fault: found.fault }, place, { notes: found.details }))
    return undefined
  }
  const { identities, images } = found ?? declaredCounts(spec)
  if (identities === undefined || images === undefined) {
    const root = whatIsMissing(spec)
    bag.add(
      planDiagnostic('ARC5001', { dataset: spec.name, root }, spec.span, {
        notes: [
          'declare `identities` and `images` to plan without the data, or pass the folder: --set dataset.root=\'"…"\'',
        ],
      }),
    )
    return undefined
  }
  if (found !== undefined) {
    const declared: DatasetCounts = { identities: spec.identities ?? identities, images: spec.images ?? images }
    if (declared.identities !== identities || declared.images !== images) {
      const show = (c: DatasetCounts) => `${c.identities} identities with ${c.images} images`
      bag.add(
        planDiagnostic(
          'ARC5005',
          { declared: show(declared), found: show(found), root: spec.root?.path ?? spec.name },
          spec.span,
        ),
      )
      return undefined
    }
  }
  return { identities, images, ...(found?.leftOut === undefined ? {} : { leftOut: found.leftOut }) }
}

/** Why a data set could not be counted, for people. */
function whatIsMissing({ root, file, mixed: parts }: DatasetSpec): string {
  if (parts !== undefined)
    return `not all of its sets are on this computer (${parts.map((part) => part.name).join(', ')})`
  const place = file ?? root
  return place?.pending ?? `\`${showName(place?.path ?? '')}\` does not exist`
}
