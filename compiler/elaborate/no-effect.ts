/** Warns of fields that change nothing, because of another field or its absence, and of learning rates that train nothing. */
import type { Extras } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import type { Context } from '../evaluate/context.ts'
import { placeOfField } from '../evaluate/object.ts'
import { showFloat } from '../evaluate/show.ts'
import type {
  CentersSpec,
  CheckpointSpec,
  EvaluateSpec,
  Experiment,
  ExperimentPath,
  StartSpec,
  TrainSpec,
} from '../experiment/experiment.ts'
import { isFrozen } from '../experiment/parameter-paths.ts'
import { evaluateDiagnostic } from '../values/messages.ts'
import type { ObjectValue } from '../values/value.ts'
import type { ExperimentFields } from './fields.ts'
import { decayParameter } from './weights.ts'

interface Resolved extends Pick<Experiment, 'backbone' | 'optimizer' | 'centersOptimizer' | 'schedule' | 'startFrom'> {
  readonly centers: CentersSpec
  readonly train: TrainSpec
  readonly evaluate: EvaluateSpec
  readonly checkpoint: CheckpointSpec
}

/** The objects that the settings of training are made of. */
interface Objects {
  readonly optimizer: ObjectValue
  readonly centersOptimizer: ObjectValue | undefined
  readonly start: ObjectValue | undefined
}

/** A field without effect; fields that `--set` has are those of a trial. */
type Idle = readonly [path: ExperimentPath, why: string, extras?: Extras]

export function checkEffects(
  { centers, train, evaluate, checkpoint, ...resolved }: Resolved,
  objects: Objects,
  fields: ExperimentFields,
  context: Context,
): void {
  const { bag } = context.session
  const idle: readonly Idle[] = [
    ...ofCheckpoints(checkpoint, evaluate),
    ...ofCenters(centers, resolved.centersOptimizer, fields),
    ...ofWeights(train, objects.optimizer),
  ]
  for (const [field, why, extras] of idle)
    if (fields.writtenSpan(field) !== undefined)
      bag.add(evaluateDiagnostic('ARC4305', { field, why }, fields.fieldSpan(field), extras))
  if (objects.start !== undefined) ofStart(resolved.startFrom, objects.start, context)
  if (train.epochs !== 0 && train.steps !== 0) checkRates({ train, ...resolved }, objects, fields, context)
}

function ofCheckpoints({ every, keep, best }: CheckpointSpec, evaluate: EvaluateSpec): readonly Idle[] {
  const isBestKept = best !== undefined && evaluate.every !== undefined
  const atIntervals = { notes: ['set `checkpoint.every` too: `every = 1 epochs`'] }
  return [
    ...(every === undefined && !isBestKept
      ? [
          [
            'checkpoint.keep',
            `without \`checkpoint.every\` there is one checkpoint, at the end, not ${keep}`,
            atIntervals,
          ] as const,
        ]
      : []),
    ...(best !== undefined && !isBestKept
      ? [
          [
            'checkpoint.best',
            'without `evaluate.every` the run is verified only before and after training, and the end is kept anyway',
            { notes: ['set `evaluate.every` too: `every = 1 epochs`'] },
          ] as const,
        ]
      : []),
  ]
}

function ofCenters(
  centers: CentersSpec,
  optimizer: Experiment['optimizer'],
  fields: ExperimentFields,
): readonly Idle[] {
  const samples = centers.sampleRate < 1 || fields.level('centers.sample_rate') >= 0
  const { name, states } = optimizer
  return [
    ...(centers.update === 'dense' && !samples
      ? [['centers.update', 'without `centers.sample_rate` each step updates all classes'] as const]
      : []),
    ...(states.length === 0 ? [['centers.state', `\`${name}\` keeps no state`] as const] : []),
  ]
}

