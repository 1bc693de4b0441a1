/** Installs CUDA's wheels; the plugin finds NVIDIA's libraries relative to its own path. */
import { homeOf, type InstallResult, installWheels, type WheelInstall } from '../wheels/install-wheels.ts'
import type { CudaDriver } from './driver.ts'
import { cudaError } from './errors.ts'
import { leastCuda } from './required-driver.ts'
import type { CudaWheels } from './wheels.ts'

export interface InstallOptions extends Omit<WheelInstall, 'set' | 'build'> {
  readonly wheels: CudaWheels
  /**
   * The driver of this computer. The libraries are installed even without a driver: an image may be built for another computer.
   */
  readonly driver: CudaDriver
}

/** The path of arcc's own CUDA, whether or not it is installed. */
export function cudaHome(wheels: CudaWheels): string {
  return homeOf(wheels)
}

/** Throws ARC6031 if the driver is too old, before anything is fetched. */
export function checkCudaDriver(driver: CudaDriver): void {
  if (driver.found && driver.cuda[0] < leastCuda) {
    throw cudaError('ARC6031', { version: driver.version ?? 'that is installed', cuda: driver.cuda.join('.') })
  }
}

/**
 * Installs what is missing; an existing installation is verified and repaired. Throws ARC6031 if the driver is too old, and the
 * errors of `installWheels`.
 */
export async function installCuda({ wheels, driver, ...options }: InstallOptions): Promise<InstallResult> {
  checkCudaDriver(driver)
  return installWheels({ set: wheels, ...options })
}
