/** Errors while a valid plan runs, ARC65xx. */
import { type ErrorMessage, errorsOf } from '../errors.ts'

export const trainErrors = errorsOf({
  ARC6501: {
    text: (p) => `the plan has ${p.planned} identities, but the data set has ${p.found}`,
    hint: () =>
      'the data changed after it was counted, or `identities` is declared incorrectly; omit it to have arcc count',
  } satisfies ErrorMessage<{ planned: number; found: number }>,
  ARC6502: {
    text: (p) => `the location of \`${p.dataset}\` is unknown: ${p.pending} is not set`,
    hint: () => 'set it; the folder of the data set can also be passed: --set dataset.root=\'"…"\'',
  } satisfies ErrorMessage<{ dataset: string; pending: string }>,
  ARC6503: {
    text: (p) => `\`${p.dataset}\` holds out no identities, so there is no \`holdout\` set for verification`,
    hint: () => 'set `holdout: N` in the data set, or name another set in `evaluate.sets`',
  } satisfies ErrorMessage<{ dataset: string }>,
  ARC6504: {
    text: (p) => `the loss is ${p.loss} at step ${p.step}: training diverged`,
    hint: () => 'reduce the learning rate, set `train.clip`, or use a longer warmup',
  } satisfies ErrorMessage<{ loss: number; step: number }>,
  ARC6506: {
    text: (p) => `the run folder ${p.folder} already contains a run`,
    hint: () => 'choose another one with --folder, or remove it',
  } satisfies ErrorMessage<{ folder: string }>,
  ARC6575: {
    text: (p) =>
      `the run does not meet ${p.missed.length === 1 ? 'what' : 'all that'} it requires: ${p.missed.join('; ')}`,
    hint: () => 'its weights and checkpoints are kept in the run folder',
  } satisfies ErrorMessage<{ missed: readonly string[] }>,
  ARC6720: {
    text: (p) => `the run folder ${p.folder} is in use by process ${p.pid} on ${p.host}`,
    hint: () => 'wait for that run or stop it, or choose another folder with --folder',
  } satisfies ErrorMessage<{ folder: string; pid: number; host: string }>,
  ARC6721: {
    text: (p) => `the run folder ${p.folder} cannot be locked: other processes take and release its lock all the time`,
    hint: () => 'check which processes use this folder, or choose another one with --folder',
  } satisfies ErrorMessage<{ folder: string }>,
  ARC6723: {
    text: (p) => `the gradient is not a number at step ${p.step}: training diverged`,
    hint: () => 'reduce the learning rate, set `train.clip`, or use a longer warmup',
  } satisfies ErrorMessage<{ step: number }>,
  ARC6724: {
    text: (p) => `${p.reason}; ${p.count} steps were not finite, and \`train.on_non_finite\` allows ${p.most}`,
    hint: () => 'look for the cause in the folder `failures` of the run, or raise `at_most`',
  } satisfies ErrorMessage<{ reason: string; count: number; most: number }>,
  ARC6726: {
    text: (p) => `${p.folder} has no step that can be replayed: ${p.reason}`,
    hint: () => 'name a folder below `failures` in the folder of a run, such as runs/small-001/failures/step-000012',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
  ARC6727: {
    text: (p) => `the step in ${p.folder} is not one of this experiment: ${p.reason}`,
    hint: () => 'the experiment has changed since; restore the file that is in the folder of the run',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
  ARC6728: {
    text: (p) => `the state is not finite after step ${p.step}, whose loss was: training diverged`,
    hint: () => 'reduce the learning rate, set `train.clip`, or use a longer warmup',
  } satisfies ErrorMessage<{ step: number }>,
  ARC6900: {
    text: (p) => `the run folder ${p.folder} is not that of rank 0: this node does not see what rank 0 writes there`,
    hint: () =>
      'the nodes of a run write its checkpoints together: put the folder on storage that all of them share, such as NFS or Lustre, with --folder',
  } satisfies ErrorMessage<{ folder: string }>,
  ARC6722: {
    text: (p) => `the run folder ${p.folder} cannot be written: ${p.reason}`,
    hint: () => 'choose another one with --folder',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
})
