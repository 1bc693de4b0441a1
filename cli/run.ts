/** `arcc run`: compiles, then trains and verifies while the terminal shows how far it is. */
import { basename } from 'node:path'
import { compileExperiment } from '../compiler/driver.ts'
import { openEntry, overrideSources } from './entry.ts'
import { type ExitCode, exitCode } from './exit.ts'
import { fileHost } from './host.ts'
import { processOutput } from './output.ts'
import type { RunOptions } from './program.ts'
import { resolvedLines } from './resolved.ts'
import { makeRunFolder, removeIfEmpty } from './run-folder.ts'
import { createRunOutput, type RunOutput } from './run-output.ts'

/**
 * The first Ctrl-C (or SIGTERM, from a scheduler) asks the run to stop after the step at hand and save; a second Ctrl-C ends the
 * process at once. `release` takes the handlers away again.
 */
function interruptible(onFirst: () => void): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const handle = (name: NodeJS.Signals) => {
    if (controller.signal.aborted && name === 'SIGINT') process.exit(exitCode.interrupted)
    if (controller.signal.aborted) return
    controller.abort()
    onFirst()
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', handle)
      process.off('SIGTERM', handle)
    },
  }
}

function modeOf(progress: RunOptions['progress']): 'panel' | 'plain' | 'json' {
  if (progress !== 'auto') return progress
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb' ? 'panel' : 'plain'
}

/** Before anything else: the process may start again. */
async function prepareProcess(engine: RunOptions['engine']): Promise<void> {
  if (engine !== 'xla') return
  const { restartWithHugePages } = await import('../runtime/xla/huge-pages.ts')
  restartWithHugePages()
}

/** Exit code 130 where the run was interrupted. */
export async function run(options: RunOptions): Promise<ExitCode> {
  await prepareProcess(options.engine)
  const output = processOutput(options.color)
  const host = fileHost()
  const entry = openEntry(host, options.file)
  const { experiment, set, engine } = options
  const {
    plan,
    experiment: resolved,
    diagnostics,
  } = compileExperiment({ entry, experiment, overrides: overrideSources(set) }, host)
  output.diagnostics(diagnostics)
  if (plan === undefined || diagnostics.some((diagnostic) => diagnostic.severity === 'error')) return exitCode.user
  const texts = new Map([[basename(entry.path), entry.text]])
  if (resolved !== undefined) texts.set('resolved.txt', `${resolvedLines(resolved).join('\n')}\n`)
  const folder = makeRunFolder(plan.name, options.folder)
  const shown: RunOutput = createRunOutput({
    mode: modeOf(options.progress),
    stream: process.stdout,
    look: output.look,
    clock: () => performance.now() / 1000,
  })
  const interrupt = interruptible(() => shown.note('stopping after this step; press Ctrl-C again to stop at once'))
  try {
    const { train } = await import('../runtime/train/train.ts')
    await train(plan, { engine, folder, texts, onEvent: (event) => shown.onEvent(event), signal: interrupt.signal })
  } finally {
    interrupt.release()
    shown.close()
    removeIfEmpty(folder)
  }
  return shown.state.end?.status === 'interrupted' ? exitCode.interrupted : exitCode.ok
}
