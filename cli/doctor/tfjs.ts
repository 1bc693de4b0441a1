/** The checks of `arcc doctor` for TensorFlow.js: the kernels in JavaScript, and those that the engine tfjs uses instead. */
import { ArccError } from '../../runtime/errors.ts'
import { reasonOf } from '../../runtime/system-errors.ts'
import { formatBytes } from '../render/format.ts'
import type { Finding } from './finding.ts'

/**
 * Loads the backends that `--engine tfjs` may use: of several with TensorFlow only one can be loaded in a process. Changes and
 * downloads nothing.
 */
export async function checkTfjs(): Promise<Finding[]> {
  const { loadBackend } = await import('../../runtime/tfjs/backend.ts')
  const script = await tried('tfjs', async (name) => {
    return { name, status: 'ok', text: (await loadBackend('cpu')).description }
  })
  const native = await tried('tfjs native', async (name) => {
    const { choice, description } = await loadBackend('auto')
    if (choice !== 'cpu') return { name, status: 'ok', text: description }
    // The description names packages that are installed but do not load.
    return description === script.text ? notInstalled(name) : { name, status: 'warn', text: description }
  })
  return [script, native]
}

/** The finding that `find` returns; its error is a failure. */
async function tried(name: string, find: (name: string) => Promise<Finding>): Promise<Finding> {
  try {
    return await find(name)
  } catch (error) {
    const fix = error instanceof ArccError ? error.hint : 'run "npm ci" again on this computer'
    return { name, status: 'fail', text: reasonOf(error), ...(fix === undefined ? {} : { fix }) }
  }
}

async function notInstalled(name: string): Promise<Finding> {
  if (process.env.ARCC_TFJS_BACKEND) return { name, status: 'skip', text: 'ARCC_TFJS_BACKEND selects JavaScript' }
  const { hasNativePackages, nativePackages } = await import('../../runtime/tfjs/native/packages.ts')
  if (!hasNativePackages()) {
    return {
      name,
      status: 'skip',
      text: "TensorFlow's kernels for the engine tfjs are not published for this platform",
    }
  }
  const bytes = nativePackages('tfjs').wheels.reduce((sum, wheel) => sum + wheel.bytes, 0)
  const text = `the engine tfjs computes in JavaScript; TensorFlow is optional (${formatBytes(bytes)} to download)`
  return { name, status: 'skip', text, fix: 'run "arcc install tfjs"' }
}