function ofWeights({ decay, average }: TrainSpec, optimizer: ObjectValue): readonly Idle[] {
  const amount = optimizer.arguments.get(decayParameter)
  return [
    ...(decay === 'matrices' && amount?.kind === 'number' && amount.value === 0
      ? [['train.decay', `the \`${decayParameter}\` of \`${optimizer.decl.name.text}\` is 0`] as const]
      : []),
    ...(average?.decay === 0
      ? [['train.average', 'with a decay of 0 the average is the weights themselves'] as const]
      : []),
  ]
}

function ofStart(start: StartSpec | undefined, object: ObjectValue, { session }: Context): void {
  const span = start?.newCenters === 'random' ? placeOfField(object, 'pictures') : undefined
  if (span === undefined) return
  const why = 'new centers are random (`new_centers`), not the mean of pictures'
  session.bag.add(evaluateDiagnostic('ARC4305', { field: 'pictures', why }, span))
}

/** A long run, in which a schedule is tried: close together near both ends, where schedules begin and end something. */
const trial = { total: 1_000_000, epoch: 10_000 } as const
const distances = Array.from({ length: 144 }, (_, i) => Math.floor(1.1 ** i))

function isAlwaysZero({ factorAt }: Pick<Experiment['schedule'], 'factorAt'>): boolean {
  const isZero = (step: number) => factorAt(step, trial.total, trial.epoch) === 0
  return isZero(0) && distances.every((steps) => isZero(steps) && isZero(trial.total - steps))
}

/** Warns of a rate that is 0 in every step: of the backbone's weights, of the centers, or by the schedule. */
function checkRates(
  {
    train,
    backbone,
    optimizer,
    centersOptimizer,
    schedule,
  }: Pick<Resolved, 'train' | 'backbone' | 'optimizer' | 'centersOptimizer' | 'schedule'>,
  objects: Objects,
  fields: ExperimentFields,
  { session }: Context,
): void {
  const warn = (what: string, span: Span, notes: readonly string[] = []) =>
    session.bag.add(evaluateDiagnostic('ARC4306', { what }, span, { notes }))
  const placeOf = (object: ObjectValue, path: ExperimentPath) => object.places.get('lr') ?? fields.span(path)
  const isAnyTrained = backbone.parameters.some((spec) => spec.trainable && !isFrozen(spec.path, train))
  const own = objects.centersOptimizer
  const isOptimizerUsed = isAnyTrained || own === undefined
  if (optimizer.lr === 0 && isOptimizerUsed)
    warn(
      own === undefined ? 'nothing is trained' : 'no weight of the backbone is trained',
      placeOf(objects.optimizer, 'train.optimizer'),
      ['`train.freeze = ["*"]` keeps the backbone as it is, and needs no gradient for it'],
    )
  if (own !== undefined && centersOptimizer.lr === 0) warn('no center is trained', placeOf(own, 'centers.optimizer'))
  if (isOptimizerUsed) checkShrinking(objects.optimizer, optimizer.lr, session)
  if (own !== undefined) checkShrinking(own, centersOptimizer.lr, session)
  if (isAlwaysZero(schedule))
    warn(`the factor of \`${schedule.name}\` is 0 in every step, so nothing is trained`, fields.span('train.schedule'))
}

/** Warns of a weight decay that takes more than all of a weight in one step: `1e4` for `1e-4`. */
function checkShrinking(optimizer: ObjectValue, lr: number, { bag }: Context['session']): void {
  const amount = optimizer.arguments.get(decayParameter)
  const place = optimizer.places.get(decayParameter)
  if (amount?.kind !== 'number' || place === undefined || !(amount.value * lr > 1)) return
  const shrink = showFloat(Number((amount.value * lr).toPrecision(3)))
  const notes = [`\`lr\` is ${showFloat(lr)}, and \`${decayParameter}\` ${showFloat(amount.value)}`]
  bag.add(evaluateDiagnostic('ARC4311', { parameter: decayParameter, shrink }, place, { notes }))
}
