/**
 * The phases of the compiler, in order, and what each guarantees. This is the only file that knows the sequence.
 */
import type { FieldEntry } from '../grammar/ast.ts'
import { type Diagnostic, DiagnosticBag } from '../grammar/diagnostic.ts'
import { parseSetting } from '../grammar/parser/parser.ts'
import type { SourceFile } from '../grammar/source.ts'
import { checkOverrides, checkProgram } from './check/check.ts'
import { listVariants, resolveExperiment } from './elaborate/experiment.ts'
import type { Experiment } from './experiment/experiment.ts'
import type { Host } from './host/host.ts'
import { loadProgram } from './names/load.ts'
import type { Program } from './names/program.ts'
import { buildPlan } from './plan/build-plan.ts'
import type { Plan } from './plan/plan.ts'
import type { StandIn } from './plan/stand-in.ts'

/**
 * `parse`: every module is a tree (and every `use` found its file); `check`: types, units and fields are right;
 * `elaborate`: everything static has a value and the backbone's shapes fit; `plan`: the graphs exist, with their gradients,
 * shard map, ledger and time.
 */
export const phases = ['parse', 'check', 'elaborate', 'plan'] as const
export type Phase = (typeof phases)[number]

export interface CompileRequest {
  readonly entry: SourceFile
  /** Needed only where the file holds several experiments; `NAME[field=value]` is a variant of one. */
  readonly experiment?: string | undefined
  /** Texts of `--set`. */
  readonly overrides?: readonly SourceFile[]
  /** The last phase to run; all of them where left out. */
  readonly until?: Phase
  /** Asked before an experiment is planned: what stands for its machine, where that isn't the machine itself. May throw. */
  readonly place?: (experiment: Experiment) => StandIn | undefined
}

export interface Compilation {
  readonly diagnostics: readonly Diagnostic[]
  readonly program: Program | undefined
  /** `undefined` after errors, or where `until` comes before. */
  readonly experiment: Experiment | undefined
  readonly plan: Plan | undefined
}

interface Front {
  readonly program: Program
  readonly overrides: readonly FieldEntry[]
}

/** The phases `parse` and `check`, as far as `last` lets them go. */
function readAndCheck(request: CompileRequest, last: number, host: Host, bag: DiagnosticBag): Front {
  const overrides = (request.overrides ?? [])
    .map((source) => parseSetting(source, bag))
    .filter((entry): entry is FieldEntry => entry !== undefined)
  const program = loadProgram(request.entry, host, bag, overrides)
  if (bag.hasErrors || last < phases.indexOf('check')) return { program, overrides }
  checkProgram(program, bag)
  checkOverrides(program, request.experiment, overrides, bag)
  return { program, overrides }
}

/** Compiles one experiment. User mistakes are in `diagnostics`; a phase with errors is the last one that runs. */
export function compileExperiment(request: CompileRequest, host: Host): Compilation {
  const bag = new DiagnosticBag()
  const last = phases.indexOf(request.until ?? 'plan')
  let program: Program | undefined
  let experiment: Experiment | undefined
  let plan: Plan | undefined
  const done = () => ({ diagnostics: bag.sorted(), program, experiment, plan })

  const front = readAndCheck(request, last, host, bag)
  program = front.program
  if (bag.hasErrors || last < phases.indexOf('elaborate')) return done()

  experiment = resolveExperiment(program, request.experiment, front.overrides, host, bag)
  if (experiment === undefined || bag.hasErrors || last < phases.indexOf('plan')) return done()

  plan = buildPlan(experiment, request.entry.path, host, bag, request.place?.(experiment))
  return done()
}

/** The code that says that an experiment has several variants and none is named. */
const variantsCode = 'ARC4223'

/**
 * Compiles one experiment, or where it has a `sweep` and the request names no variant, all of its variants in turn. There is at least
 * one compilation: of an experiment whose mistakes leave its variants unknown, the one that reports them.
 */
export function* compileVariants(request: CompileRequest, host: Host): Generator<Compilation> {
  const first = compileExperiment(request, host)
  if (!first.diagnostics.some((diagnostic) => diagnostic.code === variantsCode)) {
    yield first
    return
  }
  const bag = new DiagnosticBag()
  const { program, overrides } = readAndCheck(request, phases.indexOf('check'), host, bag)
  const names = listVariants(program, request.experiment, overrides, host, bag) ?? []
  if (names.length === 0) yield { diagnostics: bag.sorted(), program, experiment: undefined, plan: undefined }
  for (const experiment of names) yield compileExperiment({ ...request, experiment }, host)
}
