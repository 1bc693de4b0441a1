/** The source of module texts. */
import type { SourceFile } from '../../grammar/source.ts'

export interface SourceHost {
  /** A file by its path as written, relative to the working directory of `arcc`; `undefined` if it does not exist. */
  readSource(path: string): SourceFile | undefined
  /** A module of the standard library: `backbones` returns `std/backbones.arc`. */
  readStdlib(name: string): SourceFile | undefined
  /** Names of the standard library's modules, for suggestions. */
  readonly stdlibNames: readonly string[]
}
