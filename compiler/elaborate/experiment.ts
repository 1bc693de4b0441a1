/** Phase "elaborate": evaluates everything static in an experiment and checks it across fields; the result can be planned. */
import type { FieldEntry, ObjectDecl } from '../../grammar/ast.ts'
import type { DiagnosticBag, Extras } from '../../grammar/diagnostic.ts'
import { joinSpans, type Span } from '../../grammar/source.ts'
import { nearest } from '../../grammar/suggest.ts'
import { applyIn, outlineOf } from '../evaluate/backbone.ts'
import { attempt, type Context, fail, type Session, staticContext } from '../evaluate/context.ts'
import { createSession } from '../evaluate/expression.ts'
import type {
  Backbone,
  CentersSpec,
  Experiment,
  ExperimentPath,
  MachineSpec,
  Optimizer,
  RequireSpec,
  TrainSpec,
} from '../experiment/experiment.ts'
import { worldSize } from '../experiment/lengths.ts'
import type { Host } from '../host/host.ts'
import type { Declared, Definition, Module, Program } from '../names/program.ts'
import { experimentOf, isVariantName } from '../names/variant-name.ts'
import { experimentBody } from '../schema/experiment.ts'
import { evaluateDiagnostic } from '../values/messages.ts'
import type { Value } from '../values/value.ts'
import { checkAngles } from './angle-slips.ts'
import { resolveSchedule } from './appliers.ts'
import { resolveAugment } from './augment.ts'
import { changesOf } from './changes.ts'
import { lengthPaths } from './entries.ts'
import { resolveCheckpoint, resolveEvaluate, verifiedNames } from './evaluation.ts'
import { type ExperimentFields, evaluateFields } from './fields.ts'
import { resolveLog } from './log.ts'
import { partsOf, resolveMargin } from './margin.ts'
import { checkEffects } from './no-effect.ts'
import { resolveDataset, resolveMachine, resolveRequire } from './parts.ts'
import { asObject, readSection } from './read.ts'
import { isOfRun, resolveRunRequirement } from './run-requirements.ts'
import { checkDurations } from './schedule-length.ts'
import { checkStart, resolveStart } from './start.ts'
import { variantNames } from './sweep.ts'
import { checkWeights, resolveOptimizers } from './weights.ts'

export interface ListedExperiment {
  readonly name: string
  readonly doc: string | undefined
  readonly span: Span
}

function experimentsOf(program: Program): readonly (Definition & { readonly decl: ObjectDecl })[] {
  return [...program.entry.own.values()].filter(
    (definition): definition is Definition & { readonly decl: ObjectDecl } =>
      definition.decl.kind === 'Object' && definition.decl.keyword === 'experiment',
  )
}

/** The experiments of a file in order. */
export function listExperiments(program: Program): readonly ListedExperiment[] {
  return experimentsOf(program).map(({ name, decl }) => ({ name, doc: decl.doc, span: decl.name.span }))
}

/** The experiment with a name, or the only one. */
function choose(program: Program, name: string | undefined, bag: DiagnosticBag): Declared | undefined {
  const all = experimentsOf(program)
  const names = all.map((definition) => definition.name)
  const [first, second] = all
  const { source } = program.entry
  const top: Span = { source, start: 0, end: 0 }
  const notes = names.length === 0 ? [] : [`experiments here are ${names.map((known) => `\`${known}\``).join(', ')}`]
  if (name !== undefined) {
    const found = all.find((definition) => definition.name === experimentOf(name))
    if (found !== undefined) return found
    const meant = nearest(name, names)
    bag.add(
      evaluateDiagnostic('ARC4203', { name }, first?.decl.name.span ?? top, {
        notes: meant === undefined ? notes : [`did you mean \`${meant}\`?`, ...notes],
      }),
    )
    return undefined
  }
  if (first === undefined) bag.add(evaluateDiagnostic('ARC4202', {}, top))
  else if (second !== undefined)
    bag.add(
      evaluateDiagnostic('ARC4201', { names }, second.decl.name.span, {
        label: 'name one of them',
        related: [{ span: first.decl.name.span, message: 'the first is here' }],
        notes: [`for example: arcc run ${source.path} ${first.name}`],
      }),
    )
  return second === undefined ? first : undefined
}

/**
 * The names that resolve the named (or only) experiment of the file: its own name, or those of its variants if it has a `sweep`.
 * `undefined` if errors, which are in the bag, leave them unknown.
 */
export function listVariants(
  program: Program,
  name: string | undefined,
  overrides: readonly FieldEntry[],
  host: Host,
  bag: DiagnosticBag,
): readonly string[] | undefined {
  const chosen = choose(program, name, bag)
  if (chosen === undefined) return undefined
  if (name !== undefined && isVariantName(name)) return [name]
  const context = staticContext(createSession(program, host, bag))
  const chain = attempt(() => chainOf(chosen, context))
  return chain && variantNames(chain, overrides, context)
}

