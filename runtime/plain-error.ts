/** Errors as plain data, for another thread or another process. */
import { Bug, type Params } from '../grammar/diagnostic.ts'
import { ArccError } from './errors.ts'
import { systemFailure } from './system-errors.ts'

export type PlainError =
  | {
      readonly kind: 'arcc'
      readonly code: string
      readonly params: Params
      readonly text: string
      readonly hint?: string
    }
  /** Of the operating system. */
  | { readonly kind: 'system'; readonly code: string; readonly text: string; readonly path?: string }
  | { readonly kind: 'bug'; readonly text: string }

/** A caught value as data. */
export function plainError(error: unknown): PlainError {
  if (error instanceof ArccError) {
    const { code, params, message: text, hint } = error
    return { kind: 'arcc', code, params, text, ...(hint === undefined ? {} : { hint }) }
  }
  const text = error instanceof Error ? error.message : String(error)
  const system = systemFailure(error)
  if (system !== undefined) {
    const { code, path } = system
    return { kind: 'system', code, text, ...(path === undefined ? {} : { path }) }
  }
  return { kind: 'bug', text: error instanceof Bug ? text : `unexpected: ${text}` }
}

/** The error of this data. `where` begins its text, to say where it comes from. */
export function revivedError(plain: PlainError, where = ''): Error {
  const text = `${where}${plain.text}`
  switch (plain.kind) {
    case 'arcc':
      return new ArccError(plain.code, plain.params, { text, hint: plain.hint })
    case 'system': {
      const { code, path } = plain
      const shown = path === undefined ? {} : { path: `${where}${path}` }
      return Object.assign(new Error(text), { code, syscall: '', ...shown })
    }
    case 'bug':
      return new Bug(text)
  }
}
