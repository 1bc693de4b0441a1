/**
 * User mistakes as data. Every diagnostic has a code from a typed catalog; diagnostics are collected in a bag and rendered in one
 * place (`cli/render/diagnostic.ts`). A mistake of our own is `bug(...)`, never a diagnostic.
 */
import { type SourceFile, type Span, showPlace } from './source.ts'

export type Severity = 'error' | 'warning'

/** A second place that explains the first ("the expected type comes from here"). */
export interface Related {
  readonly span: Span
  readonly message: string
}

/** An edit that most likely fixes the mistake. An empty span inserts. */
export interface Fix {
  readonly message: string
  readonly span: Span
  readonly replacement: string
}

export interface Diagnostic {
  readonly code: string
  readonly severity: Severity
  /** A single complete sentence, without a period. */
  readonly message: string
  readonly span: Span
  /** A few words below the caret. */
  readonly label?: string
  readonly related: readonly Related[]
  /** Facts ("28.6 degrees is 0.499 radians"), one line each. */
  readonly notes: readonly string[]
  readonly fix?: Fix
}

/** The message of a code: its severity and its sentence. */
export interface Message<P> {
  readonly severity: Severity
  readonly text: (params: P) => string
}

/** Codes and their messages; `never`, since a catalog holds messages of every parameter type. */
export type Catalogue = Record<string, Message<never>>

type ParamsOf<C extends Catalogue, K extends keyof C> = C[K] extends Message<infer P> ? P : never

/** Optional additions to the catalog's sentence. */
export interface Extras {
  readonly label?: string
  readonly related?: readonly Related[]
  readonly notes?: readonly string[]
  readonly fix?: Fix
}

/** Builds diagnostics of one catalog; a missing or mistyped parameter does not compile. */
export function diagnosticsOf<C extends Catalogue>(catalogue: C) {
  return function create<K extends keyof C & string>(
    code: K,
    params: ParamsOf<C, K>,
    span: Span,
    extras: Extras = {},
  ): Diagnostic {
    const message: Message<never> | undefined = catalogue[code]
    if (message === undefined) return bug(`no message for ${code}`)
    return {
      code,
      severity: message.severity,
      message: message.text(params as never),
      span,
      related: [],
      notes: [],
      ...extras,
    }
  }
}

/** Collects diagnostics; one that repeats code and place is dropped. */
export class DiagnosticBag {
  readonly #all: Diagnostic[] = []
  readonly #seen = new Set<string>()

  add(diagnostic: Diagnostic): void {
    const key = `${diagnostic.code} ${showPlace(diagnostic.span)}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#all.push(diagnostic)
  }

  get hasErrors(): boolean {
    return this.#all.some((d) => d.severity === 'error')
  }

  /** Sorted by place; sources are in the order in which they first appear. */
  sorted(): readonly Diagnostic[] {
    const order = new Map<SourceFile, number>()
    for (const d of this.#all) if (!order.has(d.span.source)) order.set(d.span.source, order.size)
    const rank = (d: Diagnostic) => order.get(d.span.source) ?? 0
    return [...this.#all].sort((a, b) => rank(a) - rank(b) || a.span.start - b.span.start)
  }
}

/** A bug in arcc itself. */
export class Bug extends Error {
  override readonly name = 'Bug'
  readonly span: Span | undefined
  constructor(message: string, span?: Span) {
    super(message)
    this.span = span
  }
}

/** Stops because of a bug in arcc itself; user mistakes are diagnostics. */
export function bug(message: string, span?: Span): never {
  throw new Bug(message, span)
}

/** Narrows `T | undefined`; absence is a bug in arcc. */
export function need<T>(value: T | undefined | null, what: string): T {
  return value ?? bug(`${what} is missing`)
}
