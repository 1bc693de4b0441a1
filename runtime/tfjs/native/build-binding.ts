/** Compiles the binding of `@tensorflow/tfjs-node`, its published C++ files, against TensorFlow's C library. */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { NativeCompiler } from '../../native-compiler.ts'
import { lastLines, runProgram } from '../../run-program.ts'
import type { Build } from '../../wheels/install-wheels.ts'
import { packageFolder } from '../../wheels/npm-package.ts'
import { nativeErrors } from './errors.ts'
import { bindingPackage, headersPackage, type NativeSet } from './packages.ts'

/** The binding's path in an installation. */
export const bindingFile = 'binding/tfjs_binding.node'

const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => inPackage(bindingPackage, 'binding', file))

/** N-API 8 is part of every Node.js that arcc runs in; the library is found relative to the binding. */
const flags = [
  ...['-std=c++17', '-O2', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
  ...['-I', inPackage(headersPackage, 'include'), '-I', 'tensorflow/include'],
]
const libraries = [
  ...['-L', 'tensorflow', '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
  '-Wl,-rpath,$ORIGIN/../tensorflow',
]

function inPackage(entry: typeof bindingPackage, ...path: readonly string[]): string {
  return join(packageFolder(entry), 'package', ...path)
}

/** Identifies a binding by what it is built from. */
export function bindingKey({ wheels }: NativeSet): string {
  const inputs = [...wheels.map(({ sha256 }) => sha256), ...flags, ...sources, ...libraries]
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex')
}

/**
 * The build step. `onStart` is called when the compiler starts. It throws ARC6935 if the compiler fails, ARC6936 if Node.js cannot
 * load the result.
 */
export function bindingBuild(set: NativeSet, { command, version }: NativeCompiler, onStart: () => void): Build {
  return {
    key: bindingKey(set),
    async run(tree) {
      onStart()
      await mkdir(join(tree, dirname(bindingFile)), { recursive: true })
      const [program, ...first] = command
      const args = [...first, ...flags, ...sources, '-o', bindingFile, ...libraries]
      const { code, output } = await runProgram(program, args, { folder: tree })
      if (code !== 0) throw nativeErrors('ARC6935', { compiler: version, reason: firstError(output) })
      await tryBinding(join(tree, bindingFile), set)
      return [bindingFile]
    },
  }
}

/** A compiler lists consequences of an error after it. */
function firstError(output: string): string {
  const line = output.split('\n').find((text) => /\b(error|undefined reference)\b/i.test(text))
  return line?.trim() ?? (lastLines(output, 1) || 'it says nothing')
}

/** In another process, since a library that does not fit this computer may end the process that loads it. */
async function tryBinding(path: string, { install }: NativeSet): Promise<void> {
  const script = 'process.dlopen({ exports: {} }, process.argv[1])'
  const { code, output } = await runProgram(process.execPath, ['-e', script, path])
  if (code === 0) return
  const line = output.split('\n').find((text) => /error/i.test(text))
  throw nativeErrors('ARC6936', { path, install, reason: line?.trim() ?? `loading it ended Node.js with ${code}` })
}
