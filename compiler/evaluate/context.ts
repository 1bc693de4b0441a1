/**
 * The context of an evaluation: the session with its budget, the graph under construction, the scope of parameters and the call
 * chain. `evaluate` is a member of the session, so the files of this folder need not import each other in a cycle.
 */
import type { Expr, LetDecl } from '../../grammar/ast.ts'
import type { DiagnosticBag, Extras, Related } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import type { Host } from '../host/host.ts'
import type { GraphBuilder } from '../ir/build.ts'
import type * as ir from '../ir/graph.ts'
import type { NormScope } from '../ir/weight-norms.ts'
import type { Declared, Program } from '../names/program.ts'
import type { Type } from '../types/type.ts'
import type { Elaboration } from '../values/elaboration.ts'
import type { ArgumentPlaces, Frame } from '../values/frame.ts'
import { type EvaluateMessages, evaluateDiagnostic, type ParamsOf } from '../values/messages.ts'
import type { Env, ObjectValue, Value } from '../values/value.ts'

/** Limit on the steps for evaluating one experiment: about four times those of the library's largest backbone, r2060. */
export const stepLimit = 1_000_000
const callLimit = 100
const nestingLimit = 600

export type { Env } from '../values/value.ts'

/** Ends an evaluation after a reported mistake. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

export function bind(env: Env, name: string, value: Value): Env {
  return { module: env.module, locals: { name, value, outer: env.locals } }
}

/** Binds a name to a value that is computed when the name is used. */
export function bindLazily(env: Env, name: string, compute: () => Value): Env {
  const local = {
    name,
    get value() {
      return compute()
    },
    outer: env.locals,
  }
  return { module: env.module, locals: local }
}

/** The innermost local of a name that satisfies `accepts`. */
export function findLocal(env: Env, name: string, accepts: (value: Value) => boolean = () => true): Value | undefined {
  for (let at = env.locals; at !== undefined; at = at.outer) if (at.name === name && accepts(at.value)) return at.value
  return undefined
}

/** Every name that is visible, innermost first. */
export function visibleNames(env: Env): readonly string[] {
  const names: string[] = []
  for (let at = env.locals; at !== undefined; at = at.outer) names.push(at.name)
  return [...names, ...env.module.scope.keys()]
}

export interface Session {
  readonly program: Program
  readonly host: Host
  readonly bag: DiagnosticBag
  /** Values of top-level `let`s; `open` while one is evaluated. */
  readonly lets: Map<LetDecl, Value | 'open'>
  /** The budget used so far. */
  readonly spent: { steps: number; nesting: number }
  evaluate(expr: Expr, env: Env, context: Context, expected?: Type): Value
  /** The value of an experiment; only tests can read one. */
  readonly experiment?: (declared: Declared, context: Context) => Value
}

/** What a method can read, by name; computed when it is read. */
export type Reads = ReadonlyMap<string, () => Value>

/** Where parameters are declared. */
export interface ParameterScope {
  readonly path: string
  /** Names of the scopes opened so far, with the calls that opened them. */
  readonly used: Map<string, Span>
}

/** The backbone under construction. */
export interface Model {
  readonly elaboration: Elaboration
  /** Paths of parameters, with the calls that declared them. */
  readonly declared: Map<string, Span>
  readonly buffers: Map<ir.Value, string>
}

export interface Context {
  readonly session: Session
  readonly builder: GraphBuilder | undefined
  readonly model: Model | undefined
  /** In the `update` of an optimizer: what norms are of. */
  readonly norms: NormScope | undefined
  /** Whether this is the `update` of a margin, in which tensors are the whole batch. */
  readonly batch: boolean
  /** In a method: its object, and what it can read, by name. */
  readonly method: { readonly object: ObjectValue; readonly reads: Reads } | undefined
  /** The states and learned numbers of the margins of an experiment on the device; without them, each has its first value. */
  readonly marginStates: ReadonlyMap<ObjectValue, ReadonlyMap<string, Value>> | undefined
  readonly scope: ParameterScope
  readonly frame: Frame | undefined
}

/** A context without a graph. */
export function staticContext(session: Session): Context {
  return {
    session,
    builder: undefined,
    model: undefined,
    norms: undefined,
    batch: false,
    method: undefined,
    marginStates: undefined,
    scope: { path: '', used: new Map() },
    frame: undefined,
  }
}

function isStdlib(span: Span): boolean {
  return span.source.path.startsWith('std/')
}

