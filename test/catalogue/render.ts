/** Renders the messages of a catalogue with example parameters. */

/** An entry of a catalogue of diagnostics or errors; `never`, because each has its own parameters. */
interface Entry {
  readonly severity?: 'error' | 'warning'
  readonly text: (params: never) => string
  readonly hint?: (params: never) => string
}

/** Codes and their entries. */
export type Entries = Readonly<Record<string, Entry>>

/** The parameters of one or more examples for every code: a missing or mistyped code does not compile. */
export type Examples<C extends Entries> = {
  readonly [K in keyof C]: readonly [Parameters<C[K]['text']>[0], ...Parameters<C[K]['text']>[0][]]
}

/** One code with its rendered examples. */
export interface Rendered {
  readonly code: string
  readonly lines: readonly string[]
}

/** Every code of a catalogue with its examples, in catalogue order. */
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
