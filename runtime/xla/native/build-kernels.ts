/** Builds arcc's own kernels for the CPU, for exactly this processor. */
import { dirname, join } from 'node:path'
import type { NativeCompiler } from '../../native-compiler.ts'
import { packageFolder } from '../../package-folder.ts'
import { buildLibrary } from './build-library.ts'

/** What the kernels are linked with. */
export interface OneDnn {
  /** The library's path. */
  readonly library: string
  /** The folder of `oneapi/`. */
  readonly headers: string
  /** SHA-256 of the wheels. */
  readonly identity: string
}

/** Returns the path of the built library. Throws the compiler's error, or the system's. */
export function buildKernels(compiler: NativeCompiler, { library, headers, identity }: OneDnn): Promise<string> {
  const folder = dirname(library)
  return buildLibrary(compiler, {
    folder: join(packageFolder, 'runtime', 'xla', 'native', 'kernels'),
    name: 'libarcc-kernels.so',
    flags: ['-O3', '-march=native', `-I${headers}`],
    link: [`-L${folder}`, '-l:libdnnl.so.3', `-Wl,-rpath,${folder}`, '-lpthread'],
    identity,
  })
}
