/**
 * The phases of the compiler in order, and what each guarantees. Only this file knows the sequence.
 */
import type { FieldEntry } from '../grammar/ast.ts'
import { type Diagnostic, DiagnosticBag } from '../grammar/diagnostic.ts'
import { parseSetting } from '../grammar/parser/parser.ts'
import type { SourceFile } from '../grammar/source.ts'
import { checkBesideFaults } from './check/beside-faults.ts'
import { checkOverrides, checkProgram } from './check/check.ts'
import { listExperiments, listVariants, resolveExperiment } from './elaborate/experiment.ts'
import { checkUnusedNetworks } from './elaborate/unused-networks.ts'
import type { Experiment } from './experiment/experiment.ts'
import type { Host } from './host/host.ts'
import { loadProgram } from './names/load.ts'
import type { Program } from './names/program.ts'
import { isVariantName } from './names/variant-name.ts'
import { buildPlan } from './plan/build-plan.ts'
import { checkDeclaredCounts, checkDrawnPairs } from './plan/declared-counts.ts'
import { checkLeastMemory } from './plan/least-memory.ts'
import type { Plan } from './plan/plan.ts'
import type { StandIn } from './plan/stand-in.ts'

/**
 * `parse`: every module is a tree and every `use` is resolved; `check`: types, units and fields are correct;
 * `elaborate`: everything static has a value and the shapes of the backbone fit; `plan`: the graphs exist, with gradients,
 * shard map, ledger and time.
 */
export const phases = ['parse', 'check', 'elaborate', 'plan'] as const
export type Phase = (typeof phases)[number]

export interface CompileRequest {
  readonly entry: SourceFile
  /** Required only if the file contains several experiments; `NAME[field=value]` is a variant of one. */
  readonly experiment?: string | undefined
  /** The texts of `--set`. */
  readonly overrides?: readonly SourceFile[]
  /** The last phase to run; default: all. */
  readonly until?: Phase
  /** Called before an experiment is planned; returns a stand-in for its machine, if any. May throw. */
  readonly place?: (experiment: Experiment) => StandIn | undefined
}

/** One of the variants of a `sweep`. */
export interface VariantPlace {
  readonly name: string
  /** Counts from 1. */
  readonly position: number
  readonly count: number
}

export interface Compilation {
  readonly diagnostics: readonly Diagnostic[]
  readonly program: Program | undefined
  /** `undefined` after errors, or if `until` is an earlier phase. */
  readonly experiment: Experiment | undefined
  readonly plan: Plan | undefined
  /** Set if the request names no variant and all are compiled. */
  readonly variant?: VariantPlace
}

/** The results that all experiments of a file and their variants share. */
interface Front {
  readonly program: Program
  readonly overrides: readonly FieldEntry[]
  /** False if the file has errors; its experiments are not compiled then. */
  readonly isRead: boolean
}

function reaches({ until = 'plan' }: CompileRequest, phase: Phase): boolean {
  return phases.indexOf(until) >= phases.indexOf(phase)
}

/** The phases `parse` and `check`, except for the fields that `--set` changes. */
function readAndCheck(request: CompileRequest, host: Host, bag: DiagnosticBag): Front {
  const overrides = (request.overrides ?? [])
    .map((source) => parseSetting(source, bag))
    .filter((entry): entry is FieldEntry => entry !== undefined)
  const program = loadProgram(request.entry, host, bag, overrides)
  const isRead = !bag.hasErrors
  if (reaches(request, 'check')) {
    if (isRead) checkProgram(program, bag, overrides)
    else checkBesideFaults(program, bag, overrides)
  }
  return { program, overrides, isRead }
}

/** Checks the fields of one experiment that `--set` changes. */
function checkSettings(request: CompileRequest, { program, overrides, isRead }: Front, bag: DiagnosticBag): void {
  if (isRead && reaches(request, 'check')) checkOverrides(program, request.experiment, overrides, bag)
}

