/**
 * Loads TensorFlow.js, only when an engine is created: `arcc check` must start fast. The JavaScript backend is a dependency of
 * arcc; TensorFlow's own kernels are used if the user has installed `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`.
 */
import { createRequire } from 'node:module'
import type * as tfjs from '@tensorflow/tfjs-core'
import { tfjsError } from './errors.ts'

export type Tf = typeof tfjs

/** `auto` uses the first of `node-gpu`, `node`, `cpu` that is installed. */
export type BackendChoice = 'auto' | 'cpu' | 'node' | 'node-gpu'

export interface LoadedBackend {
  readonly tf: Tf
  readonly choice: Exclude<BackendChoice, 'auto'>
  /** A description for the user: `TensorFlow.js 4.22.0, JavaScript kernels`. */
  readonly description: string
}

const nativePackages = { 'node-gpu': '@tensorflow/tfjs-node-gpu', node: '@tensorflow/tfjs-node' } as const

/** Throws ARC6020 if an explicitly requested backend cannot be loaded. */
export async function loadBackend(choice: BackendChoice): Promise<LoadedBackend> {
  if (choice === 'cpu') return loadJavaScript('')
  if (choice !== 'auto') {
    const native = await tryNative(choice)
    if (typeof native === 'object') return native
    throw tfjsError('ARC6020', { backend: choice, package: nativePackages[choice], reason: native ?? 'not installed' })
  }
  const broken: string[] = []
  for (const name of ['node-gpu', 'node'] as const) {
    const native = await tryNative(name)
    if (typeof native === 'object') return native
    if (native !== undefined) broken.push(`; ${nativePackages[name]} is installed but cannot be loaded: ${native}`)
  }
  return loadJavaScript(broken.join(''))
}

/** The backend, or the reason it does not load, or `undefined` if it is not installed. */
async function tryNative(choice: keyof typeof nativePackages): Promise<LoadedBackend | string | undefined> {
  const name: string = nativePackages[choice]
  try {
    // With `require`, since both packages are CommonJS and bundlers treat optional peers inconsistently.
    const tf = createRequire(import.meta.url)(name) as Tf
    await tf.setBackend('tensorflow')
    return { tf, choice, description: `TensorFlow.js ${tf.version_core}, TensorFlow kernels (${name})` }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'MODULE_NOT_FOUND' && message.includes(`'${name}'`)) return undefined
    return (message.split('\n')[0] ?? message).trim().replace(/\.$/, '')
  }
}

async function loadJavaScript(note: string): Promise<LoadedBackend> {
  const tf = namespaceOf<Tf>(await import('@tensorflow/tfjs-core'))
  // Without production mode the backend prints an advertisement for tfjs-node on first use.
  tf.enableProdMode()
  await import('@tensorflow/tfjs-backend-cpu')
  await tf.setBackend('cpu')
  return { tf, choice: 'cpu', description: `TensorFlow.js ${tf.version_core}, JavaScript kernels${note}` }
}

/** TensorFlow.js is CommonJS: its exports are under `default` if Node cannot name them individually. */
function namespaceOf<T>(module: unknown): T {
  return ((module as { readonly default?: unknown }).default ?? module) as T
}
