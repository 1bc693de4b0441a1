/**
 * Loads TensorFlow.js, only when an engine is created: `arcc check` must start fast. The JavaScript backend is a dependency of
 * arcc; TensorFlow's own kernels are used if `arcc install tfjs` or `arcc install tfjs-gpu` has built them, or if the user has
 * installed `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`.
 */
import { createRequire } from 'node:module'
import type * as tfjs from '@tensorflow/tfjs-core'
import type { Environment } from '../environment.ts'
import { tfjsError } from './errors.ts'
import { nativeErrors } from './native/errors.ts'
import { findNative, type NativeInstallation } from './native/find-native.ts'
import type { NativeVariant } from './native/packages.ts'

export type Tf = typeof tfjs

/** `cpu`: JavaScript; `native` and `native-gpu`: what arcc has built; `node` and `node-gpu`: a package that the user has installed. */
export const backendNames = ['cpu', 'native', 'native-gpu', 'node', 'node-gpu'] as const
export type BackendName = (typeof backendNames)[number]

/**
 * `auto` uses the one that `ARCC_TFJS_BACKEND` names, otherwise the first that is installed of `native-gpu` (if there is a GPU),
 * `native`, `native-gpu`, `node-gpu`, `node`, `cpu`.
 */
export type BackendChoice = 'auto' | BackendName

export interface LoadedBackend {
  readonly tf: Tf
  readonly choice: BackendName
  /** A description for the user: `TensorFlow.js 4.22.0, JavaScript kernels`. */
  readonly description: string
}

const nativePackages = { 'node-gpu': '@tensorflow/tfjs-node-gpu', node: '@tensorflow/tfjs-node' } as const
const nativeVariants = { 'native-gpu': 'tfjs-gpu', native: 'tfjs' } as const

/**
 * Loads a backend, which becomes the one of all engines of this process. Throws ARC6020 if a package that is requested explicitly cannot
 * be loaded, ARC6938 if `ARCC_TFJS_BACKEND` names none, ARC6937 if what arcc builds is requested and not installed, and the errors of `loadNative` if it is installed but does
 * not load.
 */
export async function loadBackend(choice: BackendChoice): Promise<LoadedBackend> {
  switch (choice) {
    case 'auto': {
      const named = namedBackend()
      return named === undefined ? loadInstalled() : loadBackend(named)
    }
    case 'cpu':
      return loadJavaScript('')
    case 'native':
    case 'native-gpu': {
      const install = nativeVariants[choice]
      const installation = findNative(install)
      if (installation === undefined) throw nativeErrors('ARC6937', { install })
      return loadOwn(installation)
    }
    case 'node':
    case 'node-gpu': {
      const native = await tryNative(choice)
      if (typeof native === 'object') return native
      throw tfjsError('ARC6020', {
        backend: choice,
        package: nativePackages[choice],
        reason: native ?? 'not installed',
      })
    }
  }
}

/** The backend that the user has selected. Throws ARC6938 if there is none of that name. */
function namedBackend(env: Environment = process.env): BackendName | undefined {
  const given = env.ARCC_TFJS_BACKEND
  if (!given) return undefined
  const named = backendNames.find((name) => name === given)
  if (named === undefined) throw nativeErrors('ARC6938', { given, known: backendNames.join(', ') })
  return named
}

async function loadInstalled(): Promise<LoadedBackend> {
  const own = await ownInstallation()
  if (own !== undefined) return loadOwn(own)
  const broken: string[] = []
  for (const name of ['node-gpu', 'node'] as const) {
    const native = await tryNative(name)
    if (typeof native === 'object') return native
    if (native !== undefined) broken.push(`; ${nativePackages[name]} is installed but cannot be loaded: ${native}`)
  }
  return loadJavaScript(broken.join(''))
}

/** What `arcc install` has built; of both, the one for this computer. */
async function ownInstallation(): Promise<NativeInstallation | undefined> {
  const [cpu, gpu] = (['tfjs', 'tfjs-gpu'] satisfies NativeVariant[]).map((variant) => findNative(variant))
  if (cpu === undefined || gpu === undefined) return cpu ?? gpu
  const { findCudaDriver } = await import('../cuda/driver.ts')
  return findCudaDriver().found ? gpu : cpu
}

async function loadOwn(installation: NativeInstallation): Promise<LoadedBackend> {
  const { loadNative } = await import('./native/load-native.ts')
  const tf = await loadCore()
  const kernels = await loadNative(tf, installation)
  const choice = installation.set.install === 'tfjs' ? 'native' : 'native-gpu'
  return { tf, choice, description: `TensorFlow.js ${tf.version_core}, ${kernels}` }
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
  const tf = await loadCore()
  await import('@tensorflow/tfjs-backend-cpu')
  await tf.setBackend('cpu')
  return { tf, choice: 'cpu', description: `TensorFlow.js ${tf.version_core}, JavaScript kernels${note}` }
}

async function loadCore(): Promise<Tf> {
  const tf = namespaceOf<Tf>(await import('@tensorflow/tfjs-core'))
  // Without production mode the JavaScript backend prints an advertisement for tfjs-node on first use.
  tf.enableProdMode()
  return tf
}

/** TensorFlow.js is CommonJS: its exports are under `default` if Node cannot name them individually. */
function namespaceOf<T>(module: unknown): T {
  return ((module as { readonly default?: unknown }).default ?? module) as T
}
