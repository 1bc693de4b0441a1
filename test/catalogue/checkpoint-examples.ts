/** Example parameters of ARC670x and ARC671x: errors of checkpoints. */
import type { checkpointErrors } from '../../runtime/checkpoint/messages.ts'
import type { Examples } from './render.ts'

const folder = 'runs/quickstart-001/checkpoints/step-000100'

export const checkpointExamples: Examples<typeof checkpointErrors.catalogue> = {
  ARC6700: [{ folder: 'runs/quickstart-001', free: 12e6, needed: 4 * 8.4e6, copies: 4, each: 8.4e6 }],
  ARC6701: [{ folder: 'faces', reason: 'manifest.json: no such file or folder' }],
  ARC6702: [{ folder, reason: 'backbone.safetensors: its contents differ from what was written (SHA-256)' }],
  ARC6703: [
    { folder: 'runs/quickstart-001', damaged: [`${folder}: backbone.safetensors: it has 10 bytes, not 4188312`] },
  ],
  ARC6704: [
    {
      folder,
      differences: ['its centers is f32[200,128], not bf16[200,128]'],
      more: 1,
      changes: ['centers.weights = bf16, was f32'],
    },
  ],
  ARC6705: [{ folder, version: '2', known: 1 }],
  ARC6706: [{ folder: 'runs/quickstart-001', reason: 'run.json: no such file or folder' }],
  ARC6707: [{ folder, action: 'written', reason: 'the disk is full' }],
  ARC6708: [
    { best: 'lfw', sets: ['holdout'] },
    { best: 'lfw', sets: [] },
  ],
  ARC6709: [{ path: 'merged' }],
}
