/** What can go wrong between a good plan and its run: ARC65xx. */
import { type ErrorMessage, errorsOf } from '../errors.ts'

export const trainErrors = errorsOf({
  ARC6501: {
    text: (p) => `the plan has ${p.planned} identities, but the data set has ${p.found}`,
    hint: () =>
      'the data changed since it was counted, or `identities` is declared wrongly; leave it out to have it counted',
  } satisfies ErrorMessage<{ planned: number; found: number }>,
  ARC6502: {
    text: (p) => `where \`${p.dataset}\` lies is not known: ${p.pending} is not set`,
    hint: () => 'set it, or give the folder: --set dataset.root=\'"…"\'',
  } satisfies ErrorMessage<{ dataset: string; pending: string }>,
  ARC6503: {
    text: (p) => `\`${p.dataset}\` holds no identities out, so there is no \`holdout\` set to verify on`,
    hint: () => 'give the data set `holdout: N`, or name another set in `evaluate.sets`',
  } satisfies ErrorMessage<{ dataset: string }>,
  ARC6504: {
    text: (p) => `the loss is ${p.loss} at step ${p.step}: training diverged`,
    hint: () => 'lower the learning rate, set `train.clip`, or warm up longer',
  } satisfies ErrorMessage<{ loss: number; step: number }>,
  ARC6506: {
    text: (p) => `the run folder ${p.folder} already holds a run`,
    hint: () => 'name another one with --folder, or remove it',
  } satisfies ErrorMessage<{ folder: string }>,
})
