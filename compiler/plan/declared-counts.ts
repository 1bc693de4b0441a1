/** The counts that a data set declares, and what they do not allow: `arcc check` knows no others. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { DatasetSpec, Experiment } from '../experiment/experiment.ts'
import { batchPerDevice, type Lengths, worldSize } from '../experiment/lengths.ts'
import type { DatasetCounts } from '../host/host.ts'
import { datasetTraits } from '../schema/dataset-formats.ts'
import { shardRows } from '../step/shards.ts'
import { planDiagnostic } from './messages.ts'

/** The lengths of a run that are known before its batch. */
export type OpenLengths = Pick<Lengths, 'classes' | 'images' | 'replicas' | 'leftOut'>

/** Checks the declared counts as the plan does those of the data; nothing if they are not declared. */
export function checkDeclaredCounts(experiment: Experiment, bag: DiagnosticBag): void {
  const { identities, images } = declaredCounts(experiment.dataset)
  if (identities === undefined || images === undefined) return
  const lengths = checkCounts(experiment, { identities, images }, leastBatch(experiment), bag)
  if (lengths !== undefined) checkSample(experiment, lengths, bag)
}

/** The batch per device; a batch that is not chosen yet has at least one image. */
export function leastBatch({ train, machine }: Experiment): number {
  return train.batch === 'auto' ? 1 : batchPerDevice({ train: { batch: train.batch }, machine })
}

/** Checks that there are enough images for one step, and a class for each device; `undefined` after a diagnostic. */
export function checkCounts(
  experiment: Experiment,
  counts: DatasetCounts,
  perDevice: number,
  bag: DiagnosticBag,
): OpenLengths | undefined {
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

/** Warns of a sample of the centers that may have to be all of them: the classes of a batch are always in it. */
export function checkSample(experiment: Experiment, { classes, replicas }: OpenLengths, bag: DiagnosticBag): void {
  const { centers, train } = experiment
  if (isTrial(experiment)) return
  const owned = shardRows(classes, centers.placement === 'shard' ? replicas : 1)
  const batch = leastBatch(experiment) * replicas
  if (centers.sampleRate >= 1 || train.batch === 'auto' || batch < owned) return
  bag.add(planDiagnostic('ARC5009', { batch, classes: owned }, experiment.spanOf('centers.sample_rate')))
}

/** Whether `--set` replaces the data set for a trial, whose other fields are those of the file. */
function isTrial({ resolved }: Experiment): boolean {
  return resolved.some(({ path, origin }) => path === 'dataset' && origin === 'override')
}

/** Checks that the people that arcc draws have as many pairs as are asked for; other data sets are counted when they are opened. */
export function checkDrawnPairs(experiment: Experiment, bag: DiagnosticBag): void {
  const { dataset, evaluate } = experiment
  const { format, holdout, perIdentity = 0 } = dataset
  if (datasetTraits[format].images !== 'drawn' || !evaluate.sets.includes('holdout') || isTrial(experiment)) return
  const same = (holdout * perIdentity * (perIdentity - 1)) / 2
  const different = (holdout * (holdout - 1) * perIdentity ** 2) / 2
  const asked = evaluate.pairs / 2
  const [what, most] = asked > same ? (['same', same] as const) : (['different', different] as const)
  if (asked <= most) return
  const span = experiment.writtenSpan('evaluate.pairs') ?? experiment.spanOf('evaluate.sets')
  const least = 2 * Math.min(same, different)
  const notes = [`set \`evaluate.pairs\` to ${least} or less, or hold out more people`]
  bag.add(planDiagnostic('ARC5010', { what, asked, most }, span, { notes }))
}

/** The counts that a data set declares; a mix has those of its sets, unless classes of them are one or are held out. */
export function declaredCounts(spec: DatasetSpec): Partial<DatasetCounts> {
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
