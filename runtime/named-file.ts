/** A file in a folder that is known from elsewhere. */
export interface NamedFile {
  /** Below the folder. */
  readonly name: string
  readonly bytes: number
}
