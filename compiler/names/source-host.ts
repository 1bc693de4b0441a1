/** Where the text of modules comes from. */
import type { SourceFile } from '../../grammar/source.ts'

export interface SourceHost {
  /** A file by the path as written, relative to where `arcc` was started; `undefined` where there is none. */
  readSource(path: string): SourceFile | undefined
  /** A module of the standard library: `backbones` gives `std/backbones.arc`. */
  readStdlib(name: string): SourceFile | undefined
  /** Names of the standard library's modules, for suggestions. */
  readonly stdlibNames: readonly string[]
}
