/** The result of one check of `arcc doctor`. */
export interface Finding {
  readonly name: string
  /** `skip`: optional and not present. */
  readonly status: 'ok' | 'warn' | 'skip' | 'fail'
  readonly text: string
  readonly fix?: string
}
