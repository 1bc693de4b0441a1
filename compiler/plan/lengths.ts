/** The counts that a plan rests on: identities, images, batch, steps. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { DatasetSpec, Experiment } from '../experiment/experiment.ts'
import { type Lengths, worldSize } from '../experiment/lengths.ts'
import type { DatasetCounts, Host } from '../host/host.ts'
import { planDiagnostic } from './messages.ts'

/** Counts of the run; `undefined` after a diagnostic. */
export function planLengths(experiment: Experiment, host: Host, bag: DiagnosticBag): Lengths | undefined {
  const counts = datasetCounts(experiment.dataset, host, bag)
  if (counts === undefined) return undefined
  const { train } = experiment
  const replicas = worldSize(experiment.machine)
  const batch = train.batchPerDevice * replicas
  const stepsPerEpoch = Math.floor(counts.images / batch)
  if (stepsPerEpoch === 0) {
    bag.add(
      planDiagnostic('ARC5002', { batch, images: counts.images }, train.spans.batch, {
        label: `${train.batchPerDevice} images on each of ${replicas} devices`,
        notes: ['an incomplete batch at the end of an epoch is left out, so no step would remain'],
      }),
    )
    return undefined
  }
  // Until the planner has chosen, the placement is only a start.
  const { centers, open } = experiment
  if (counts.identities < replicas && centers.placement === 'shard' && !open.placement) {
    bag.add(planDiagnostic('ARC5006', { classes: counts.identities, replicas }, experiment.machine.span))
    return undefined
  }
  const steps = train.steps ?? (train.epochs ?? 0) * stepsPerEpoch
  return {
    classes: counts.identities,
    images: counts.images,
    replicas,
    batch,
    stepsPerEpoch,
    epochs: train.epochs ?? steps / stepsPerEpoch,
    steps,
  }
}

/** What is declared, checked against what is there where it is on this computer. */
function datasetCounts(spec: DatasetSpec, host: Host, bag: DiagnosticBag): DatasetCounts | undefined {
  if (spec.format === 'synthetic') {
    const identities = spec.identities ?? 0
    return { identities, images: identities * (spec.perIdentity ?? 0) }
  }
  const found = spec.root?.pending === undefined ? host.countDataset(spec) : undefined
  const identities = found?.identities ?? spec.identities
  const images = found?.images ?? spec.images
  if (identities === undefined || images === undefined) {
    const root = spec.root?.pending ?? `\`${spec.root?.path}\` is not there`
    bag.add(
      planDiagnostic('ARC5001', { dataset: spec.name, root }, spec.span, {
        notes: [
          'declare `identities` and `images` to plan without the data, or give the folder: --set dataset.root=\'"…"\'',
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
  return { identities, images }
}
