/**
 * User errors as data. Every diagnostic has a code from a typed catalogue; diagnostics are collected in a bag and rendered in one
 * place (`cli/render/diagnostic.ts`). A bug in arcc is `bug(...)`, never a diagnostic.
 */
import { type SourceFile, type Span, showPlace } from './source.ts'

export type Severity = 'error' | 'warning'

/** A second place that explains the first ("the expected type comes from here"). */
export interface Related {
  readonly span: Span
  readonly message: string
}

/** An edit that probably fixes the error. An empty span inserts. */
export interface Fix {
  readonly message: string
  readonly span: Span
  readonly replacement: string
}

/** The parameters of a message: names, texts, numbers and lists of names. */
export type Params = Readonly<Record<string, string | number | readonly string[]>>

export interface Diagnostic {
  readonly code: string
  readonly severity: Severity
  /** The parameters of the message. */
  readonly params: Params
  /** One self-contained sentence, without a full stop. */
  readonly message: string
  readonly span: Span
  /** A few words below the caret. */
  readonly label?: string
  readonly related: readonly Related[]
  /** Facts ("28.6 degrees is 0.499 radians"), one line each. */
  readonly notes: readonly string[]
  readonly fix?: Fix
  /** The text at the place contains a secret, such as a password, and is not shown. */
  readonly isSecret?: boolean
  /** The variants of a sweep in which it was found; missing if it does not depend on a variant. */
  readonly variants?: readonly string[]
}

/** The severity and the message of one code. */
export interface Message<P extends Params> {
  readonly severity: Severity
  readonly text: (params: P) => string
}

/** Codes and their messages; `never`, because a catalogue contains messages of every parameter type. */
export type Catalogue = Record<string, Message<never>>

/** The parameters of one code of a catalogue. */
type ParamsOf<C extends Catalogue, K extends keyof C> = C[K] extends Message<infer P extends Params> ? P : never

/** Optional additions to the message. */
export interface Extras {
  readonly label?: string
  readonly related?: readonly Related[]
  readonly notes?: readonly string[]
  readonly fix?: Fix
  readonly isSecret?: boolean
}

/** Returns the function that builds the diagnostics of one catalogue; a missing or mistyped parameter does not compile. */
export function diagnosticsOf<C extends Catalogue>(catalogue: C) {
  function create<K extends keyof C & string>(
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
      params,
      message: message.text(params as never),
      span,
      related: [],
      notes: [],
      ...extras,
    }
  }
  return Object.assign(create, { catalogue })
}

/** Collects diagnostics. Repetitions of code and place are dropped; those of variants with the same message are merged. */
export class DiagnosticBag {
  readonly #all = new Map<string, Diagnostic>()

  constructor(diagnostics: readonly Diagnostic[] = []) {
    for (const diagnostic of diagnostics) this.add(diagnostic)
  }

  add(diagnostic: Diagnostic): void {
    const { variants } = diagnostic
    const key = variants === undefined ? placeKey(diagnostic) : messageKey(diagnostic)
    const known = this.#all.get(key)
    if (known === undefined) this.#all.set(key, diagnostic)
    else if (known.variants !== undefined && variants !== undefined)
      this.#all.set(key, { ...known, variants: [...new Set([...known.variants, ...variants])] })
  }

  get hasErrors(): boolean {
    for (const { severity } of this.#all.values()) if (severity === 'error') return true
    return false
  }

  /**
   * Sorted by place, with sources in order of first appearance. Diagnostics that were also found without a variant are not repeated
   * for variants.
   */
  sorted(): readonly Diagnostic[] {
    const all = [...this.#all.values()]
    const general = new Set(all.filter((d) => d.variants === undefined).map(messageKey))
    const order = new Map<SourceFile, number>()
    for (const d of all) if (!order.has(d.span.source)) order.set(d.span.source, order.size)
    const rank = (d: Diagnostic) => order.get(d.span.source) ?? 0
    return all
      .filter((d) => d.variants === undefined || !general.has(messageKey(d)))
      .sort((a, b) => rank(a) - rank(b) || a.span.start - b.span.start)
  }
}

const placeKey = ({ code, span }: Diagnostic) => `${code} ${showPlace(span)}`
const messageKey = (diagnostic: Diagnostic) => `${placeKey(diagnostic)} ${diagnostic.message}`

/** A bug in arcc. */
export class Bug extends Error {
  override readonly name = 'Bug'
  readonly span: Span | undefined
  constructor(message: string, span?: Span) {
    super(message)
    this.span = span
  }
}

/** Throws because of a bug in arcc; user errors are diagnostics. */
export function bug(message: string, span?: Span): never {
  throw new Bug(message, span)
}

/** Narrows `T | undefined`; absence is a bug in arcc. */
export function need<T>(value: T | undefined | null, what: string): T {
  return value ?? bug(`${what} is missing`)
}
