/** `arcc run`: compiles, then trains and verifies while the terminal shows how far it is. */
import { basename, join } from 'node:path'
import { type Compilation, compileVariants } from '../compiler/driver.ts'
import { isVariantName } from '../compiler/names/variant-name.ts'
import type { SourceFile } from '../grammar/source.ts'
import { openEntry, overrideSources } from './entry.ts'
import { type ExitCode, exitCode } from './exit.ts'
import { fileHost } from './host.ts'
import { processOutput } from './output.ts'
import type { RunOptions } from './program.ts'
import { resolvedLines } from './resolved.ts'
import { makeRunFolder, removeIfEmpty } from './run-folder.ts'
import { createRunOutput, type RunOutput } from './run-output.ts'

/**
 * The first Ctrl-C (or SIGTERM, from a scheduler) asks the run to stop after the steps in flight and save; a second Ctrl-C ends the
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

/** The name of a folder: variants have brackets and blanks in their names, which shells take for their own. */
function folderName(experiment: string): string {
  return experiment
    .replace(/\[/g, '-')
    .replace(/[^\w.=%-]+/g, '_')
    .replace(/_$/, '')
}

interface RunContext {
  readonly options: RunOptions
  readonly entry: SourceFile
  readonly output: ReturnType<typeof processOutput>
  /** Whether it is one of several variants. */
  readonly isVariant: boolean
}

/** Runs what has been compiled; its diagnostics come first. */
async function runOne({ plan, experiment, diagnostics }: Compilation, context: RunContext): Promise<ExitCode> {
  const { options, entry, output, isVariant } = context
  output.diagnostics(diagnostics)
  if (plan === undefined || diagnostics.some((diagnostic) => diagnostic.severity === 'error')) return exitCode.user
  const texts = new Map([[basename(entry.path), entry.text]])
  if (experiment !== undefined) texts.set('resolved.txt', `${resolvedLines(experiment).join('\n')}\n`)
  const name = folderName(plan.name)
  const wish = options.folder !== undefined && isVariant ? join(options.folder, name) : options.folder
  const folder = makeRunFolder(name, wish)
  const shown: RunOutput = createRunOutput({
    mode: modeOf(options.progress),
    stream: process.stdout,
    look: output.look,
    clock: () => performance.now() / 1000,
  })
  const interrupt = interruptible(() =>
    shown.note('stopping after the steps in flight; press Ctrl-C again to stop at once'),
  )
  const { engine } = options
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

/** Exit code 130 where the run was interrupted. The variants of a `sweep` run in turn, up to the first that does not end well. */
export async function run(options: RunOptions): Promise<ExitCode> {
  await prepareProcess(options.engine)
  const output = processOutput(options.color)
  const host = fileHost()
  const entry = openEntry(host, options.file)
  const { experiment, set } = options
  for (const compilation of compileVariants({ entry, experiment, overrides: overrideSources(set) }, host)) {
    const isVariant = compilation.plan !== undefined && isVariantName(compilation.plan.name)
    const code = await runOne(compilation, { options, entry, output, isVariant })
    if (code !== exitCode.ok) return code
  }
  return exitCode.ok
}