/** The chain of `extends`, the outermost base first. */
export function chainOf(experiment: Declared, context: Context): readonly Declared[] {
  const chain: Declared[] = [experiment]
  for (let at = experiment; at.decl.extends !== undefined; ) {
    const { text, span } = at.decl.extends
    const base: Definition | undefined = at.module.scope.get(text)
    if (base?.decl.kind !== 'Object' || base.decl.keyword !== 'experiment')
      return fail(context, 'ARC4203', { name: text }, span)
    const { decl, module }: { decl: ObjectDecl; module: Module } = { decl: base.decl, module: base.module }
    if (chain.some((known) => known.decl === decl)) {
      const names = [...chain.map((known) => known.decl.name.text), text]
      return fail(context, 'ARC4206', { chain: names }, span)
    }
    at = { decl, module }
    chain.unshift(at)
  }
  return chain
}

function resolveBackbone(value: Value, session: Session, span: Span): Backbone | undefined {
  if (value.kind !== 'backbone') return undefined
  const outline = attempt(() => outlineOf(value, session, span))
  if (outline === undefined) return undefined
  const [, , channels] = outline.input
  if (channels !== 1 && channels !== 3) {
    session.bag.add(evaluateDiagnostic('ARC4227', { channels }, value.decl.input?.span ?? span))
    return undefined
  }
  return {
    name: value.name,
    input: outline.input,
    embedding: outline.embedding,
    parameters: outline.parameters,
    outline: outline.graph,
    apply: (elaboration, images) => {
      session.spent.steps = 0
      return attempt(() => applyIn(value, elaboration, images, session, span))
    },
    span,
  }
}

const { sections } = experimentBody

/** The one of `epochs` and `steps` that an experiment sets and a later one, or `--set`, replaces with the other one. */
function displacedLength(fields: ExperimentFields): string | undefined {
  if (lengthPaths.some((path) => fields.value(path).kind === 'none')) return undefined
  const [epochs, steps] = lengthPaths.map((path) => fields.level(path))
  return epochs === steps ? undefined : lengthPaths[(epochs ?? 0) < (steps ?? 0) ? 0 : 1]
}

/** The later of two places, and the other one beside it. */
function laterOf(a: Span, b: Span): readonly [Span, Extras] {
  const [first, second] = a.source === b.source && a.start > b.start ? [b, a] : [a, b]
  return [second, { related: [{ span: first, message: 'the other one is here' }] }]
}

function resolveTrain(fields: ExperimentFields, machine: MachineSpec | undefined, context: Context): TrainSpec {
  const { optimizer, schedule, augment, start, ...written } = readSection(sections.train, fields.within('train'))
  const displaced = displacedLength(fields)
  const epochs = displaced === 'train.epochs' ? undefined : written.epochs
  const steps = displaced === 'train.steps' ? undefined : written.steps
  if (epochs === undefined && steps === undefined) fail(context, 'ARC4207', {}, fields.span('train.epochs'))
  if (epochs !== undefined && steps !== undefined)
    fail(context, 'ARC4208', {}, ...laterOf(fields.fieldSpan('train.epochs'), fields.fieldSpan('train.steps')))
  checkBatch(written, fields, machine, context)
  const { precision } = written
  if (machine !== undefined && precision === 'bf16' && machine.device.flops.bf16 === undefined)
    fail(context, 'ARC4212', { precision, device: machine.device.name }, fields.span('train.precision'))
  return { ...written, epochs, steps }
}

/** Checks that the batch can be split over the devices, and each device's batch over its parts. */
function checkBatch(
  { batch, accumulate }: Pick<TrainSpec, 'batch' | 'accumulate'>,
  fields: ExperimentFields,
  machine: MachineSpec | undefined,
  context: Context,
): void {
  if (batch === 'auto') {
    if (accumulate > 1) fail(context, 'ARC4224', {}, fields.span('train.accumulate'))
    return
  }
  const { count, scope } = batch
  const devices = machine === undefined ? 1 : worldSize(machine)
  const perDevice = scope === 'global' ? count / devices : count
  if (!Number.isInteger(perDevice))
    fail(context, 'ARC4209', { count, devices }, fields.span('train.batch'), {
      notes: [
        `${Math.max(1, Math.floor(perDevice)) * devices} works: ${Math.max(1, Math.floor(perDevice))} per device`,
      ],
    })
  if (perDevice % accumulate !== 0)
    fail(context, 'ARC4225', { count: perDevice, parts: accumulate }, fields.span('train.accumulate'), {
      related: [{ span: fields.span('train.batch'), message: 'the batch is here' }],
    })
}

function resolveCenters(fields: ExperimentFields, optimizer: Optimizer, context: Context): CentersSpec {
  const { optimizer: _, ...centers } = readSection(sections.centers, fields.within('centers'))
  const { chunk, state } = centers
  if (chunk !== 'auto' && !Number.isInteger(chunk))
    fail(context, 'ARC4218', { rows: chunk }, fields.span('centers.chunk'))
  if (state === 'int8' && optimizer.states.length > 1) {
    const found = { optimizer: optimizer.name, states: optimizer.states.map((s) => s.name) }
    fail(context, 'ARC4219', found, fields.span('centers.state'), {
      notes: ['second moments span too many orders of magnitude for 8 bits; `bf16` halves their size'],
    })
  }
  return centers
}