/** The innermost call outside of the standard library that led to a place in it; `undefined` for other places. */
function callOfUser(span: Span, { session, frame }: Context): Frame | undefined {
  const { source } = session.program.entry
  const isInside = (place: Span) => isStdlib(place) && place.source !== source
  if (!isInside(span)) return undefined
  let at = frame
  while (at !== undefined && isInside(at.span)) at = at.outer
  return at
}

/** What the user has called if `name` is called at `span`: a layer of the library, or `name` itself. */
export function calledByUser(name: string, span: Span, context: Context): string {
  return callOfUser(span, context)?.name ?? name
}

/**
 * Reports a mistake and ends the evaluation. A mistake inside the standard library is reported at the innermost call outside of
 * it, in the user's own code; the call chain follows.
 */
export function fail<K extends keyof EvaluateMessages & string>(
  context: Context,
  code: K,
  params: ParamsOf<K>,
  span: Span,
  extras: Extras = {},
): never {
  let place = span
  let frame = context.frame
  const inside: Related[] = []
  const call = callOfUser(span, context)
  if (call !== undefined) {
    inside.push({ span, message: 'found here' })
    place = call.span
    frame = call.outer
  }
  const outside: Related[] = []
  for (let at = frame; at !== undefined; at = at.outer)
    if (!contains(at.span, place)) outside.push({ span: at.span, message: `${showFrame(at)}, called here` })
  const chain = chainOf(context)
  const diagnostic = evaluateDiagnostic(code, params as never, place, {
    ...extras,
    related: [...(extras.related ?? []), ...inside, ...outside.slice(0, 6)],
    notes: [...(extras.notes ?? []), ...(chain === '' ? [] : [chain])],
  })
  context.session.bag.add(diagnostic)
  throw new Stopped(diagnostic.message)
}

function contains(outer: Span, { source, start, end }: Span): boolean {
  return outer.source === source && outer.start <= start && end <= outer.end
}

/**
 * Where an argument of a call is written in the user's code; `undefined` if it is not, or if it is computed in the standard library.
 * `places` are those of the call, which is in `context`.
 */
export function placeOfArgument(name: string, places: ArgumentPlaces | undefined, context: Context): Span | undefined {
  const program = context.session.program.entry.source
  let [wanted, known, frame] = [name, places, context.frame]
  for (;;) {
    const span = known?.get(wanted)?.span
    if (span === undefined || !isStdlib(span) || span.source === program) return span
    if (frame === undefined)
      return undefined
      // The library passes one of its own parameters on.
    ;[wanted, known, frame] = [textOf(span), frame.places, frame.outer]
  }
}

function showFrame(frame: Frame): string {
  return `in \`${frame.name}\`${frame.path === undefined || frame.path === '' ? '' : ` as ${frame.path}`}`
}

/** `in `conv` as layer2.1.conv1, in `residual` as layer2.1, in `iresnet`` */
function chainOf(context: Context): string {
  const parts: string[] = []
  for (let at = context.frame; at !== undefined; at = at.outer) parts.push(showFrame(at))
  return parts.length < 2 ? '' : parts.join(', ')
}

/** Enters a call, unless it calls itself or is nested too deeply. */
export function enter(context: Context, frame: Pick<Frame, 'name' | 'target' | 'path' | 'span' | 'places'>): Context {
  const depth = (context.frame?.depth ?? 0) + 1
  for (let at = context.frame; at !== undefined; at = at.outer)
    if (at.target === frame.target) return fail(context, 'ARC4013', { name: frame.name }, frame.span)
  if (depth > callLimit) return fail(context, 'ARC4016', { limit: callLimit }, frame.span)
  return { ...context, frame: { ...frame, outer: context.frame, depth } }
}

/** Uses steps of the session's budget. */
export function spend(context: Context, steps: number, span: Span): void {
  const { spent } = context.session
  // Only the first overrun is reported: nothing after it has any budget left.
  if (spent.steps > stepLimit) throw new Stopped('budget exceeded')
  spent.steps += steps
  if (spent.steps > stepLimit) fail(context, 'ARC4015', { steps: stepLimit }, span)
}

/** Enters a nesting level; expressions and definitions that nest too deeply are reported before the stack overflows. */
export function enterNesting(context: Context, span: Span): void {
  const { spent } = context.session
  if (spent.nesting >= nestingLimit) fail(context, 'ARC4016', { limit: nestingLimit }, span)
  spent.nesting++
}

/** Runs `body`; `undefined` if it ended with a reported mistake. */
export function attempt<T>(body: () => T): T | undefined {
  try {
    return body()
  } catch (error) {
    if (error instanceof Stopped) return undefined
    throw error
  }
}
