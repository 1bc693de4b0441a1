/**
 * Builds arcc's own kernels for the CPU with the computer's C compiler, once for each version of the sources, of oneDNN, of the
 * compiler, and each processor. They are compiled for exactly this processor.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { NativeCompiler } from '../../native-compiler.ts'
import { packageFolder } from '../../package-folder.ts'
import { cacheFolder } from '../../plugins/cache-folder.ts'
import { isUnchanged } from '../../plugins/verify-library.ts'
import { withLock } from '../../process-lock.ts'
import { processorIdentity } from '../../processor.ts'
import { lastLines, runProgram } from '../../run-program.ts'

const sourceFolder = join(packageFolder, 'runtime', 'xla', 'native', 'kernels')
const libraryName = 'libarcc-kernels.so'

interface Source {
  readonly name: string
  readonly text: string
}

async function readSources(): Promise<readonly Source[]> {
  const names = (await readdir(sourceFolder)).filter((name) => /\.[ch]$/.test(name)).sort()
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(sourceFolder, name), 'utf8') })))
}

/** What the kernels are linked with. */
export interface OneDnn {
  /** The library's path. */
  readonly library: string
  /** The folder of `oneapi/`. */
  readonly headers: string
  /** SHA-256 of the wheels. */
  readonly identity: string
}

const flags = ['-std=gnu11', '-O3', '-march=native', '-fvisibility=hidden', '-shared', '-fPIC']

/** Returns the path of the built library. Throws the compiler's error, or the system's. */
export async function buildKernels(compiler: NativeCompiler, oneDnn: OneDnn): Promise<string> {
  const sources = await readSources()
  const hash = createHash('sha256')
  const parts = [...flags, ...compiler.command, compiler.version, oneDnn.identity, processorIdentity()]
  for (const part of [...parts, ...sources.flatMap(({ name, text }) => [name, text])])
    hash.update(`${Buffer.byteLength(part)}:`).update(part)
  const key = hash.digest('hex')
  const root = await cacheFolder('native')
  const home = join(root, key.slice(0, 32))
  const library = join(home, libraryName)
  const isBuilt = () => isUnchanged(library, key).catch(() => false)
  if (await isBuilt()) return library
  await withLock(
    `${home}.lock`,
    () => undefined,
    async () => {
      if (await isBuilt()) return
      const work = await mkdtemp(join(root, 'build-'))
      try {
        const files = sources.filter(({ name }) => name.endsWith('.c')).map(({ name }) => join(sourceFolder, name))
        const folder = dirname(oneDnn.library)
        const link = [`-L${folder}`, '-l:libdnnl.so.3', `-Wl,-rpath,${folder}`, '-lpthread']
        const output = join(work, libraryName)
        const [program, ...first] = compiler.command
        const args = [...first, ...flags, `-I${oneDnn.headers}`, ...files, '-o', output, ...link]
        const end = await runProgram(program, args)
        if (end.code !== 0) throw new Error(`${program} cannot build them: ${lastLines(end.output, 3)}`)
        await isUnchanged(output, key)
        await rm(home, { recursive: true, force: true })
        await rename(work, home)
      } finally {
        await rm(work, { recursive: true, force: true })
      }
    },
  )
  return library
}