/**
 * Resolves the named (or only) experiment of the file with `overrides` (`--set`) applied. `undefined` after errors, which are in the
 * bag; independent errors are all reported.
 */
export function resolveExperiment(
  program: Program,
  name: string | undefined,
  overrides: readonly FieldEntry[],
  host: Host,
  bag: DiagnosticBag,
): Experiment | undefined {
  const chosen = choose(program, name, bag)
  return chosen && resolveDeclared(program, chosen, name, overrides, host, bag)
}

/** The same for an experiment of any file; `name` is needed for a variant of it. */
export function resolveDeclared(
  program: Program,
  chosen: Declared,
  name: string | undefined,
  overrides: readonly FieldEntry[],
  host: Host,
  bag: DiagnosticBag,
): Experiment | undefined {
  const session = createSession(program, host, bag)
  const context = staticContext(session)
  const chain = attempt(() => chainOf(chosen, context))
  if (chain === undefined) return undefined
  const fields = evaluateFields(chain, name, overrides, context)
  if (fields === undefined) return undefined

  const object = (path: ExperimentPath) => asObject(fields.value(path))
  const dataset = resolveDataset(object('dataset'), context)
  const machine = resolveMachine(object('machine'), context)
  const backbone = resolveBackbone(fields.value('backbone'), session, fields.span('backbone'))
  const margin = resolveMargin(object('margin'), session)
  const optimizers = resolveOptimizers(fields, session)
  const schedule = resolveSchedule(object('train.schedule'), session)
  const train = attempt(() => resolveTrain(fields, machine, context))
  const weights = backbone && train && checkWeights(backbone, train, fields, context)
  const { augment: listed, start: given } = readSection(sections.train, fields.within('train'))
  const startFrom = given && resolveStart(given, context)
  const isStarted = startFrom !== undefined || given === undefined
  if (isStarted && backbone && train && optimizers && weights)
    checkStart(startFrom, { backbone, train, optimizers }, fields, context)
  if (train && margin?.loss === 'sigmoid' && train.labelSmoothing > 0)
    context.session.bag.add(
      evaluateDiagnostic('ARC4054', { margin: margin.name }, fields.span('train.label_smoothing')),
    )
  if (train) checkDurations(object('train.schedule'), train, fields, context)
  const augment = resolveAugment(listed.flat(), backbone?.input[2], fields.span('train.augment'), context)
  const centers = optimizers && attempt(() => resolveCenters(fields, optimizers.centersOptimizer, context))
  const evaluate = attempt(() => resolveEvaluate(fields, dataset, context))
  const checkpoint = evaluate && attempt(() => resolveCheckpoint(fields, evaluate, context))
  const log = attempt(() => resolveLog(fields, context))
  const verified = evaluate && verifiedNames(fields, evaluate)
  const runRequires = fields.requires
    .filter(({ entry }) => isOfRun(entry))
    .map(({ entry, env }) => attempt(() => resolveRunRequirement(entry, env, verified, context)))
    .filter((require) => require !== undefined)
  const requires = fields.requires
    .filter(({ entry }) => !isOfRun(entry))
    .map(({ entry, env }) => attempt(() => resolveRequire(entry, env, context)))
    .filter((require): require is RequireSpec => require !== undefined)
  if (
    !dataset ||
    !machine ||
    !backbone ||
    !margin ||
    !optimizers ||
    !schedule ||
    !train ||
    !weights ||
    !augment ||
    !centers ||
    !evaluate ||
    !checkpoint ||
    !log ||
    !isStarted
  )
    return undefined
  if (bag.hasErrors) return undefined
  for (const part of partsOf(object('margin'), context)) checkAngles(part.object, context)
  const { optimizer: ownOptimizer } = readSection(sections.centers, fields.within('centers'))
  const objects = { optimizer: object('train.optimizer'), centersOptimizer: ownOptimizer, start: given }
  checkEffects(
    { backbone, train, centers, evaluate, checkpoint, schedule, startFrom, ...optimizers },
    objects,
    fields,
    context,
  )

  return {
    name: fields.name,
    doc: chosen.decl.doc,
    span: joinSpans(chosen.decl.name.span, chosen.decl.name.span),
    dataset,
    backbone,
    margin,
    ...optimizers,
    schedule,
    machine,
    centers,
    train,
    augment,
    startFrom,
    evaluate,
    checkpoint,
    log,
    requires,
    runRequires,
    changes: changesOf(fields, given, listed.flat(), context),
    resolved: fields.resolved.filter((field) => field.path !== displacedLength(fields)),
    spanOf: fields.span,
    writtenSpan: fields.writtenSpan,
    places: () => fields.places().filter(({ path }) => path !== displacedLength(fields)),
  }
}
