/** Errors of processes that train together, ARC685x to ARC687x. */
import { type ErrorMessage, errorsOf } from '../errors.ts'

export const peerErrors = errorsOf({
  ARC6850: {
    text: (p) => `no node has set ${p.key} in the store of the run within ${p.seconds} seconds`,
    hint: () => 'look at the last lines of the other nodes: one of them waits for something else, or is much slower',
  } satisfies ErrorMessage<{ key: string; seconds: number }>,
})
