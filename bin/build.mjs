/**
 * Bundles the command line into `dist/` with esbuild: all of it as one CommonJS file that is named by its content, the same for
 * single commands, `arcc.cjs`, which starts one of them with V8's code of an earlier start (`cli/launch.ts`), and one ES module per
 * worker, with the chunks that they share.
 *
 * Several processes may build at once, and others may be running: every file but `arcc.cjs` is named by its content or takes the
 * place of an equal one, appears by a rename, and `arcc.cjs` comes last, so that whatever a process loads is whole.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import stale from './stale.js'

const { packageFolder, sourceFolders } = stale

/** Libraries that stay outside: native code, optional ones, and those that find their own files. */
const external = ['koffi', 'sharp', 'piscina', '@tensorflow/*', 'ts-morph', 'esbuild']

/** Chunks of earlier builds stay this long, in milliseconds, for the processes that still run on them. */
const keepFor = 2 * 60 * 60 * 1000

/** CommonJS libraries inside the bundle ask for `require`. */
const banner =
  "import { createRequire as arccCreateRequire } from 'node:module'; const require = arccCreateRequire(import.meta.url);"

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

/** Bundles and loads a module of the sources, to call it while building. */
async function loadSource(esbuild, root, file) {
  const { outputFiles } = await esbuild.build({
    ...bundleOptions,
    absWorkingDir: root,
    entryPoints: [file],
    write: false,
  })
  const folder = await mkdtemp(join(tmpdir(), 'arcc-build-'))
  try {
    const path = join(folder, 'module.mjs')
    await writeFile(path, outputFiles[0].contents)
    return await import(pathToFileURL(path).href)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Puts the parsed standard library in the place of `shipped-trees.ts`. */
const treesPlugin = (root) => ({
  name: 'arcc-trees',
  setup(build) {
    build.onLoad({ filter: /\/shipped-trees\.ts$/ }, async () => {
      const { packLibrary } = await loadSource(build.esbuild, root, join(root, 'compiler/names/pack-library.ts'))
      const names = (await readdir(join(root, 'stdlib'))).filter((name) => name.endsWith('.arc')).sort()
      const modules = names.map(async (name) => {
        const source = { path: `std/${name}`, text: await readFile(join(root, 'stdlib', name), 'utf8') }
        return [name.replace(/(\.gen)?\.arc$/, ''), source]
      })
      const trees = packLibrary(new Map(await Promise.all(modules)))
      return { contents: `export const shippedTrees = ${JSON.stringify(trees)}`, loader: 'js' }
    })
  },
})

/** Functions of libraries that take long to prepare and are rarely called: such a library is evaluated at the first call. */
const later = {
  'string-width': ['default'],
  'log-update': ['createLogUpdate'],
  'hyparquet-compressors': ['decompressLz4', 'decompressLz4Raw', 'decompressSnappy'],
}

/**
 * Modules that take milliseconds to load, and that many commands do not use: loaded at the first use of a member. The line limit may
 * break a line before `require`.
 */
const laterModules =
  /=(\s*)(__toESM\(\s*)?require\("(node:(?:child_process|crypto|fs\/promises|http|readline|timers\/promises|worker_threads)|koffi|piscina)"\)/g

const loadLater =
  'const arccLater=(name)=>{let loaded;return new Proxy({},{get:(_,key)=>(loaded??=require(name))[key]})};'

/** The command line imports such a library through functions that load it. */
const laterPlugin = {
  name: 'arcc-later',
  setup(build) {
    const filter = new RegExp(`^(${Object.keys(later).join('|')})$`)
    build.onResolve({ filter }, ({ path, resolveDir, namespace }) =>
      namespace === 'later' ? undefined : { path, namespace: 'later', pluginData: resolveDir },
    )
    build.onLoad({ filter, namespace: 'later' }, ({ path, pluginData }) => {
      const functions = later[path].map((name) => {
        const head = name === 'default' ? 'export default' : `export const ${name} =`
        return `${head} (...given) => (loaded ??= require('${path}')).${name}(...given)`
      })
      return { contents: ['let loaded', ...functions].join('\n'), resolveDir: pluginData }
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

/** What the bundles of `dist/` have in common. */
const distOptions = { ...bundleOptions, sourcemap: 'linked', sourcesContent: false, write: false, logLevel: 'silent' }

/**
 * As CommonJS, so that V8 takes the code that it compiled earlier (ES modules can do that from Node.js 22 on), without blanks,
 * since V8 has to read all of it at every start.
 */
const commonJsOptions = {
  ...distOptions,
  format: 'cjs',
  banner: { js: `const arccUrl=require('node:url').pathToFileURL(__filename).href;${loadLater}` },
  define: { 'import.meta.url': 'arccUrl' },
  plugins: [workerPlugin, laterPlugin],
  // A script outside of Node's loaders cannot import without a warning; the libraries outside can all be required.
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
  lineLimit: 120,
}

/** esbuild leaves letters beyond ASCII in regular expressions, where an escape means the same. */
function toAscii(text) {
  return text.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Commands that begin often and end soon: each has a bundle without the other commands, of which V8 has to read less. */
const smallBundles = ['check', 'plan']

/** Leaves out the other commands than this one. */
const onlyPlugin = (command) => ({
  name: 'arcc-only',
  setup(build) {
    build.onResolve({ filter: /^\.\/commands\/.*\.ts$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' && path !== `./commands/${command}.ts` ? { path, external: true } : undefined,
    )
  },
})

/** The command line in one file, `arcc-DIGEST.cjs`, and its source map; with one command of it, `arcc-COMMAND-DIGEST.cjs`. */
async function bundleProgram(esbuild, root, outdir, command) {
  const { outputFiles } = await esbuild.build({
    ...commonJsOptions,
    absWorkingDir: root,
    plugins: [...(command === undefined ? [] : [onlyPlugin(command)]), ...commonJsOptions.plugins, treesPlugin(root)],
    entryPoints: [{ in: join(root, 'cli/main.ts'), out: command === undefined ? 'arcc' : `arcc-${command}` }],
    outdir,
    entryNames: '[name]-[hash]',
    outExtension: { '.js': '.cjs' },
  })
  return outputFiles.map(({ path, text }) => ({
    path,
    contents: path.endsWith('.cjs') ? toAscii(text.replace(laterModules, '=$1$2arccLater("$3")')) : text,
  }))
}

/** One ES module per worker, and chunks. */
async function bundleWorkers(esbuild, root, outdir, workers) {
  if (workers.length === 0) return []
  const { outputFiles } = await esbuild.build({
    ...distOptions,
    absWorkingDir: root,
    entryPoints: workers.map((file) => ({ in: file, out: basename(file, '.ts') })),
    splitting: true,
    outdir,
    chunkNames: '[name]-[hash]',
  })
  return outputFiles
}

/** `arcc.cjs`, which starts `programs.all`, or the program that has only the command that is given. */
async function bundleLaunch(esbuild, root, outfile, programs) {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const { outputFiles } = await esbuild.build({
    ...commonJsOptions,
    absWorkingDir: root,
    banner: {},
    sourcemap: false,
    define: { ARCC_PROGRAMS: JSON.stringify(programs), ARCC_VERSION: JSON.stringify(version) },
    entryPoints: [join(root, 'cli/launch.ts')],
    outfile,
  })
  return outputFiles[0].contents
}

/**
 * Builds `dist/` of a package folder; returns the path of `arcc.cjs`. That file gets the time at which the build began, so that a
 * source that changes meanwhile counts as newer. Throws esbuild's error where the sources don't build.
 */
export async function build(root = packageFolder) {
  const begun = new Date()
  const esbuild = await import('esbuild')
  const files = await typescriptFiles(root)
  const outdir = join(root, 'dist')
  const entry = join(outdir, 'arcc.cjs')
  const [program, small, workers] = await Promise.all([
    bundleProgram(esbuild, root, outdir),
    Promise.all(smallBundles.map((command) => bundleProgram(esbuild, root, outdir, command))),
    bundleWorkers(
      esbuild,
      root,
      outdir,
      files.filter((file) => file.endsWith('-worker.ts')),
    ),
  ])
  const nameOf = (bundle) => basename(bundle.find(({ path }) => path.endsWith('.cjs')).path)
  const names = small.map((bundle, at) => [smallBundles[at], nameOf(bundle)])
  const launch = await bundleLaunch(esbuild, root, entry, { all: nameOf(program), ...Object.fromEntries(names) })
  const first = [...program, ...small.flat(), ...workers]
  await mkdir(outdir, { recursive: true })
  await Promise.all(first.map(({ path, contents }) => writeAtomically(path, contents)))
  await writeAtomically(entry, launch, begun)
  await removeOld(
    outdir,
    new Set([entry, ...first.map(({ path }) => path)].map((path) => basename(path))),
    begun.getTime(),
  )
  return entry
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const entry = await build()
  process.stdout.write(`built ${entry}\n`)
}
