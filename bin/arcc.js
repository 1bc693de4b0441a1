#!/usr/bin/env node
/** Starts arcc: builds `dist/` first where it is missing or older than the sources, then hands over to it. */
import module from 'node:module'
import { pathToFileURL } from 'node:url'
import { build, isStale, packageFolder } from './build.js'

/** An internal error, as in `cli/render/exit.ts`. */
const internalError = 2

async function prepare() {
  if (!isStale()) return `${packageFolder}/dist/arcc.js`
  try {
    return await build()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const missing = error?.code === 'ERR_MODULE_NOT_FOUND'
    const help = missing
      ? 'run "npm ci" in the folder of arcc'
      : 'its sources have a mistake; "npm run check" shows more'
    process.stderr.write(`error: arcc could not build itself\n${message}\nhelp: ${help}\n`)
    process.exit(internalError)
  }
}

module.enableCompileCache?.()
if (process.env.ARCC_DEBUG === '1') process.setSourceMapsEnabled(true)
await import(pathToFileURL(await prepare()).href)
