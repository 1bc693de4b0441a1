/** Example parameters of ARC685x to ARC687x: errors of processes that train together. */
import type { peerErrors } from '../../runtime/peers/messages.ts'
import type { Examples } from './render.ts'

export const peerExamples: Examples<typeof peerErrors.catalogue> = {
  ARC6850: [{ key: 'pjrt/nccl-id', seconds: 60 }],
}
