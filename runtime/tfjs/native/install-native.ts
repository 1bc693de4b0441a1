/** `arcc install tfjs`: downloads TensorFlow and the binding of TensorFlow.js, and compiles the binding. */
import { findCudaDriver } from '../../cuda/driver.ts'
import { checkCudaDriver } from '../../cuda/install.ts'
import { compilers, findCompiler } from '../../native-compiler.ts'
import { hasInstruction } from '../../processor.ts'
import { type InstallEvent, type InstallResult, installWheels, type WheelInstall } from '../../wheels/install-wheels.ts'
import { bindingBuild } from './build-binding.ts'
import { nativeErrors } from './errors.ts'
import { type NativeVariant, nativePackages } from './packages.ts'

/** The progress of a download, or the start of the compiler. */
export type NativeInstallEvent = InstallEvent | { readonly phase: 'compile'; readonly what: string }

export interface NativeInstall extends Pick<WheelInstall, 'download' | 'freeBytes'> {
  readonly onProgress?: (event: NativeInstallEvent) => void
}

/**
 * Installs what is missing; an existing installation is verified and repaired. Before anything is fetched it throws ARC6932 on a
 * platform without TensorFlow's wheels, ARC6933 on a processor that TensorFlow does not run on, ARC6934 without a compiler, and for
 * GPUs ARC6031 if the driver is too old; then the errors of `installWheels` and of `bindingBuild`. Nothing is in place before the
 * binding has been loaded once.
 */
export async function installNative(variant: NativeVariant, options: NativeInstall = {}): Promise<InstallResult> {
  const { onProgress = () => {}, ...rest } = options
  const set = nativePackages(variant)
  checkProcessor()
  if (variant === 'tfjs-gpu') checkCudaDriver(findCudaDriver())
  const compiler = await findCompiler('c++')
  if (compiler === undefined) {
    throw nativeErrors('ARC6934', {
      tried: process.env.CXX ? `CXX is ${process.env.CXX}` : compilers['c++'].names.join(', '),
    })
  }
  const what = `the binding of TensorFlow.js with ${compiler.version}`
  const build = bindingBuild(set, compiler, () => onProgress({ phase: 'compile', what }))
  return installWheels({ set, build, onProgress, ...rest })
}

/** TensorFlow's wheels end the process on a processor without AVX. Throws ARC6933. */
export function checkProcessor(): void {
  if (!hasInstruction('avx')) throw nativeErrors('ARC6933', { instructions: 'AVX' })
}
