/** A C compiler, with which tests build replacements for libraries that exist only on computers with a GPU. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'

export const hasCompiler = process.platform === 'linux' && runs()

function runs(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Builds a shared library from C text, with its file name as its soname. */
export function buildLibrary(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true })
  const soname = `-Wl,-soname,${basename(path)}`
  execFileSync('cc', ['-shared', '-fPIC', soname, '-x', 'c', '-o', path, '-'], { input: text })
  return path
}
