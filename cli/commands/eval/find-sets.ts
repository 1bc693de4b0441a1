/** The sets that `arcc eval` names: those of an experiment, files, and folders of people. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { Host } from '../../../compiler/host/host.ts'
import { nearest } from '../../../grammar/suggest.ts'
import { createCollections, openCollection } from '../../../runtime/data/formats/data-formats.ts'
import { pairUnit } from '../../../runtime/data/pack/folded-pairs.ts'
import { reportErrors } from '../../../runtime/evaluate/report/messages.ts'
import { rateText } from '../../../runtime/evaluate/report/recommend.ts'
import { isTellable } from '../../../runtime/evaluate/roc.ts'
import {
  type DrawnPairs,
  type EvaluationSet,
  openBinSet,
  openDrawnSet,
  openListSet,
} from '../../../runtime/evaluate/sets/evaluation-set.ts'
import {
  experimentSets,
  type NamedSet,
  type TemplateSet,
  templateSets,
} from '../../../runtime/evaluate/sets/experiment-sets.ts'
import { trainErrors } from '../../../runtime/train/messages.ts'
import { findSource } from '../../host/data-source.ts'
import { usageErrors } from '../../host/messages.ts'
import { declaredExperiment, runFolderOf } from '../../host/network/find-backbone.ts'
import type { Output } from '../../render/output.ts'
import { ijbCommand } from '../../render/resume-command.ts'
import { scanLine } from '../../render/scan-progress.ts'
import { aside } from '../../render/section.ts'
import type { EvalPairsOptions } from '../options.ts'

type Request = Pick<EvalPairsOptions, 'sets' | 'root' | 'pairs' | 'seed' | 'far' | 'network'>

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Endings of data sets with labels; other files are lists of pairs. */
const labelled = new Set(['.rec', '.tar', '.parquet', '.lst'])

/** That of `arcc data pairs`. */
const usualSeed = 1

type Kind = 'bin' | 'list' | 'drawn'

function kindOf(path: string): Kind {
  if (isFolder(path)) return 'drawn'
  const ending = extname(path).toLowerCase()
  if (ending === '.bin') return 'bin'
  return labelled.has(ending) ? 'drawn' : 'list'
}

/** The error for a name that is neither a set of the experiment nor a path. */
function missing(set: string, names: readonly string[]) {
  let beside: readonly string[] = []
  try {
    beside = readdirSync(dirname(set)).sort()
  } catch {
    // The folder is missing, too.
  }
  const name = nearest(set, names)
  const file = nearest(basename(set), beside)
  const near = name ?? (file === undefined ? '' : join(dirname(set), file))
  return reportErrors('ARC6321', { set, names, near })
}

/** Draws pairs from the people of a data set; `undefined` after errors in an expression, which are printed. */
function drawnSet(source: string, options: DrawnPairs, host: Host, output: Output): EvaluationSet | undefined {
  const { spec, diagnostics } = findSource({ source, experiment: undefined, set: [] }, host)
  output.diagnostics(diagnostics.filter(({ severity }) => severity === 'error'))
  if (spec === undefined) return undefined
  const { root, name } = spec
  if (root?.pending !== undefined) throw trainErrors('ARC6502', { dataset: name, pending: root.pending })
  const collection = openCollection(spec, scanLine(output), true)
  const path = existsSync(source) ? source : root?.path
  const place = {
    name: path === undefined ? name : basename(resolve(path), extname(path)),
    path: path ?? source,
    root: path !== undefined && isFolder(path) ? path : undefined,
  }
  return openDrawnSet(collection, place, options)
}

/** Throws ARC6327 for options of sets that are not among those of the command. */
function checkOptions({ root, pairs, seed }: Request, kinds: ReadonlySet<Kind | 'named'>): void {
  if (root !== undefined && !kinds.has('list'))
    throw reportErrors('ARC6327', { option: '--root', what: 'a list of pairs' })
  const given = pairs !== undefined ? '--pairs' : seed !== undefined ? '--seed' : undefined
  if (given !== undefined && !kinds.has('drawn'))
    throw reportErrors('ARC6327', { option: given, what: 'a folder of people or another data set' })
}

