/** Sentences of a catalogue, made of example parameters. */

/** What an entry of a catalogue is, be it of diagnostics or of errors; `never`, since each takes parameters of its own. */
interface Entry {
  readonly severity?: 'error' | 'warning'
  readonly text: (params: never) => string
  readonly hint?: (params: never) => string
}

/** Codes and their entries. */
export type Entries = Readonly<Record<string, Entry>>

/** Of every code, the parameters of one or more examples: a code that is missing or mistyped does not compile. */
export type Examples<C extends Entries> = {
  readonly [K in keyof C]: readonly [Parameters<C[K]['text']>[0], ...Parameters<C[K]['text']>[0][]]
}

/** One code with its examples as people read them. */
export interface Rendered {
  readonly code: string
  readonly lines: readonly string[]
}

/** Every code of a catalogue with its examples, in the order of the catalogue. */
export function renderCatalogue<C extends Entries>(catalogue: C, examples: Examples<C>): readonly Rendered[] {
  return Object.keys(catalogue).map((code: keyof C & string) => {
    const entry: Entry | undefined = catalogue[code]
    if (entry === undefined) throw new Error(`${code} is missing`)
    // The table of examples is typed by the catalogue, so these are the parameters of this code.
    return { code, lines: examples[code].flatMap((params) => renderEntry(code, entry, params as never)) }
  })
}

function renderEntry(code: string, { severity, text, hint }: Entry, params: never): readonly string[] {
  const warning = severity === 'warning' ? 'warning: ' : ''
  const help = hint?.(params).split('\n') ?? []
  return [`${code} ${warning}${text(params)}`, ...help.map((line, i) => `${i === 0 ? '  help: ' : '        '}${line}`)]
}
