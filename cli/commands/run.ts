/** `arcc run`: compiles, then trains and verifies while the terminal shows the progress. */
import { basename } from 'node:path'
import { type Compilation, compileVariants } from '../../compiler/driver.ts'
import type { Experiment } from '../../compiler/experiment/experiment.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { type Placement, place } from '../../runtime/backend/place.ts'
import { findCudaDriver } from '../../runtime/cuda/driver.ts'
import { type Collections, createCollections } from '../../runtime/data/formats/data-formats.ts'
import { threadPoolEnvironment } from '../../runtime/data/loader/thread-pool.ts'
import { endProcess } from '../../runtime/end-process.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { agree } from '../../runtime/peers/agree.ts'
import { meetingOf } from '../../runtime/peers/meeting.ts'
import type { Peers } from '../../runtime/peers/peers.ts'
import { peerErrors } from '../../runtime/peers/store/messages.ts'
import { restartWith } from '../../runtime/restart.ts'
import type { StopSignal } from '../../runtime/train/failure/interruption.ts'
import { trainErrors } from '../../runtime/train/messages.ts'
import { hugePageEnvironment } from '../../runtime/xla/huge-pages.ts'
import { openEntry, overrideSources } from '../host/entry.ts'
import { isMeasuringOff, plannedCpu } from '../host/first-rates.ts'
import { fileHost } from '../host/host.ts'
import { type Interruptible, interruptible, stopCodes } from '../host/interruptible.ts'
import { agreeOnCommand, meetOthers, planFacts, withPeers } from '../host/meet.ts'
import { packageVersion } from '../host/package-folder.ts'
import { devicesOf, startOf as machineStart, standInOf } from '../host/placed.ts'
import { removeIfEmpty } from '../host/run-folder.ts'
import { encodeRunRecord, runRecord, runRecordName } from '../host/run-record.ts'
import { outlastOutput } from '../host/standard-streams.ts'
import { takeUncaught } from '../host/uncaught.ts'
import { emulationText } from '../render/emulation.ts'
import { type ExitCode, exitCode } from '../render/exit.ts'
import { renderFailedRun } from '../render/failed-run.ts'
import { describeFailure } from '../render/failure.ts'
import { paragraph } from '../render/fit.ts'
import { formatNumber } from '../render/format.ts'
import { type Output, processOutput } from '../render/output.ts'
import { resolvedLines } from '../render/resolved.ts'
import { renderVariant } from '../render/run.ts'
import { createRunOutput, type RunOutput, type RunOutputOptions } from '../render/run-output.ts'
import { type RunReports, runReports } from '../render/run-reports.ts'
import { scanLine } from '../render/scan-progress.ts'
import type { RunOptions } from './options.ts'
import { fetchPluginFirst } from './plugin-first.ts'
import { finishedLines, isFinished, resumeFrom } from './resume.ts'
import { earlierRun, newFolder, type RunStart, startOf } from './run-start.ts'

const stopping = 'stopping after the steps in flight; a second signal (Ctrl-C) ends the run immediately'

function modeOf(progress: RunOptions['progress']): RunOutputOptions['mode'] {
  if (progress !== 'auto') return progress
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb' ? 'panel' : 'plain'
}

interface RunContext {
  readonly start: RunStart
  readonly entry: SourceFile
  readonly output: Output
  readonly reports: RunReports
  readonly collections: Collections
  readonly interrupt: Interruptible
  readonly peers: Peers
  /** Receives lines while a run is shown. */
  readonly notes: Notes
}

/** Where lines go that come from outside of a run. */
interface Notes {
  write: (lines: readonly string[]) => void
}

