/** Something that `arcc doctor` has looked at. */
export interface Finding {
  readonly name: string
  /** `skip`: optional and not there. */
  readonly status: 'ok' | 'warn' | 'skip' | 'fail'
  readonly text: string
  readonly fix?: string
}
