/** `arcc run --resume`: where a run goes on, and whether there is anything left to do. */
import type { Plan } from '../../compiler/plan/plan.ts'
import { newestIntactOfAll } from '../../runtime/checkpoint/newest-intact.ts'
import { createJoint } from '../../runtime/peers/joint.ts'
import type { Peers } from '../../runtime/peers/peers.ts'
import type { ResumeFrom } from '../../runtime/train/resume-from.ts'
import { weightsStep } from '../../runtime/train/weights-file.ts'
import { changedFields, type RunRecord } from '../host/run-record.ts'
import { paragraph } from '../render/fit.ts'
import { formatCount } from '../render/format.ts'
import type { Look } from '../render/look.ts'
import { resumeCommand } from '../render/resume-command.ts'

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
