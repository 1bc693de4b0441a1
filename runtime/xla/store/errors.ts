/** Errors of what the XLA plugins of several processes exchange over the run's store, ARC688x. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

export const storeErrors = errorsOf({
  ARC6880: {
    text: (p) => `a run of several processes on GPUs needs a C compiler, and ${p.reason}`,
    hint: () =>
      'install one on every computer (Debian and Ubuntu: apt install gcc libc6-dev), or name it in the variable CC',
  } satisfies ErrorMessage<{ reason: string }>,
  ARC6881: {
    text: (p) => `XLA cannot reach the store of the run at ${p.address}: ${p.reason}`,
    hint: (p) => `let connections from this computer to ${p.address} pass; rank 0 must still be running`,
  } satisfies ErrorMessage<{ address: string; reason: string }>,
  ARC6882: {
    text: (p) => `XLA could not exchange what the processes' devices need: ${p.what}${p.reason}`,
    hint: () => 'read the messages of the other ranks: the one that ended first shows the cause',
  } satisfies ErrorMessage<{ what: string; reason: string }>,
  ARC6883: {
    text: (p) => `the processes have different numbers of devices: ${p.found}, where each needs ${p.wanted}`,
    hint: () => 'give every process the same number of GPUs ("arcc doctor", CUDA_VISIBLE_DEVICES)',
  } satisfies ErrorMessage<{ found: string; wanted: number }>,
})
