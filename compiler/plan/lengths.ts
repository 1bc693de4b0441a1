/** The counts that a plan uses: identities, images, batch, steps. */

import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { showName } from '../../grammar/source.ts'
import type { ChosenExperiment, DatasetSpec, Experiment } from '../experiment/experiment.ts'
import { batchPerDevice, type Lengths, worldSize } from '../experiment/lengths.ts'
import type { DatasetCounts, Host } from '../host/host.ts'
import { datasetTraits } from '../schema/dataset-formats.ts'
import { planDiagnostic } from './messages.ts'

/** The lengths of a run that are known before its batch. */
export type OpenLengths = Pick<Lengths, 'classes' | 'images' | 'replicas' | 'leftOut'>

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
  const { train, machine } = experiment
  // A batch that is not chosen yet has at least one image per device.
  const least = train.batch === 'auto' ? 1 : batchPerDevice({ train: { batch: train.batch }, machine })
  return checkLengths(experiment, least, host, bag)
}

/** Checks that there are enough images for one step with this batch per device, and a class for each device. */
function checkLengths(
  experiment: Experiment,
  perDevice: number,
  host: Host,
  bag: DiagnosticBag,
): OpenLengths | undefined {
  const counts = datasetCounts(experiment, host, bag)
  if (counts === undefined) return undefined
  const replicas = worldSize(experiment.machine)
  const batch = perDevice * replicas
  if (counts.images < batch) {
    bag.add(
      planDiagnostic('ARC5002', { batch, images: counts.images }, experiment.spanOf('train.batch'), {
        label: `${perDevice} images on each of ${replicas} devices`,
        notes: ['an incomplete batch at the end of an epoch is dropped, so no step would remain'],
      }),
    )
    return undefined
  }
  if (counts.identities < replicas && experiment.centers.placement === 'shard') {
    bag.add(planDiagnostic('ARC5006', { classes: counts.identities, replicas }, experiment.machine.span))
    return undefined
  }
  const { identities, images, leftOut } = counts
  return { classes: identities, images, replicas, ...(leftOut === undefined ? {} : { leftOut }) }
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

/** The counts that a data set declares; a mix has those of its sets, unless classes of them are one or are held out. */
function declaredCounts(spec: DatasetSpec): Partial<DatasetCounts> {
  const { identities, perIdentity, mixed: parts, classes, holdout } = spec
  const isDrawn = datasetTraits[spec.format].images === 'drawn'
  if (parts === undefined || classes === 'by_name' || holdout > 0) {
    const images =
      isDrawn && identities !== undefined && perIdentity !== undefined ? identities * perIdentity : spec.images
    return { ...(identities === undefined ? {} : { identities }), ...(images === undefined ? {} : { images }) }
  }
  const counts = parts.map(declaredCounts)
  if (counts.some((count) => count.identities === undefined || count.images === undefined)) return {}
  const sum = (of: (count: Partial<DatasetCounts>) => number | undefined) =>
    counts.reduce((total, count) => total + (of(count) ?? 0), 0)
  return { identities: sum((count) => count.identities), images: sum((count) => count.images) }
}

/** Why a data set could not be counted, for people. */
function whatIsMissing({ root, file, mixed: parts }: DatasetSpec): string {
  if (parts !== undefined)
    return `not all of its sets are on this computer (${parts.map((part) => part.name).join(', ')})`
  const place = file ?? root
  return place?.pending ?? `\`${showName(place?.path ?? '')}\` does not exist`
}