/** Throws ARC6325 if a set cannot determine the false accept rate. */
function checkRate({ name, pairs }: EvaluationSet, far: number | undefined): void {
  const different = pairs.same.reduce((sum, flag) => sum + 1 - flag, 0)
  if (far === undefined || isTellable({ different }, far)) return
  const needed = Math.ceil(1 / far - 1e-9)
  // Rounded up to a few digits.
  const digits = 10 ** (4 + Math.floor(Math.log10(different)))
  const least = String(Math.ceil(digits / different) / digits)
  throw reportErrors('ARC6325', { set: name, different, far: rateText(far), needed, least })
}

interface DeclaredByKind {
  readonly named: readonly NamedSet[]
  readonly templates: readonly TemplateSet[]
}

/** The sets of the experiment of a run, or of the one that `--experiment` names; `undefined` after errors, which are printed. */
function declaredSets({ network }: Request, host: Host, output: Output): DeclaredByKind | undefined {
  if (network.experiment === undefined && runFolderOf(network.path) === undefined) return { named: [], templates: [] }
  const { experiment, diagnostics } = declaredExperiment(network, host)
  output.diagnostics(diagnostics)
  if (experiment === undefined) return undefined
  const { dataset, evaluate, train } = experiment
  const source = { dataset, evaluate, seed: train.seed }
  return {
    named: experimentSets(source, createCollections(scanLine(output))),
    templates: templateSets(source),
  }
}

/** ARC6328, for a set that takes another command. */
function ofTemplates({ name, root }: TemplateSet, { network }: Request) {
  return reportErrors('ARC6328', { name, command: ijbCommand(network.path, root, name, network.experiment) })
}

/** An opener for each name; without names, for all of the experiment. Throws ARC6321, ARC6327 and ARC6328. */
function resolveSets(request: Request, { named, templates }: DeclaredByKind, host: Host, output: Output) {
  const names = named.map(({ name }) => name)
  const kinds = new Set<Kind | 'named'>()
  if (request.sets.length === 0) {
    checkOptions(request, new Set(['named']))
    return named.map(({ open }) => open)
  }
  const openers = [...new Set(request.sets)].map((set) => {
    const own = named.find(({ name }) => name === set)
    if (own !== undefined) {
      kinds.add('named')
      return own.open
    }
    const other = templates.find(({ name }) => name === set)
    if (other !== undefined) throw ofTemplates(other, request)
    const exists = existsSync(set)
    if (!exists && !/^[a-z_]\w*\s*\(.*\)$/is.test(set)) throw missing(set, names)
    const kind = exists ? kindOf(set) : 'drawn'
    kinds.add(kind)
    if (kind === 'bin') return () => openBinSet(set)
    if (kind === 'list') return () => openListSet({ list: set, root: request.root ?? '' })
    return () => drawnSet(set, { pairs: request.pairs, seed: request.seed ?? usualSeed }, host, output)
  })
  checkOptions(request, kinds)
  return openers
}

/**
 * Opens the sets of a command; without names, all of the experiment. `undefined` after errors in `.arc` text, which are printed. Throws
 * ARC6321 to ARC6328, ARC6609, and the errors of sets.
 */
export async function openSets(
  request: Request,
  host: Host,
  output: Output,
): Promise<readonly EvaluationSet[] | undefined> {
  const { sets, pairs, far, network } = request
  if (pairs !== undefined && pairs % pairUnit !== 0) {
    const near = Math.max(pairUnit, Math.round(pairs / pairUnit) * pairUnit)
    throw usageErrors('ARC6609', { pairs, unit: pairUnit, near })
  }
  const declared = declaredSets(request, host, output)
  if (declared === undefined) return undefined
  const { named, templates } = declared
  if (sets.length === 0 && named.length === 0) {
    const [first] = templates
    if (first !== undefined) throw ofTemplates(first, request)
    const isRun = runFolderOf(network.path) !== undefined || network.experiment !== undefined
    throw reportErrors(isRun ? 'ARC6323' : 'ARC6322', { path: network.path })
  }
  if (sets.length === 0) {
    for (const set of templates) {
      const { message, hint } = ofTemplates(set, request)
      output.note(aside(`${message}; ${hint}`, output.errorLook))
    }
  }
  const opened: EvaluationSet[] = []
  for (const open of resolveSets(request, declared, host, output)) {
    const set = await open()
    if (set === undefined) return undefined
    checkRate(set, far)
    opened.push(set)
  }
  return opened
}
