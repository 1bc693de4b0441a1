/** Errors of comparing all pictures with all, ARC6350 and ARC6351. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

export const allToAllErrors = errorsOf({
  ARC6350: {
    text: (p) =>
      `comparing all pictures needs pairs of one person and of two: there are ${p.genuine} of one person and ${p.impostors} of two`,
    hint: () => 'pictures of at least two people are needed, and two pictures of one of them',
  } satisfies ErrorMessage<{ genuine: number; impostors: number }>,
  ARC6351: {
    text: (p) => `comparing all pictures takes ${p.needed} of memory; this computer has ${p.memory}`,
    hint: () => 'compare fewer pictures, or fewer of each person: `--plan` shows what they take',
  } satisfies ErrorMessage<{ needed: string; memory: string }>,
})
