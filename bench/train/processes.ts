/** Starts the measuring processes, one at a time. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build as bundle } from 'esbuild'
import { bundleOptions } from '../../bin/build.mjs'
import { need } from '../../grammar/diagnostic.ts'
import { threadPoolEnvironment } from '../../runtime/data/loader/thread-pool.ts'
import { packageFolder } from '../../runtime/package-folder.ts'
import { hugePageEnvironment } from '../../runtime/xla/huge-pages.ts'
import { type Layout, type Row, taskOf } from './rows.ts'
import type { Effort, Report } from './samples.ts'
import { threads } from './setting.ts'

export interface Programs {
  /** Runs arcc's steps of a row in a process of its own. Throws what went wrong there. */
  readonly arcc: (row: Row, effort: Effort) => Report
  /** Runs PyTorch's. */
  readonly torch: (row: Row, layout: Layout, effort: Effort) => Report
}

export interface Sources {
  /** The Python that has PyTorch. */
  readonly python: string
  /** A checkout of arcface_torch. */
  readonly arcfaceTorch: string
  /** A file that each process locks while it runs, by flock(1). */
  readonly lock?: string | undefined
}

/** Nothing here takes this long, in milliseconds. */
const longest = 20 * 60_000

function reportOf(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Report {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    timeout: longest,
    maxBuffer: 2 ** 26,
  })
  const line = stdout?.trim().split('\n').at(-1)
  if (status === 0 && line) return JSON.parse(line) as Report
  const end = error?.message ?? `${command} ended with ${status ?? signal}`
  throw new Error(`${end}: ${stderr?.trim().split('\n').slice(-8).join('\n')}`)
}

/**
 * Bundles arcc's program like the command line, so that its process holds what a user's does, and nothing of the tools of development.
 */
export async function buildPrograms({ python, arcfaceTorch, lock }: Sources): Promise<Programs> {
  const file = join(packageFolder, 'dist', `bench-train-${process.pid}.js`)
  const entry = join(import.meta.dirname, 'arcc-step.ts')
  const { outputFiles } = await bundle({
    ...bundleOptions,
    entryPoints: [entry],
    outfile: file,
    write: false,
    logLevel: 'warning',
  })
  const { contents } = need(outputFiles[0], 'a bundle')
  const changes = [hugePageEnvironment, threadPoolEnvironment]
  const env = changes.reduce<NodeJS.ProcessEnv>((given, change) => change(given) ?? given, process.env)
  const script = join(import.meta.dirname, 'torch_train.py')
  const locked = (command: string, args: readonly string[], env: NodeJS.ProcessEnv) =>
    lock === undefined ? reportOf(command, args, env) : reportOf('flock', [lock, command, ...args], env)
  return {
    arcc(row, effort) {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, contents)
      try {
        return locked(process.execPath, [file, JSON.stringify(row), JSON.stringify(effort)], env)
      } finally {
        rmSync(file, { force: true })
      }
    },
    torch(row, layout, effort) {
      const args = [script, arcfaceTorch, JSON.stringify(taskOf(row)), layout, JSON.stringify(effort), String(threads)]
      return locked(python, args, process.env)
    },
  }
}
