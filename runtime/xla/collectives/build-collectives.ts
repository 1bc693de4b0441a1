/** The library of the collectives over several processes, built with the computer's C compiler. */
import { join } from 'node:path'
import { compilers, findCompiler } from '../../native-compiler.ts'
import { packageFolder } from '../../package-folder.ts'
import { reasonOf } from '../../system-errors.ts'
import { buildLibrary } from '../native/build-library.ts'
import { collectiveErrors } from './messages.ts'

const sources = join(packageFolder, 'runtime', 'xla', 'native')

/** The path of the built library. Throws ARC6890 if there is no compiler, or it fails. */
export async function buildCollectives(): Promise<string> {
  const compiler = await findCompiler('c')
  if (compiler === undefined)
    throw collectiveErrors('ARC6890', { reason: `there is none here (${compilers.c.names.join(', ')})` })
  try {
    return await buildLibrary(compiler, {
      folder: join(sources, 'collectives'),
      headers: join(sources, 'kernels'),
      name: 'libarcc-collectives.so',
      flags: ['-O3', '-march=native'],
      link: ['-lpthread'],
      identity: '',
    })
  } catch (error) {
    throw collectiveErrors('ARC6890', { reason: `the one here fails: ${reasonOf(error)}` }, error)
  }
}
