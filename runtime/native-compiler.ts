/** The C++ compiler of this computer. */
import type { Environment } from './environment.ts'
import { runProgram } from './run-program.ts'

export interface NativeCompiler {
  /** The program and its first arguments: `CXX` may be `ccache g++`. */
  readonly command: readonly [string, ...string[]]
  /** The first line of `--version`. */
  readonly version: string
}

/** Compilers by name, in the order in which they are tried. */
export const compilerNames = ['c++', 'g++', 'clang++'] as const

/** `$CXX` if it is set, otherwise the first of `compilerNames` that runs; `undefined` if none does. */
export async function findCompiler(env: Environment = process.env): Promise<NativeCompiler | undefined> {
  const named = env.CXX?.trim()
  for (const candidate of named ? [named] : compilerNames) {
    const [program = '', ...args] = candidate.split(/\s+/)
    const end = await runProgram(program, [...args, '--version']).catch(() => undefined)
    if (end?.code !== 0) continue
    return { command: [program, ...args], version: end.output.split('\n', 1)[0]?.trim() ?? '' }
  }
  return undefined
}