/** Prints the diagnostics of a compilation, then runs it on its placement. */
async function runOne(
  { plan, experiment, diagnostics, variant }: Compilation,
  placement: Placement | undefined,
  context: RunContext,
): Promise<ExitCode> {
  const { start, entry, output, collections, interrupt, peers, notes } = context
  context.reports.report(diagnostics)
  const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  if (plan === undefined || placement === undefined || failed) return exitCode.user
  const { engine, emulate, set } = start
  const arcc = packageVersion()
  const record = runRecord(plan, { arcc, file: entry.path, set, engine, emulate })
  await agree(peers, 'plan', planFacts(record, plan), 'the plans')
  const goesOn = await earlierRun(plan, start, peers)
  const resume = goesOn === undefined ? undefined : await resumeFrom(goesOn.folder, goesOn.record, record, peers)
  try {
    if (goesOn !== undefined && resume !== undefined && (await isFinished(plan, resume, goesOn.folder))) {
      output.note(finishedLines(plan, resume, goesOn.folder, output.errorLook))
      return exitCode.ok
    }
    // The record first: with it, a run that is killed can be resumed.
    const texts = new Map([
      [runRecordName, encodeRunRecord(record)],
      [basename(entry.path), entry.text],
    ])
    const machine = machineStart(plan, placement)
    if (experiment !== undefined) texts.set('resolved.txt', resolvedText(experiment, machine))
    const folder = goesOn?.folder ?? (await newFolder(plan, start, peers))
    const shown: RunOutput = createRunOutput({
      mode: peers.rank === 0 ? modeOf(start.progress) : 'quiet',
      stream: process.stdout,
      look: output.look,
      clock: () => performance.now() / 1000,
    })
    notes.write = shown.note
    let stopped: StopSignal | undefined
    const onEvent = (event: RunEvent) => shown.onEvent(event)
    if (variant !== undefined) shown.note(renderVariant(variant, output.look))
    try {
      const { train } = await import('../../runtime/train/train.ts')
      const devices = devicesOf(plan, placement, peers.nodes)
      const common = { engine, devices, peers, machine, folder, texts, collections, version: arcc }
      const { signal } = interrupt
      const onStop = (of: StopSignal) => {
        stopped = of
      }
      await train(plan, { ...common, onEvent, onStop, signal, ...(resume === undefined ? {} : { resume }) })
    } catch (error) {
      shown.close()
      const { failed, dumped } = shown.state
      if (failed === undefined) throw error
      const { palette } = output.errorLook
      const code = reportFailure(error, renderFailedRun(failed, folder, palette, dumped), output)
      if (failed.code !== 'ARC6725' && peers.nodes === 1) return code
      await peers.close()
      // What hangs would keep the process alive: here, or in a collective with a node that has ended.
      return endProcess(code)
    } finally {
      notes.write = output.note
      shown.close()
      if (peers.rank === 0) removeIfEmpty(folder)
    }
    interrupt.throwCrash()
    const missed = missedRequirements(shown.state)
    if (missed.length > 0) return reportFailure(trainErrors('ARC6575', { missed }), [], output)
    if (shown.state.end?.status !== 'interrupted') return exitCode.ok
    return interrupt.code ?? (stopped === undefined ? exitCode.interrupted : stopCodes[stopped])
  } finally {
    await resume?.checkpoint?.close()
  }
}

/** The requirements that the run does not meet, with what was found. */
function missedRequirements({ end }: RunOutput['state']): readonly string[] {
  return (end?.requirements ?? [])
    .filter(({ met }) => !met)
    .map(
      ({ text, found }) =>
        `${text}, ${found === undefined ? 'which was not measured' : `and it is ${formatNumber(found, 4)}`}`,
    )
}

/** Prints the error that ended a run, what is kept of it, and the next command. */
function reportFailure(error: unknown, following: readonly string[], output: Output): ExitCode {
  const { palette } = output.errorLook
  const { lines, exitCode: code } = describeFailure(error, palette, process.env.ARCC_DEBUG === '1')
  output.note([...lines, ...following])
  return code
}

/** `resolved.txt`: every field, and the machine used if it is not the declared one. */
function resolvedText(experiment: Experiment, { emulates, note }: ReturnType<typeof machineStart>): string {
  const heads = [...(emulates === undefined ? [] : [`// ${emulationText(emulates)}`]), ...(note ? [`// ${note}`] : [])]
  return [...heads, ...resolvedLines(experiment), ''].join('\n')
}

/** Whether this computer may be measured for the plan: with another engine, its speed is another one. */
function measures({ measure }: RunOptions, { engine }: RunStart): boolean {
  return measure && engine === 'xla' && !isMeasuringOff(process.env)
}

