/** Errors of comparing all pictures with all, ARC6350. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

export const allToAllErrors = errorsOf({
  ARC6350: {
    text: (p) =>
      `comparing all pictures needs pairs of one person and of two: there are ${p.genuine} of one person and ${p.impostors} of two`,
    hint: () => 'pictures of at least two people are needed, and two pictures of one of them',
  } satisfies ErrorMessage<{ genuine: number; impostors: number }>,
})
