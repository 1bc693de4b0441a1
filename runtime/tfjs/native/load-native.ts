/**
 * Loads the kernels of `@tensorflow/tfjs-node` on arcc's own TensorFlow. The package's main file is left out: it finds the binding
 * through a library that its install script needs, and brings all of TensorFlow.js with it. The kernels are registered with the
 * TensorFlow.js that arcc uses, whose version is the same.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import util from 'node:util'
import type { KernelBackend } from '@tensorflow/tfjs-core'
import { Bug, bug } from '../../../grammar/diagnostic.ts'
import { findCudaDriver } from '../../cuda/driver.ts'
import { ArccError } from '../../errors.ts'
import { reasonOf } from '../../system-errors.ts'
import { wheelErrors } from '../../wheels/errors.ts'
import { packageFolder } from '../../wheels/npm-package.ts'
import { nativeErrors } from './errors.ts'
import { type NativeInstallation, verifyNative } from './find-native.ts'
import { checkProcessor } from './install-native.ts'
import { commonJsLoader } from './load-commonjs.ts'
import { bindingPackage } from './packages.ts'
import { silenceTensorflow } from './silence.ts'

type Tf = typeof import('@tensorflow/tfjs-core')

/** What the binding exports, as far as arcc uses it. */
interface Binding {
  readonly TF_Version: string
}

/** A backend of the package. */
interface NodeBackend extends KernelBackend {
  readonly isUsingGpuDevice: boolean
}

/** `dist/nodejs_kernel_backend.js` of the package. */
interface BackendModule {
  readonly NodeJSKernelBackend: new (binding: Binding, packageName: string) => NodeBackend
}

/** The name of the backend in TensorFlow.js, which the package's kernels are registered for. */
const backendName = 'tensorflow'

/** What is loaded, by the folder of its installation. A process can load one TensorFlow: its kernels are global. */
let loaded: { readonly home: string; readonly description: string } | undefined

/**
 * Makes an installation the backend of `tf`, and returns its description: `TensorFlow 2.21.0 kernels`. Throws ARC6933 on a processor
 * that TensorFlow does not run on, ARC6034 if the installation is damaged, ARC6936 if it does not load.
 */
export async function loadNative(tf: Tf, installation: NativeInstallation): Promise<string> {
  const { home } = installation
  if (loaded !== undefined && loaded.home !== home) bug(`TensorFlow of ${loaded.home} is already loaded`)
  if (loaded === undefined) {
    checkProcessor()
    await verifyNative(installation)
    loaded = { home, description: register(tf, installation) }
  }
  await tf.setBackend(backendName)
  return loaded.description
}

function register(tf: Tf, installation: NativeInstallation): string {
  const { set, binding: path } = installation
  const load = commonJsLoader((file) => verifiedText(installation, file), providerOf(tf))
  const dist = join(installation.home, packageFolder(bindingPackage), 'package', 'dist')
  try {
    silenceTensorflow(installation)
    const binding = createRequire(import.meta.url)(path) as Binding
    const { NodeJSKernelBackend } = load(join(dist, 'nodejs_kernel_backend.js')) as BackendModule
    const name = set.install === 'tfjs' ? '@tensorflow/tfjs-node' : '@tensorflow/tfjs-node-gpu'
    const backend = new NodeJSKernelBackend(binding, name)
    load(join(dist, 'register_all_kernels.js'))
    tf.registerBackend(backendName, () => backend)
    return describe(installation, binding, backend)
  } catch (error) {
    if (error instanceof ArccError || error instanceof Bug) throw error
    throw nativeErrors('ARC6936', { path, reason: reasonOf(error), install: set.install }, error)
  }
}

function describe({ set }: NativeInstallation, { TF_Version }: Binding, backend: NodeBackend): string {
  const kernels = `TensorFlow ${TF_Version} kernels`
  if (set.install === 'tfjs') return kernels
  if (backend.isUsingGpuDevice) return `${kernels} on the GPU`
  const driver = findCudaDriver()
  const reason = driver.found ? 'TensorFlow cannot use the GPUs of this computer' : driver.detail
  return `${kernels} on the CPU, no GPU is used: ${reason}`
}

/** The text of a module of the package, which must be what was installed. Throws ARC6034 otherwise. */
function verifiedText({ set, home, files }: NativeInstallation, file: string): string {
  const contents = readFileSync(file)
  const expected = files.get(relative(home, file))?.sha256
  if (createHash('sha256').update(contents).digest('hex') === expected) return contents.toString()
  throw wheelErrors('ARC6034', { path: file, reason: `its SHA-256 is not ${expected}`, install: set.install })
}

/** What the modules of the package require from outside it. */
function providerOf(tf: Tf): (name: string) => unknown {
  const require = createRequire(import.meta.url)
  return (name) => {
    switch (name) {
      case '@tensorflow/tfjs':
      case '@tensorflow/tfjs-core':
        return tf
      case 'util':
        // Node.js 23 removed this function, which the package calls.
        return { ...util, isNullOrUndefined: (value: unknown) => value === undefined || value === null }
      case './proto/api_pb':
        // Protocol buffers of TensorBoard's summaries, which arcc writes itself; they would need one more package.
        return {}
      default:
        return name.startsWith('.') ? undefined : require(`node:${name}`)
    }
  }
}
