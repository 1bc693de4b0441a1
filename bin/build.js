/**
 * Bundles the command line into `dist/` with esbuild: `arcc.js`, one file per worker, and chunks that load when they are needed.
 *
 * Several processes may build at once, and others may be running: chunks are named by their content, every file appears by a
 * rename, and `arcc.js` comes last, so that whatever a process imports is whole.
 */
import { randomUUID } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The folders whose TypeScript makes up the command line. */
export const sourceFolders = ['grammar', 'compiler', 'runtime', 'cli']

/** What else decides the result. */
const inputs = ['package.json', 'bin/build.js']

/** Libraries that stay outside: native code, optional ones, and those that find their own files. */
const external = ['koffi', 'sharp', 'piscina', '@tensorflow/*', 'ts-morph', 'esbuild']

/** Chunks of earlier builds stay this long, in milliseconds, for the processes that still run on them. */
const keepFor = 2 * 60 * 60 * 1000

/** CommonJS libraries inside the bundle ask for `require`. */
const banner =
  "import { createRequire as arccCreateRequire } from 'node:module'; const require = arccCreateRequire(import.meta.url);"

/** The package's folder. */
export const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** `new URL('./decode-worker.ts', import.meta.url)`: how a source names its worker. */
const workerReference = /new URL\((['"])(\.{1,2}\/[\w./-]+-worker)\.ts\1, import\.meta\.url\)/g

async function typescriptFiles(root) {
  const found = await Promise.all(
    sourceFolders.map(async (folder) => {
      const names = await readdir(join(root, folder), { recursive: true }).catch(() => [])
      return names.filter((name) => name.endsWith('.ts')).map((name) => join(root, folder, name))
    }),
  )
  return found.flat()
}

/** In `dist/` everything lies in one folder, and workers are JavaScript. */
const workerPlugin = {
  name: 'arcc-workers',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!text.includes('-worker.ts')) return undefined
      const contents = text.replace(workerReference, (_, quote, name) => {
        return `new URL(${quote}./${basename(name)}.js${quote}, import.meta.url)`
      })
      return { contents, loader: 'ts' }
    })
  },
}

/** How everything of this package is bundled; other programs than the command line are bundled by it too. */
export const bundleOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external,
  banner: { js: banner },
  plugins: [workerPlugin],
}

async function writeAtomically(path, bytes, time) {
  const temporary = `${path}.${randomUUID()}.tmp`
  await writeFile(temporary, bytes)
  if (time !== undefined) await utimes(temporary, time, time)
  await rename(temporary, path)
}

async function removeOld(folder, current, now) {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (!current.has(name) && found?.isFile() && now - found.mtimeMs > keepFor) await rm(path, { force: true })
  }
}

/**
 * Builds `dist/` of a package folder. `arcc.js` gets the time at which the build began, so that a source that changes meanwhile
 * counts as newer. Throws esbuild's error where the sources don't build.
 */
export async function build(root = packageFolder) {
  const begun = new Date()
  const { build: bundle } = await import('esbuild')
  const files = await typescriptFiles(root)
  const workers = files.filter((file) => file.endsWith('-worker.ts'))
  const outdir = join(root, 'dist')
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: [
      { in: join(root, 'cli/main.ts'), out: 'arcc' },
      ...workers.map((file) => ({ in: file, out: basename(file, '.ts') })),
    ],
    ...bundleOptions,
    splitting: true,
    outdir,
    chunkNames: '[name]-[hash]',
    sourcemap: 'linked',
    sourcesContent: false,
    write: false,
    logLevel: 'silent',
  })
  await mkdir(outdir, { recursive: true })
  const entry = join(outdir, 'arcc.js')
  const last = outputFiles.filter((file) => file.path === entry)
  const first = outputFiles.filter((file) => file.path !== entry)
  await Promise.all(first.map((file) => writeAtomically(file.path, file.contents)))
  for (const file of last) await writeAtomically(file.path, file.contents, begun)
  await removeOld(outdir, new Set(outputFiles.map((file) => basename(file.path))), begun.getTime())
  return entry
}

/** The newest time of change of a file or folder below a folder, in milliseconds; 0 where it is missing. */
function newestIn(folder) {
  let entries
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return 0
  }
  let newest = timeOf(folder)
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) newest = Math.max(newest, newestIn(path))
    else if (entry.name.endsWith('.ts')) newest = Math.max(newest, timeOf(path))
  }
  return newest
}

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/**
 * Whether `dist/arcc.js` is missing or older than what it is made of. A package without sources is never stale. Synchronous,
 * since it stands before every start: a few hundred `stat`s take less time than as many promises.
 */
export function isStale(root = packageFolder) {
  const built = timeOf(join(root, 'dist/arcc.js'))
  const newest = Math.max(...sourceFolders.map((folder) => newestIn(join(root, folder))))
  if (newest === 0) return built === 0
  return Math.max(newest, ...inputs.map((file) => timeOf(join(root, file)))) > built
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const entry = await build()
  process.stdout.write(`built ${entry}\n`)
}
