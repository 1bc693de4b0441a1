/** The C and C++ compilers of this computer. */
import type { Environment } from './environment.ts'
import { runProgram } from './run-program.ts'

export interface NativeCompiler {
  /** The program and its first arguments: `CC` and `CXX` may be `ccache g++`. */
  readonly command: readonly [string, ...string[]]
  /** The first line of `--version`. */
  readonly version: string
}

/** For each language, the variable that names a compiler, and the usual names in the order in which they are tried. */
export const compilers = {
  c: { variable: 'CC', names: ['cc', 'gcc', 'clang'] },
  'c++': { variable: 'CXX', names: ['c++', 'g++', 'clang++'] },
} as const

/** The compiler that the language's variable names, otherwise the first of its usual names that runs; `undefined` if none does. */
export async function findCompiler(
  language: keyof typeof compilers,
  env: Environment = process.env,
): Promise<NativeCompiler | undefined> {
  const { variable, names } = compilers[language]
  const named = env[variable]?.trim()
  for (const candidate of named ? [named] : names) {
    const [program = '', ...args] = candidate.split(/\s+/)
    const end = await runProgram(program, [...args, '--version']).catch(() => undefined)
    if (end?.code !== 0) continue
    return { command: [program, ...args], version: end.output.split('\n', 1)[0]?.trim() ?? '' }
  }
  return undefined
}
