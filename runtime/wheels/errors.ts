/** Errors of packages that are installed together in the cache: ARC6032, ARC6034, ARC6036, and of npm's, ARC6930 and ARC6931. */
import { showBytes } from '../../compiler/plan/show.ts'
import { errorsOf } from '../errors.ts'

const catalogue = {
  ARC6032: {
    text: (p: { what: string; path: string; free: number; needed: number }) =>
      `installing ${p.what} in ${p.path} needs ${showBytes(p.needed)}, but only ${showBytes(p.free)} are free`,
    hint: () => 'free some disk space, or set ARCC_CACHE to another folder',
  },
  ARC6034: {
    text: (p: { path: string; reason: string; install: string }) => `${p.path} is damaged: ${p.reason}`,
    hint: ({ install }: { path: string; reason: string; install: string }) => {
      const own = `run "arcc install ${install}" to repair its own installation`
      return install === 'cuda' ? `${own}, or reinstall the Python package with pip` : own
    },
  },
  ARC6036: {
    text: (p: { what: string; path: string; reason: string }) =>
      `${p.what}'s libraries in ${p.path} cannot be modified: ${p.reason}`,
    hint: () => 'stop the processes that use them, and check the permissions of that folder',
  },
  ARC6930: {
    text: (p: { reason: string }) => `cannot run "npm", which downloads packages of JavaScript: ${p.reason}`,
    hint: () => 'install npm; it comes with Node.js',
  },
  ARC6931: {
    text: (p: { requirement: string; output: string }) => `npm could not download ${p.requirement}: ${p.output}`,
    hint: () => 'check the network connection and the registry that npm uses ("npm config get registry")',
  },
} as const

/** Builds the error of a code, to be thrown. */
export const wheelErrors = errorsOf(catalogue)
