/** Resolves the sections `evaluate` and `checkpoint`: the verification sets, whether the data set can have them, and the best of them. */
import { didYouMeanText, nearest } from '../../grammar/suggest.ts'
import { type Context, fail } from '../evaluate/context.ts'
import type { CheckpointSpec, DatasetSpec, EvaluateSpec, ExperimentPath } from '../experiment/experiment.ts'
import { evaluationSetNames, experimentBody } from '../schema/experiment.ts'
import { evaluateDiagnostic } from '../values/messages.ts'
import type { ExperimentFields } from './fields.ts'
import { resolvePairList } from './parts.ts'
import { readSection } from './read.ts'

/** Sets that lie in the folder of the data set. */
const setsInFolder: readonly string[] = evaluationSetNames.filter((name) => name !== 'holdout')

/**
 * Checks that the data set has a folder for the sets in it. If `--set` replaces the data set of a file for a trial, the file's sets are
 * left out by the run, with a warning.
 */
function checkSetFolder(
  sets: EvaluateSpec['sets'],
  fields: ExperimentFields,
  dataset: DatasetSpec,
  context: Context,
): void {
  const names = sets.filter((set) => typeof set === 'string')
  const lost = names.filter((name) => setsInFolder.includes(name))
  if (dataset.root !== undefined || lost.length === 0) return
  const isSet = (path: ExperimentPath) => fields.resolved.some((f) => f.path === path && f.origin === 'override')
  if (isSet('dataset') && !isSet('evaluate.sets')) return
  const kept = names.filter((name) => !lost.includes(name)).map((name) => (name === 'holdout' ? name : `"${name}"`))
  fail(context, 'ARC4226', { sets: lost, dataset: dataset.name }, fields.span('evaluate.sets'), {
    notes: [`set evaluate.sets = [${kept.join(', ')}], or give the paths: ["faces/${lost[0]}.bin"]`],
  })
}

/** `undefined` if a list of pairs has an error, which is in the bag. */
export function resolveEvaluate(
  fields: ExperimentFields,
  dataset: DatasetSpec | undefined,
  context: Context,
): EvaluateSpec | undefined {
  const { sets: listed, ...evaluate } = readSection(experimentBody.sections.evaluate, fields.within('evaluate'))
  const sets = listed.map((set) => (typeof set === 'string' ? set : resolvePairList(set, context)))
  const known = sets.filter((set) => set !== undefined)
  if (dataset !== undefined) checkSetFolder(known, fields, dataset, context)
  if (dataset?.holdout === 0 && known.includes('holdout'))
    fail(context, 'ARC4214', {}, fields.itemSpan('evaluate.sets', known.indexOf('holdout')), {
      notes: ['set `holdout` in the data set'],
    })
  if (dataset?.holdout === 1 && known.includes('holdout')) {
    const set = {
      span: fields.itemSpan('evaluate.sets', known.indexOf('holdout')),
      message: 'verified on pairs of them',
    }
    fail(context, 'ARC4303', {}, fields.span('dataset'), { related: [set] })
  }
  const { pairs } = evaluate
  if (pairs % 2 !== 0) fail(context, 'ARC4216', { pairs }, fields.span('evaluate.pairs'))
  checkListed(known, evaluate, fields, context)
  return known.length < sets.length ? undefined : { ...evaluate, sets: known }
}

/** Refuses different sets of one name; warns of a set that is listed twice, and of fields that no set uses. */
function checkListed(
  sets: EvaluateSpec['sets'],
  { every }: Pick<EvaluateSpec, 'every'>,
  fields: ExperimentFields,
  context: Context,
): void {
  const { bag } = context.session
  const names = sets.map(nameOf)
  const files = sets.map(fileOf)
  for (const [i, name] of names.entries()) {
    const first = names.indexOf(name)
    if (first === i || isLate(sets[i]) || isLate(sets[first])) continue
    const span = fields.itemSpan('evaluate.sets', i)
    if (files[i] !== files[first]) {
      const related = [{ span: fields.itemSpan('evaluate.sets', first), message: `\`${name}\` is this one` }]
      const notes = ['results, `checkpoint.best` and `require` know a set by its name: rename the file of one']
      fail(context, 'ARC4300', { name, files: [files[first] ?? '', files[i] ?? ''] }, span, { related, notes })
    }
    bag.add(evaluateDiagnostic('ARC4287', { name }, span))
    break
  }
  if (fields.isPending('evaluate.sets')) return
  const isWritten = (path: ExperimentPath) => fields.writtenSpan(path) !== undefined
  // A later experiment or `--set` that verifies on nothing leaves the other fields as they were.
  const isSwitchedOff = sets.length === 0 && fields.level('evaluate.sets') > fields.level('evaluate.every')
  if (every !== undefined && sets.length === 0 && !isSwitchedOff)
    bag.add(
      evaluateDiagnostic('ARC4304', {}, fields.fieldSpan('evaluate.every'), {
        notes: ['list what is verified: `sets = [holdout]`'],
      }),
    )
  const isTrial = fields.resolved.some(({ path, origin }) => path === 'evaluate.sets' && origin === 'override')
  if (isWritten('evaluate.pairs') && !names.includes('holdout') && !isTrial)
    bag.add(
      evaluateDiagnostic('ARC4288', {}, fields.fieldSpan('evaluate.pairs'), {
        notes: ['lists of pairs and `.bin` files have their own'],
      }),
    )
}

/** The name of a set in results; that of a list is the name of its file, that of templates their protocol. */
function nameOf(set: EvaluateSpec['sets'][number]): string {
  if (typeof set === 'string') return set
  return set.protocol !== 'pairs' ? set.protocol : set.list.path.replace(/^.*[\\/]/, '').replace(/(?<=.)\.[^.]*$/, '')
}

/** Whether the name of a set is known only when the run starts. */
function isLate(set: EvaluateSpec['sets'][number] | undefined): boolean {
  return typeof set === 'object' && set.protocol === 'pairs' && set.list.pending !== undefined
}

/** What a set is read from: sets of one name and one file are the same. */
function fileOf(set: EvaluateSpec['sets'][number]): string {
  if (typeof set === 'string') return set
  return set.protocol === 'pairs' ? set.list.path : set.root.path
}

/** The names of the verification sets; `undefined` if one is known only when the run starts. */
export function verifiedNames(fields: ExperimentFields, { sets }: EvaluateSpec): readonly string[] | undefined {
  const isPending = fields.isPending('evaluate.sets') || sets.some(isLate)
  return isPending ? undefined : sets.map(nameOf)
}

/** Checks that `checkpoint.best` is verified, unless a name is known only when the run starts. */
export function resolveCheckpoint(fields: ExperimentFields, evaluate: EvaluateSpec, context: Context): CheckpointSpec {
  const checkpoint = readSection(experimentBody.sections.checkpoint, fields.within('checkpoint'))
  const { best } = checkpoint
  const names = fields.isPending('checkpoint.best') ? undefined : verifiedNames(fields, evaluate)
  if (best === undefined || names === undefined || names.includes(best)) return checkpoint
  const meant = nearest(best, names)
  const span = fields.span('checkpoint.best')
  const edit = didYouMeanText(best, meant, span)
  return fail(context, 'ARC4235', { best }, span, {
    ...edit,
    notes: [
      ...(meant === undefined || edit.fix !== undefined ? [] : [`did you mean "${meant}"?`]),
      names.length === 0
        ? 'no verification sets are set'
        : `the sets are ${names.map((name) => `"${name}"`).join(', ')}`,
    ],
  })
}