/** The phases `elaborate` and `plan`; calls share neither values nor the evaluation budget. */
function elaborateAndPlan(
  request: CompileRequest,
  { program, overrides }: Front,
  host: Host,
  bag: DiagnosticBag,
): Compilation {
  let experiment: Experiment | undefined
  let plan: Plan | undefined
  if (!bag.hasErrors && reaches(request, 'elaborate'))
    experiment = resolveExperiment(program, request.experiment, overrides, host, bag)
  if (experiment !== undefined) checkDrawnPairs(experiment, bag)
  if (experiment !== undefined && !reaches(request, 'plan')) {
    checkDeclaredCounts(experiment, bag)
    checkLeastMemory(experiment, bag)
  }
  if (experiment !== undefined && !bag.hasErrors && reaches(request, 'plan'))
    plan = buildPlan(experiment, request.entry.path, host, bag, request.place?.(experiment))
  return { diagnostics: bag.sorted(), program, experiment, plan }
}

/** Compiles one experiment. Errors are in `diagnostics`; a phase with errors is the last one that runs. */
export function compileExperiment(request: CompileRequest, host: Host): Compilation {
  const bag = new DiagnosticBag()
  const front = readAndCheck(request, host, bag)
  checkSettings(request, front, bag)
  return elaborateAndPlan(request, front, host, bag)
}

/**
 * Compiles one experiment, or all of its variants if it has a `sweep` and the request names no variant; each is compiled on demand.
 * There is at least one compilation: if errors leave the variants unknown, it reports them. Diagnostics of a variant carry its
 * name; those shared by all variants are only in the first compilation.
 */
export function* compileVariants(request: CompileRequest, host: Host): Generator<Compilation> {
  const bag = new DiagnosticBag()
  yield* fanOut(request, readAndCheck(request, host, bag), host, bag)
}

/**
 * Compiles every experiment of a file like `compileVariants`; a file without experiments has one compilation. If all are without
 * errors, a last compilation has the mistakes of what no experiment uses, if there are any.
 */
export function* compileFile(request: Omit<CompileRequest, 'experiment'>, host: Host): Generator<Compilation> {
  const bag = new DiagnosticBag()
  const front = readAndCheck(request, host, bag)
  const { program } = front
  const shared = bag.sorted()
  const experiments = front.isRead ? listExperiments(program) : []
  const used = new Set<string>()
  let isSound = !bag.hasErrors
  for (const { name } of experiments)
    for (const compilation of fanOut({ ...request, experiment: name }, front, host, new DiagnosticBag(shared))) {
      if (compilation.experiment === undefined) isSound = false
      else used.add(compilation.experiment.backbone.name)
      yield compilation
    }
  const unused = new DiagnosticBag()
  if (isSound && front.isRead && reaches(request, 'elaborate')) checkUnusedNetworks(program, used, host, unused)
  const rest = { program, experiment: undefined, plan: undefined }
  if (experiments.length === 0) yield { diagnostics: [...shared, ...unused.sorted()], ...rest }
  else if (unused.sorted().length > 0) yield { diagnostics: unused.sorted(), ...rest }
}

/** `bag` contains the diagnostics of `front`. */
function* fanOut(request: CompileRequest, front: Front, host: Host, bag: DiagnosticBag): Generator<Compilation> {
  const { program } = front
  checkSettings(request, front, bag)
  const names = bag.hasErrors || !reaches(request, 'elaborate') ? [] : variantsOf(request, front, host, bag)
  if (names === undefined) {
    yield { diagnostics: bag.sorted(), program, experiment: undefined, plan: undefined }
    return
  }
  if (names.length === 0) yield elaborateAndPlan(request, front, host, bag)
  for (const [index, name] of names.entries()) {
    const compiled = elaborateAndPlan({ ...request, experiment: name }, front, host, new DiagnosticBag())
    const own = compiled.diagnostics.map((diagnostic) => ({ ...diagnostic, variants: [name] }))
    const variant = { name, position: index + 1, count: names.length }
    yield { ...compiled, diagnostics: index === 0 ? [...bag.sorted(), ...own] : own, variant }
  }
}

/** The variants that a request selects; empty if it selects one experiment, `undefined` after errors, which are in the bag. */
function variantsOf(
  { experiment }: CompileRequest,
  { program, overrides }: Front,
  host: Host,
  bag: DiagnosticBag,
): readonly string[] | undefined {
  if (experiment !== undefined && isVariantName(experiment)) return []
  const listing = new DiagnosticBag()
  const names = listVariants(program, experiment, overrides, host, listing)
  // If the variants are known, each one finds the same errors again.
  if (names === undefined) for (const diagnostic of listing.sorted()) bag.add(diagnostic)
  return names?.filter(isVariantName)
}
