/** Example parameters of ARC682x and ARC683x: embeddings, comparisons and exports. */
import type { embedErrors } from '../../runtime/embed/messages.ts'
import type { exportErrors } from '../../runtime/export/messages.ts'
import type { Examples } from './render.ts'

const file = 'faces.npy'

export const embedExamples: Examples<typeof embedErrors.catalogue> = {
  ARC6820: [{ file }],
  ARC6821: [{ file, differences: ['the weights are others', '--flip: false then, true now'] }],
  ARC6822: [{ file, reason: 'its first line has another checksum' }],
  ARC6823: [{ file, pid: 4711, host: 'node-3' }],
  ARC6824: [
    { picture: 's1/3.jpg', value: Number.POSITIVE_INFINITY },
    { picture: 's1/3.jpg', value: 70_000 },
  ],
  ARC6825: [
    { set: 'faces', pictures: 0 },
    { set: 'faces', pictures: 12 },
  ],
  ARC6826: [{ file, reason: 'the disk is full' }],
  ARC6827: [{ file: 'r50.safetensors' }],
  ARC6828: [{ pictures: 1 }],
}

export const exportExamples: Examples<typeof exportErrors.catalogue> = {
  ARC6830: [{ path: 'r50.pt' }],
  ARC6831: [{ folder: 'faces' }],
  ARC6832: [{ path: 'hub/r50', reason: 'permission denied' }],
  ARC6833: [{ path: 'runs/a-001' }],
}
