/**
 * `npm run gpu:pack`: creates `.gpu/`, everything a computer with an NVIDIA GPU needs to run arcc without Node.js and network
 * (Linux, x86-64). `npm run gpu:pack -- FOLDER` creates it elsewhere. `bench/gpu/README.md` lists its contents.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build as bundle } from 'esbuild'
import { build, bundleOptions } from '../../bin/build.mjs'
import { packageFolder } from '../../runtime/package-folder.ts'

/** The size limit of the device machine's transfers, with room for the repository. */
const MOST_BYTES = 60 * 2 ** 20

/** The programs of the kit, by their names in `dist/`. */
const programs = { 'gpu-kit': 'run-kit', 'gpu-step': 'bench-step', 'gpu-ops': 'op-cases', 'gpu-golden': 'golden-file' }

/** Libraries that are not bundled, and their dependencies. TensorFlow.js is omitted: no part of the kit needs it. */
const libraries = [
  'koffi',
  '@koromix/koffi-linux-x64',
  'sharp',
  '@img/colour',
  '@img/sharp-linux-x64',
  '@img/sharp-libvips-linux-x64',
  'detect-libc',
  'semver',
  'yaml',
  'ajv',
  'fast-deep-equal',
  'fast-uri',
  'json-schema-traverse',
  'require-from-string',
]

const goldenFolder = join(packageFolder, '../shared/golden')

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${error?.message ?? stderr.trim()}`)
}

/** arcc as a package without sources, together with the programs of the kit. */
async function layOut(folder: string): Promise<void> {
  await build()
  for (const part of [
    'dist',
    'stdlib',
    'experiments',
    'package.json',
    'LICENSE',
    'NOTICE',
    'bin',
    'runtime/xla/store/client',
  ])
    cpSync(join(packageFolder, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.endsWith('.map') && !path.endsWith('.tmp'),
    })
  for (const [name, source] of Object.entries(programs))
    await bundle({
      ...bundleOptions,
      entryPoints: [join(packageFolder, 'bench/gpu', `${source}.ts`)],
      outfile: join(folder, 'dist', `${name}.js`),
      logLevel: 'warning',
    })
  for (const library of libraries)
    cpSync(join(packageFolder, 'node_modules', library), join(folder, 'node_modules', library), {
      recursive: true,
      dereference: true,
    })
  for (const file of ['cases.arc', 'torch_step.py']) cpSync(join(packageFolder, 'bench/gpu', file), join(folder, file))
  layOutGolden(join(folder, 'golden'))
}

/** The golden files, if they are next to this checkout; the kit runs those for which there are enough devices. */
function layOutGolden(folder: string): void {
  if (!existsSync(goldenFolder)) {
    say(`no golden files: ${goldenFolder} does not exist`)
    return
  }
  mkdirSync(folder)
  for (const file of readdirSync(goldenFolder).filter((name) => name.endsWith('.json')))
    cpSync(join(goldenFolder, file), join(folder, file))
}

/** Node.js itself, without its symbols; reused from an earlier pack, since compressing it takes the longest. */
function packNode(out: string, work: string): void {
  const name = `node-${process.version}.xz`
  if (existsSync(join(out, name))) return
  for (const old of readdirSync(out).filter((file) => file.startsWith('node-'))) rmSync(join(out, old))
  const node = join(work, 'node')
  cpSync(process.execPath, node)
  run('strip', '-s', node)
  run('xz', '-6', '-T0', node)
  cpSync(`${node}.xz`, join(out, name))
}

const out = resolve(process.argv[2] ?? join(packageFolder, '.gpu'))
mkdirSync(out, { recursive: true })
const work = mkdtempSync(join(tmpdir(), 'arcc-gpu-pack-'))
try {
  await layOut(join(work, 'arcc'))
  run('tar', '-C', work, '-cJf', join(out, 'arcc.tar.xz'), 'arcc')
  packNode(out, work)
  cpSync(join(packageFolder, 'bench/gpu/run.sh'), join(out, 'run.sh'))
} finally {
  rmSync(work, { recursive: true, force: true })
}
const bytes = readdirSync(out).reduce((sum, file) => sum + statSync(join(out, file)).size, 0)
say(`${out}: ${(bytes / 2 ** 20).toFixed(1)} MiB`)
if (bytes > MOST_BYTES) {
  process.stderr.write(`more than ${MOST_BYTES / 2 ** 20} MiB\n`)
  process.exit(1)
}
