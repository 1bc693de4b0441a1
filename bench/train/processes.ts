/** Starts the measuring processes, one at a time. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { bundleOptions, packageFolder } from '../../bin/build.js'
import { threadPoolEnvironment } from '../../runtime/data/loader/thread-pool.ts'
import { hugePageEnvironment } from '../../runtime/xla/huge-pages.ts'
import { type Layout, type Row, taskOf } from './rows.ts'
import type { Effort, Report } from './samples.ts'
import { threads } from './setting.ts'

export interface Programs {
  /** Runs arcc's steps of a row in a process of its own. Throws what went wrong there. */
  readonly arcc: (row: Row, effort: Effort) => Report
  /** Runs PyTorch's. */
  readonly torch: (row: Row, layout: Layout, effort: Effort) => Report
  /** Removes what was built. */
  readonly remove: () => void
}

export interface Sources {
  /** The Python that has PyTorch. */
  readonly python: string
  /** A checkout of arcface_torch. */
  readonly arcfaceTorch: string
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
export async function buildPrograms({ python, arcfaceTorch }: Sources): Promise<Programs> {
  const outfile = join(packageFolder, 'dist', `bench-train-${process.pid}.js`)
  const entry = join(import.meta.dirname, 'arcc-step.ts')
  await bundle({ ...bundleOptions, entryPoints: [entry], outfile, logLevel: 'warning' })
  const changes = [hugePageEnvironment, threadPoolEnvironment]
  const env = changes.reduce<NodeJS.ProcessEnv>((given, change) => change(given) ?? given, process.env)
  const script = join(import.meta.dirname, 'torch_train.py')
  return {
    arcc: (row, effort) => reportOf(process.execPath, [outfile, JSON.stringify(row), JSON.stringify(effort)], env),
    torch(row, layout, effort) {
      const args = [script, arcfaceTorch, JSON.stringify(taskOf(row)), layout, JSON.stringify(effort), String(threads)]
      return reportOf(python, args, process.env)
    },
    remove: () => rmSync(outfile, { force: true }),
  }
}
