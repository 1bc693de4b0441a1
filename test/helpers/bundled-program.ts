/** A program of the tests that many processes run: bundled once, it starts in a fraction of the time that tsx takes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { afterAll } from 'vitest'
import { bundleOptions } from '../../bin/build.mjs'
import { packageFolder } from '../../runtime/package-folder.ts'

/** The path of the program, which exists until the end of the test file; `workers` are the threads that it starts, from the root. */
export async function bundleProgram(program: string, workers: readonly string[]): Promise<string> {
  const dist = join(packageFolder, 'dist')
  await mkdir(dist, { recursive: true })
  const outdir = mkdtempSync(join(dist, 'test-'))
  afterAll(() => rmSync(outdir, { recursive: true, force: true }))
  const name = (file: string) => basename(file, '.ts')
  await build({
    ...bundleOptions,
    absWorkingDir: packageFolder,
    entryPoints: [program, ...workers].map((file) => ({ in: file, out: name(file) })),
    splitting: true,
    outdir,
    logLevel: 'silent',
  })
  return join(outdir, `${name(program)}.js`)
}
