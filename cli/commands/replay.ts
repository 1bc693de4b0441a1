/** `arcc replay`: computes a step of a run again that was not finite. */
import { readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { compileExperiment } from '../../compiler/driver.ts'
import type { Experiment } from '../../compiler/experiment/experiment.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { type Placement, place } from '../../runtime/backend/place.ts'
import { findCudaDriver } from '../../runtime/cuda/driver.ts'
import { trainErrors } from '../../runtime/train/messages.ts'
import { replayStep } from '../../runtime/train/replay.ts'
import { openEntry, overrideSources } from '../host/entry.ts'
import { fileHost } from '../host/host.ts'
import { devicesOf, standInOf } from '../host/placed.ts'
import { readRunRecord, shownFile } from '../host/run-record.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { processOutput } from '../render/output.ts'
import { renderReplay, replayDocument } from '../render/replay.ts'
import type { ReplayOptions } from './options.ts'

/** Throws ARC6706 if the folder is not in that of a run, ARC6726 and ARC6727. */
export async function replay({ folder, engine, format, color }: ReplayOptions): Promise<ExitCode> {
  const output = processOutput(color)
  const runFolder = dirname(dirname(resolve(folder)))
  const record = readRunRecord(runFolder)
  const host = fileHost()
  const entry = openEntry(host, shownFile(record.file))
  requireUnedited(folder, entry, join(runFolder, basename(record.file)))
  let placement: Placement | undefined
  const { plan, diagnostics } = compileExperiment(
    {
      entry,
      experiment: record.experiment,
      overrides: overrideSources(record.set),
      place(declared: Experiment) {
        placement = place(declared.machine, record, findCudaDriver)
        return standInOf(declared.machine, placement, host)
      },
    },
    host,
  )
  output.diagnostics(diagnostics)
  if (plan === undefined || placement === undefined) return exitCode.user
  const devices = devicesOf(plan, placement)
  const result = await replayStep(plan, folder, { engine: engine ?? record.engine, devices })
  output.result(
    format === 'json' ? [JSON.stringify(replayDocument(result), undefined, 2)] : renderReplay(result, output.look),
  )
  return exitCode.ok
}

/**
 * Throws ARC6727 if the experiment's file is not the one that the run has copied to its folder: an edited one may have another step with
 * the same state. Without a copy, nothing can be compared.
 */
function requireUnedited(folder: string, { path, text }: SourceFile, copy: string): void {
  let former: string
  try {
    former = readFileSync(copy, 'utf8')
  } catch {
    return
  }
  if (former !== text)
    throw trainErrors('ARC6727', { folder, reason: `${path} was edited after the run; ${copy} is its copy` })
}
