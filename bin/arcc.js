#!/usr/bin/env node
/** Starts arcc: builds `dist/` first where it is missing or older than the sources, then hands over to it. */
'use strict'
const module_ = require('node:module')
const { isStale, packageFolder } = require('./stale.js')

/** An internal error, as in `cli/render/exit.ts`. */
const internalError = 2

async function build() {
  try {
    const { build } = await import('./build.mjs')
    await build()
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

function start() {
  module_.enableCompileCache?.()
  if (process.env.ARCC_DEBUG === '1') process.setSourceMapsEnabled(true)
  require(`${packageFolder}/dist/arcc.cjs`)
}

if (isStale()) build().then(start)
else start()
