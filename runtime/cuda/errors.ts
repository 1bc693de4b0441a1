/** What can go wrong between arcc and CUDA: ARC6030 to ARC6036. */
import { showBytes } from '../../compiler/plan/show.ts'
import { errorsOf } from '../errors.ts'
import { leastCuda, leastDriver } from './required-driver.ts'

const catalogue = {
  ARC6030: {
    text: (p: { platform: string; known: string }) => `CUDA's libraries are not published for ${p.platform}`,
    hint: (p: { platform: string; known: string }) =>
      `they exist for ${p.known}; arcc trains on the CPU everywhere (machine = cpu)`,
  },
  ARC6031: {
    text: (p: { version: string; cuda: string }) =>
      `the NVIDIA driver ${p.version} supports CUDA ${p.cuda} and earlier, and arcc needs CUDA ${leastCuda}`,
    hint: () => `install driver ${leastDriver} or newer`,
  },
  ARC6032: {
    text: (p: { path: string; free: number; needed: number }) =>
      `${showBytes(p.needed)} are needed to install CUDA in ${p.path}, and ${showBytes(p.free)} are free`,
    hint: () => 'free some space, or name another cache folder with ARCC_CACHE',
  },
  ARC6033: {
    text: (p: { what: string; file: string }) => `CUDA's ${p.what} is missing: there is no ${p.file}`,
    hint: () => 'run "arcc install cuda"; "arcc doctor" shows what is there',
  },
  ARC6034: {
    text: (p: { path: string; reason: string }) => `${p.path} is damaged: ${p.reason}`,
    hint: () => 'run "arcc install cuda", which mends its own installation; one of Python, install again with pip',
  },
  ARC6035: {
    text: (p: { what: string; path: string; reason: string }) =>
      `CUDA's ${p.what} does not load (${p.path}): ${p.reason}`,
    hint: () => 'run "arcc doctor"; "arcc install cuda" fetches libraries that are known to fit',
  },
  ARC6036: {
    text: (p: { path: string; reason: string }) => `CUDA's libraries in ${p.path} cannot be changed: ${p.reason}`,
    hint: () => 'end the processes that use them, and look at the rights of that folder',
  },
} as const

/** Builds the error of a code, to be thrown. */
export const cudaError = errorsOf(catalogue)
