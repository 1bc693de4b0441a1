/** Errors of the CUDA installation, ARC603x; those of every installation are in `runtime/wheels/errors.ts`. */
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
  ARC6033: {
    text: (p: { what: string; file: string }) => `CUDA's ${p.what} is missing: ${p.file} was not found`,
    hint: () => 'run "arcc install cuda"; "arcc doctor" lists the installed libraries',
  },
  ARC6035: {
    text: (p: { what: string; path: string; reason: string }) =>
      `CUDA's ${p.what} cannot be loaded (${p.path}): ${p.reason}`,
    hint: () => 'run "arcc doctor"; "arcc install cuda" downloads a compatible set of libraries',
  },
} as const

/** Builds the error of a code, to be thrown. */
export const cudaError = errorsOf(catalogue)
