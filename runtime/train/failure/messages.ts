/** Errors of what does not end. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

export const hangErrors = errorsOf({
  ARC6725: {
    text: (p) => `${p.what} did not end within ${lasting(p.seconds)}`,
    hint: () =>
      'a device, a network or a disk may hang: run "arcc doctor"; if this is only slow, raise `train.watchdog`, as in "60 min", or set it to `never`',
  } satisfies ErrorMessage<{ what: string; seconds: number }>,
})

function lasting(seconds: number): string {
  const [count, unit] = seconds < 60 ? [seconds, 'second'] : [seconds / 60, 'minute']
  const rounded = Math.round(count * 10) / 10
  return `${rounded} ${unit}${rounded === 1 ? '' : 's'}`
}
