/** Errors of `arcc report` and `arcc runs`, ARC684x. */
import { type ErrorMessage, errorsOf } from '../../runtime/errors.ts'

export const runsErrors = errorsOf({
  ARC6840: {
    text: (p) => `${p.folder} is not the folder of a run: ${p.reason}`,
    hint: (p) =>
      p.others.length > 0
        ? `runs are ${p.others.join(', ')}`
        : 'name a folder that `arcc run` has written, such as runs/quickstart-001',
  } satisfies ErrorMessage<{ folder: string; reason: string; others: readonly string[] }>,
  ARC6841: {
    text: (p) => `no run in ${p.folder} has a score on ${p.set}`,
    hint: (p) =>
      p.sets.length === 0 ? 'none of them has been verified' : `there are scores on ${p.sets.join(', ')}`,
  } satisfies ErrorMessage<{ folder: string; set: string; sets: readonly string[] }>,
  ARC6842: {
    text: (p) => `${p.folder} cannot be listed: ${p.reason}`,
    hint: () => 'name a folder with runs: arcc runs FOLDER',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
})
