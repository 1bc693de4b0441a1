/** `arcc run --resume` and `--continue`: where a run goes on, and whether there is anything left to do. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../../compiler/plan/plan.ts'
import { checkpointErrors } from '../../runtime/checkpoint/messages.ts'
import { newestIntactOfAll } from '../../runtime/checkpoint/newest-intact.ts'
import { createJoint } from '../../runtime/peers/joint.ts'
import type { Peers } from '../../runtime/peers/peers.ts'
import type { ResumeFrom } from '../../runtime/train/resume-from.ts'
import { weightsStep } from '../../runtime/train/weights-file.ts'
import { changedFields, type RunRecord, readRunRecord, runRecordName } from '../host/run-record.ts'
import { paragraph } from '../render/fit.ts'
import { formatCount } from '../render/format.ts'
import type { Look } from '../render/look.ts'
import { resumeCommand } from '../render/resume-command.ts'

/**
 * The record of the run that has begun in a folder, if one has: rank 0 looks, since another node may come when rank 0 has created it.
 * `name` is the experiment's. Throws ARC6706, also if the run is one of another experiment.
 */
export async function begunRun(folder: string, name: string, peers: Peers): Promise<RunRecord | undefined> {
  const look = async () => existsSync(join(folder, runRecordName))
  if (!(await createJoint(peers, 'begun').first('looking for the run', look))) return undefined
  const record = readRunRecord(folder)
  if (record.experiment === name) return record
  const reason = `it is one of the experiment ${record.experiment}, not of ${name}`
  throw checkpointErrors('ARC6706', { folder, reason })
}

/** The newest intact checkpoint of a run, which the caller closes, and what has changed since. Throws ARC6703 and ARC6705. */
export async function resumeFrom(folder: string, before: RunRecord, now: RunRecord, peers: Peers): Promise<ResumeFrom> {
  const found = await newestIntactOfAll(createJoint(peers, 'resume'), folder)
  return { ...found, changes: changedFields(before.fields, now.fields) }
}

/** Whether a run has done all of its steps, and written its weights after them. */
export async function isFinished({ run }: Plan, { checkpoint }: ResumeFrom, folder: string): Promise<boolean> {
  const step = checkpoint?.manifest.step ?? 0
  return step > 0 && step >= run.steps && (await weightsStep(folder)) === step
}

/** That a run is finished, and how to train longer. */
export function finishedLines(
  { run, document }: Plan,
  { checkpoint }: ResumeFrom,
  folder: string,
  look: Look,
): string[] {
  const step = checkpoint?.manifest.step ?? 0
  const due =
    step === run.steps ? `all ${formatCount(step)} steps` : `${formatCount(step)} steps, of ${formatCount(run.steps)}`
  const isByEpochs = document.experiment.fields.some(({ path }) => path === 'train.epochs')
  const longer = isByEpochs ? `train.epochs=${2 * Math.ceil(step / run.stepsPerEpoch)}` : `train.steps=${2 * step}`
  return [
    ...paragraph(`The run in ${folder} is finished: it has done ${due}.`, look),
    ...paragraph(`To train longer: ${resumeCommand(folder)} --set ${longer}`, look),
  ]
}
