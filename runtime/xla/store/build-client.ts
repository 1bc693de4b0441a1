/**
 * Builds the part that XLA calls: PJRT's key-value callbacks come on XLA's own threads and block, which JavaScript cannot do, so
 * they are C, with sockets of their own.
 */
import { join } from 'node:path'
import { compilers, findCompiler } from '../../native-compiler.ts'
import { packageFolder } from '../../package-folder.ts'
import { reasonOf } from '../../system-errors.ts'
import { buildLibrary } from '../native/build-library.ts'
import { storeErrors } from './errors.ts'

/** Returns the path of the library, built if it is not there. Throws ARC6880 if that is not possible here. */
export async function buildStoreClient(): Promise<string> {
  const compiler = await findCompiler('c')
  if (compiler === undefined)
    throw storeErrors('ARC6880', { reason: `none runs here: ${compilers.c.names.join(', ')}` })
  try {
    return await buildLibrary(compiler, {
      folder: join(packageFolder, 'runtime', 'xla', 'store', 'client'),
      name: 'libarcc-store.so',
      flags: ['-O2', '-Wall'],
      link: ['-lpthread'],
      identity: '',
    })
  } catch (error) {
    throw storeErrors('ARC6880', { reason: `the one here fails: ${reasonOf(error)}` }, error)
  }
}
