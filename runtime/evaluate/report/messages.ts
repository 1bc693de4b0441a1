/** Errors of evaluations that were written, ARC6320 and following. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

export const reportErrors = errorsOf({
  ARC6320: {
    text: (p) => `${p.path} is no evaluation that can be read: ${p.reason}`,
    hint: () => '`arcc eval` writes it',
  } satisfies ErrorMessage<{ path: string; reason: string }>,
})
