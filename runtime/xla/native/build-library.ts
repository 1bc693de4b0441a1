/**
 * Builds C sources of this package as a shared library with the computer's compiler, once for each version of the sources, of the
 * compiler and its arguments, and of what they are linked with, and for each processor.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { NativeCompiler } from '../../native-compiler.ts'
import { cacheFolder } from '../../plugins/cache-folder.ts'
import { isUnchanged } from '../../plugins/verify-library.ts'
import { withLock } from '../../process-lock.ts'
import { processorIdentity } from '../../processor.ts'
import { lastLines, runProgram } from '../../run-program.ts'

export interface LibrarySources {
  /** The folder of the sources: all `.c` in it are compiled. */
  readonly folder: string
  /** Another folder, whose headers the sources include. */
  readonly headers?: string
  /** File name of the library, `libarcc-kernels.so`. */
  readonly name: string
  /** The compiler's arguments before the sources; `-shared -fPIC` and that symbols are hidden are added. */
  readonly flags: readonly string[]
  /** Those after them. */
  readonly link: readonly string[]
  /** What else the library depends on, as a digest or a version. */
  readonly identity: string
}

const always = ['-std=gnu11', '-fvisibility=hidden', '-shared', '-fPIC']

interface Source {
  readonly name: string
  readonly text: string
}

async function readSources(folder: string, kinds: RegExp): Promise<readonly Source[]> {
  const names = (await readdir(folder)).filter((name) => kinds.test(name)).sort()
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })))
}

/** Returns the path of the built library. Throws the compiler's error, or the system's. */
export async function buildLibrary(compiler: NativeCompiler, wanted: LibrarySources): Promise<string> {
  const sources = await readSources(wanted.folder, /\.[ch]$/)
  const headers = wanted.headers === undefined ? [] : await readSources(wanted.headers, /\.h$/)
  const flags = [...always, ...wanted.flags, ...(wanted.headers === undefined ? [] : [`-I${wanted.headers}`])]
  const hash = createHash('sha256')
  const parts = [...flags, ...wanted.link, ...compiler.command, compiler.version, wanted.identity, processorIdentity()]
  for (const part of [...parts, ...[...sources, ...headers].flatMap(({ name, text }) => [name, text])])
    hash.update(`${Buffer.byteLength(part)}:`).update(part)
  const key = hash.digest('hex')
  const root = await cacheFolder('native')
  const home = join(root, key.slice(0, 32))
  const library = join(home, wanted.name)
  const isBuilt = () => isUnchanged(library, key).catch(() => false)
  if (await isBuilt()) return library
  await withLock(
    `${home}.lock`,
    () => undefined,
    async () => {
      if (await isBuilt()) return
      const work = await mkdtemp(join(root, 'build-'))
      try {
        const files = sources.filter(({ name }) => name.endsWith('.c')).map(({ name }) => join(wanted.folder, name))
        const output = join(work, wanted.name)
        const [program, ...first] = compiler.command
        const end = await runProgram(program, [...first, ...flags, ...files, '-o', output, ...wanted.link])
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
