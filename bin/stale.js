/** Whether `dist/` has to be built. CommonJS, as `arcc.js`: loading a graph of ES modules takes Node.js some milliseconds more. */
'use strict'
const { readdirSync, statSync } = require('node:fs')
const { resolve } = require('node:path')

/** The package's folder. */
const packageFolder = resolve(__dirname, '..')

/** The folders whose TypeScript makes up the command line. */
const sourceFolders = ['grammar', 'compiler', 'runtime', 'cli']

/** What else decides the result. */
const inputs = ['package.json', 'bin/build.mjs']

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
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

/**
 * Whether `dist/arcc.cjs` is missing or older than what it is made of. A package without sources is never stale. Synchronous,
 * since it stands before every start: a few hundred `stat`s take less time than as many promises.
 */
function isStale(root = packageFolder) {
  const built = timeOf(`${root}/dist/arcc.cjs`)
  const newest = Math.max(...sourceFolders.map((folder) => newestIn(`${root}/${folder}`)))
  if (newest === 0) return built === 0
  return Math.max(newest, ...inputs.map((file) => timeOf(`${root}/${file}`))) > built
}

module.exports = { isStale, packageFolder, sourceFolders }