/** The one experiment that several computers train; `undefined` after errors, which are shown. Throws ARC6869 for a sweep. */
function oneOf(variants: readonly Compilation[], reports: RunReports): Experiment | undefined {
  const [first] = variants
  const name = first?.variant === undefined ? undefined : first.experiment?.name
  if (name !== undefined && variants.length > 1)
    throw peerErrors('ARC6869', { name: name.replace(/\[.*$/, ''), count: variants.length, first: name })
  if (first?.experiment === undefined) reports.report(first?.diagnostics ?? [])
  return first?.experiment
}

/**
 * Runs the experiment of a file, or goes on with a run. With `--json`, what keeps a run from beginning is a line as well. Throws as
 * `runAll`.
 */
export async function run(options: RunOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const reports = runReports(output, options.progress === 'json')
  try {
    return await runAll(options, output, reports)
  } catch (error) {
    reports.failure(error, options.file ?? options.resume ?? '')
    throw error
  }
}

/**
 * Returns the exit code of the signal that interrupted the run. The variants of a `sweep` run in sequence, up to the first that
 * fails. Throws
 * ARC6050 to ARC6055 if this computer is not the declared machine, before any data is read or any file is written.
 */
async function runAll(options: RunOptions, output: Output, reports: RunReports): Promise<ExitCode> {
  outlastOutput()
  const meeting = meetingOf(options.meeting, process.env)
  const start = startOf(options, meeting?.nodes ?? 1)
  // Without a GPU, every run is on the CPU: the restart comes before anything is read twice. No process restarts after it has met others.
  const onCpu = start.engine === 'xla' && (start.emulate || !findCudaDriver().found)
  if (onCpu || meeting !== undefined) restartWith(threadPoolEnvironment, ...(onCpu ? [hugePageEnvironment] : []))
  const notes: Notes = { write: output.note }
  const interrupt = interruptible({
    grace: options.grace * 1000,
    outlastsTerminal: true,
    onFirst: () => notes.write(paragraph(stopping, output.look)),
  })
  takeUncaught(interrupt.crash)
  const collections = createCollections(scanLine(output))
  const measuring = measures(options, start)
  const host = fileHost(undefined, undefined, collections, plannedCpu(measuring ? 'always' : 'never', output))
  const entry = openEntry(host, start.file)
  const { experiment, set } = start
  let placement: Placement | undefined
  let isFirst = true
  let ended: ExitCode = exitCode.ok
  const request = {
    entry,
    experiment,
    overrides: overrideSources(set),
    place(declared: Experiment) {
      placement = place(declared.machine, start, findCudaDriver)
      // The process may restart here because nothing has been done yet; in the restarted process this call does nothing.
      const allocates = placement.on === 'cpu' && start.engine === 'xla'
      if (isFirst && meeting === undefined)
        restartWith(threadPoolEnvironment, ...(allocates ? [hugePageEnvironment] : []))
      isFirst = false
      return standInOf(declared.machine, placement, host, start.nodes)
    },
  }
  const compileAndRun = async (peers: Peers): Promise<ExitCode> => {
    if (measuring) await fetchPluginFirst(request, start.emulate, host, output)
    for (const compilation of compileVariants(request, host)) {
      if (interrupt.code !== undefined) return interrupt.code
      const context = { start, entry, output, collections, interrupt, peers, notes, reports }
      const code = await runOne(compilation, placement, context)
      // The other variants of a sweep may meet what this one does not.
      if (code === exitCode.unmet) ended = code
      else if (code !== exitCode.ok) return code
    }
    return ended
  }
  try {
    // What is wrong with the file or the machine is said before anybody waits for this node.
    if (meeting !== undefined) {
      const declared = oneOf([...compileVariants({ ...request, until: 'elaborate' }, host)], reports)
      if (declared === undefined) return exitCode.user
      request.place(declared)
    }
    const onNotice = (text: string) => notes.write([text])
    const how = { onNotice, signal: interrupt.signal, waitsForNext: start.continues }
    const peers = await meetOthers(meeting, options.meeting, how)
    return await withPeers(peers, async () => {
      await agreeOnCommand(peers, 'arcc run')
      return compileAndRun(peers)
    })
  } catch (error) {
    if (interrupt.code !== undefined && error === interrupt.signal.reason) return interrupt.code
    throw error
  } finally {
    takeUncaught(() => false)
    interrupt.release()
  }
}
