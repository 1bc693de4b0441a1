/** What `arcc run` starts: a new run or one that goes on, and the folder of either. */
import { join } from 'node:path'
import { isVariantName } from '../../compiler/names/variant-name.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { EngineName } from '../../runtime/engine-name.ts'
import type { Peers } from '../../runtime/peers/peers.ts'
import { sharedFolder } from '../host/meet.ts'
import { makeRunFolder } from '../host/run-folder.ts'
import { joinedSettings, type RunRecord, readRunRecord, shownFile } from '../host/run-record.ts'
import type { ExperimentOptions, RunOptions } from './options.ts'
import { begunRun } from './resume.ts'

/** What a command starts: a new run, or one that goes on. */
export interface RunStart extends ExperimentOptions {
  readonly engine: EngineName
  readonly emulate: boolean
  readonly folder: string | undefined
  readonly progress: RunOptions['progress']
  /** Computers that train together. */
  readonly nodes: number
  /** Of the run that goes on. */
  readonly earlier: RunRecord | undefined
  /** Whether a run that has begun in `folder` goes on. */
  readonly continues: boolean
}

/** Completes the options of a resumed run by those that it had. Throws ARC6706. */
export function startOf(options: RunOptions, nodes: number): RunStart {
  const { file, engine = 'xla', resume } = options
  if (resume === undefined) return { ...options, file: need(file, 'a file'), engine, nodes, earlier: undefined }
  const earlier = readRunRecord(resume)
  return {
    ...options,
    file: file ?? shownFile(earlier.file),
    experiment: options.experiment ?? earlier.experiment,
    set: joinedSettings(earlier.set, options.set),
    engine: options.engine ?? earlier.engine,
    emulate: options.emulate || earlier.emulate,
    folder: resume,
    nodes,
    earlier,
  }
}

/** The name of the folder of an experiment, without the brackets and spaces of variant names, which are special in shells. */
function folderName(experiment: string): string {
  return experiment
    .replace(/\[/g, '-')
    .replace(/[^\w.=%-]+/g, '_')
    .replace(/_$/, '')
}

/** Creates the folder of a new run at rank 0; a node whose command names one uses its own path to it. Throws ARC6602. */
export function newFolder(plan: Pick<Plan, 'name'>, start: Pick<RunStart, 'folder'>, peers: Peers): Promise<string> {
  const wish = wishedFolder(plan, start)
  return sharedFolder(peers, wish, () => makeRunFolder(folderName(plan.name), wish))
}

/** The folder that a new run shall have, if the command names one: a variant's is below it. */
function wishedFolder({ name }: Pick<Plan, 'name'>, { folder }: Pick<RunStart, 'folder'>): string | undefined {
  return folder !== undefined && isVariantName(name) ? join(folder, folderName(name)) : folder
}

/** The run that goes on, and its folder; `undefined` if a new one starts. */
export async function earlierRun(
  plan: Plan,
  start: RunStart,
  peers: Peers,
): Promise<{ readonly folder: string; readonly record: RunRecord } | undefined> {
  if (start.earlier !== undefined) return { folder: need(start.folder, 'a folder'), record: start.earlier }
  if (!start.continues) return undefined
  const folder = need(wishedFolder(plan, start), 'a folder')
  const record = await begunRun(folder, plan.name, peers)
  return record && { folder, record }
}
