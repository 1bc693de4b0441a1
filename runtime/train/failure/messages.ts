/** Errors of what does not end. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

export const hangErrors = errorsOf({
  ARC6725: {
    text: (p) => `${p.what} did not end within ${p.minutes} minutes`,
    hint: () =>
      'a device, a network or a disk may hang: run "arcc doctor"; if this is only slow, raise `train.watchdog`, as in "60 min", or set it to `never`',
  } satisfies ErrorMessage<{ what: string; minutes: number }>,
})
