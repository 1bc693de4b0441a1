/** Errors of the CUDA installation: ARC6030 to ARC6036. */
import { showBytes } from '../../compiler/plan/show.ts'
import { errorsOf } from '../errors.ts'
import { leastCuda, leastDriver } from './required-driver.ts'

const catalogue = {
  ARC6030: {
    text: (p: { platform: string; known: string }) => `CUDA's libraries are not published for ${p.platform}`,
    hint: (p: { platform: string; known: string }) =>
      `they are published for ${p.known}; training on the CPU works everywhere (machine = cpu)`,
  },
  ARC6031: {
    text: (p: { version: string; cuda: string }) =>
      `the NVIDIA driver ${p.version} supports CUDA up to ${p.cuda}, but arcc needs CUDA ${leastCuda}`,
    hint: () => `install driver ${leastDriver} or newer`,
  },
  ARC6032: {
    text: (p: { path: string; free: number; needed: number }) =>
      `installing CUDA in ${p.path} needs ${showBytes(p.needed)}, but only ${showBytes(p.free)} are free`,
    hint: () => 'free some disk space, or set ARCC_CACHE to another folder',
  },
  ARC6033: {
    text: (p: { what: string; file: string }) => `CUDA's ${p.what} is missing: ${p.file} was not found`,
    hint: () => 'run "arcc install cuda"; "arcc doctor" lists the installed libraries',
  },
  ARC6034: {
    text: (p: { path: string; reason: string }) => `${p.path} is damaged: ${p.reason}`,
    hint: () => 'run "arcc install cuda" to repair its own installation, or reinstall the Python package with pip',
  },
  ARC6035: {
    text: (p: { what: string; path: string; reason: string }) =>
      `CUDA's ${p.what} cannot be loaded (${p.path}): ${p.reason}`,
    hint: () => 'run "arcc doctor"; "arcc install cuda" downloads a compatible set of libraries',
  },
  ARC6036: {
    text: (p: { path: string; reason: string }) => `CUDA's libraries in ${p.path} cannot be modified: ${p.reason}`,
    hint: () => 'stop the processes that use them, and check the permissions of that folder',
  },
} as const

/** Builds the error of a code, to be thrown. */
export const cudaError = errorsOf(catalogue)
