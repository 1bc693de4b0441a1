/** A figure compared with its bound. */
export interface Verdict {
  readonly what: string
  readonly found: string
  readonly ok: boolean
}
