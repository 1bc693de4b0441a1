/** `arcc run`: compiles, then trains and verifies while the terminal shows the progress. */
import { basename, join } from 'node:path'
import { type Compilation, compileVariants } from '../../compiler/driver.ts'
import type { Experiment } from '../../compiler/experiment/experiment.ts'
import { isVariantName } from '../../compiler/names/variant-name.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { type Placement, place } from '../../runtime/backend/place.ts'
import { findCudaDriver } from '../../runtime/cuda/driver.ts'
import { type Collections, createCollections } from '../../runtime/data/formats/data-formats.ts'
import { threadPoolEnvironment } from '../../runtime/data/loader/thread-pool.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { restartWith } from '../../runtime/restart.ts'
import { hugePageEnvironment } from '../../runtime/xla/huge-pages.ts'
import { openEntry, overrideSources } from '../host/entry.ts'
import { fileHost } from '../host/host.ts'
import { interruptible } from '../host/interruptible.ts'
import { devicesOf, standInOf, startOf } from '../host/placed.ts'
import { makeRunFolder, removeIfEmpty } from '../host/run-folder.ts'
import { emulationText } from '../render/emulation.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { paragraph } from '../render/fit.ts'
import { processOutput } from '../render/output.ts'
import { resolvedLines } from '../render/resolved.ts'
import { renderVariant } from '../render/run.ts'
import { createRunOutput, type RunOutput, type RunOutputOptions } from '../render/run-output.ts'
import { scanLine } from '../render/scan-progress.ts'
import type { RunOptions } from './options.ts'

function modeOf(progress: RunOptions['progress']): RunOutputOptions['mode'] {
  if (progress !== 'auto') return progress
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb' ? 'panel' : 'plain'
}

/** The name of the folder of an experiment, without the brackets and spaces of variant names, which are special in shells. */
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
  readonly collections: Collections
}

/** Prints the diagnostics of a compilation, then runs it on its placement. */
async function runOne(
  { plan, experiment, diagnostics, variant }: Compilation,
  placement: Placement | undefined,
  context: RunContext,
): Promise<ExitCode> {
  const { options, entry, output, collections } = context
  output.diagnostics(diagnostics)
  const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  if (plan === undefined || placement === undefined || failed) return exitCode.user
  const texts = new Map([[basename(entry.path), entry.text]])
  const machine = startOf(plan, placement)
  if (experiment !== undefined) texts.set('resolved.txt', resolvedText(experiment, machine))
  const name = folderName(plan.name)
  const isVariant = isVariantName(plan.name)
  const wish = options.folder !== undefined && isVariant ? join(options.folder, name) : options.folder
  const folder = makeRunFolder(name, wish)
  const shown: RunOutput = createRunOutput({
    mode: modeOf(options.progress),
    stream: process.stdout,
    look: output.look,
    clock: () => performance.now() / 1000,
  })
  const interrupt = interruptible(() =>
    shown.note(paragraph('stopping after the steps in flight; press Ctrl-C again to stop immediately', output.look)),
  )
  const { engine } = options
  const onEvent = (event: RunEvent) => shown.onEvent(event)
  if (variant !== undefined) shown.note(renderVariant(variant, output.look))
  try {
    const { train } = await import('../../runtime/train/train.ts')
    const devices = devicesOf(plan, placement)
    await train(plan, { engine, devices, machine, folder, texts, collections, onEvent, signal: interrupt.signal })
  } finally {
    interrupt.release()
    shown.close()
    removeIfEmpty(folder)
  }
  return shown.state.end?.status === 'interrupted' ? exitCode.interrupted : exitCode.ok
}

/** `resolved.txt`: every field, and the machine used if it is not the declared one. */
function resolvedText(experiment: Experiment, { emulates, note }: ReturnType<typeof startOf>): string {
  const heads = [...(emulates === undefined ? [] : [`// ${emulationText(emulates)}`]), ...(note ? [`// ${note}`] : [])]
  return [...heads, ...resolvedLines(experiment), ''].join('\n')
}

/**
 * Returns exit code 130 if the run was interrupted. The variants of a `sweep` run in sequence, up to the first that fails. Throws
 * ARC6050 to ARC6055 if this computer is not the declared machine, before any data is read or any file is written.
 */
export async function run(options: RunOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const collections = createCollections(scanLine(output))
  const host = fileHost(undefined, undefined, collections)
  const entry = openEntry(host, options.file)
  const { experiment, set } = options
  let placement: Placement | undefined
  let isFirst = true
  const request = {
    entry,
    experiment,
    overrides: overrideSources(set),
    place(declared: Experiment) {
      placement = place(declared.machine, options, findCudaDriver)
      // The process may restart here because nothing has been done yet; in the restarted process this call does nothing.
      const allocates = placement.on === 'cpu' && options.engine === 'xla'
      if (isFirst) restartWith(threadPoolEnvironment, ...(allocates ? [hugePageEnvironment] : []))
      isFirst = false
      return standInOf(declared.machine, placement, host)
    },
  }
  for (const compilation of compileVariants(request, host)) {
    const code = await runOne(compilation, placement, { options, entry, output, collections })
    if (code !== exitCode.ok) return code
  }
  return exitCode.ok
}
