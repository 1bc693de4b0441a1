/** One event of each type, as a run emits them. */
import type { RunEvent } from '../../runtime/events.ts'

export const progressEvent = (step: number, more: object = {}) =>
  ({
    type: 'progress',
    step,
    steps: 100,
    epoch: step / 50,
    epochs: 2,
    loss: 10 / step,
    smoothedLoss: 11 / step,
    rate: 0.1,
    gradientNorm: 2.5,
    imagesPerSecond: 640,
    secondsPerStep: 0.1,
    dataSeconds: 0.025,
    elapsedSeconds: step * 0.1,
    etaSeconds: 9,
    ...more,
  }) as const satisfies RunEvent

export const evaluationEvent = (step: number, set = 'lfw') =>
  ({
    type: 'evaluation',
    step,
    set,
    pairs: 6000,
    accuracy: 0.995,
    deviation: 0.003,
    xnorm: 21.5,
    auc: 0.999,
    tarAtFar: [
      { far: 1e-4, tar: 0.91 },
      { far: 1e-3, tar: 0.95 },
    ],
    seconds: 3,
  }) as const satisfies RunEvent

export const gpuEvent = {
  type: 'telemetry',
  step: 10,
  flopUtilization: 0.41,
  hostBytes: 2e9,
  hostPeakBytes: 3e9,
  deviceBytes: 6e10,
  gpus: [
    {
      name: 'NVIDIA H100',
      busId: '00000000:17:00.0',
      utilization: 0.97,
      usedBytes: 7e10,
      temperature: 61,
      watts: 642.5,
      clock: 1.98e9,
    },
    { name: 'NVIDIA H100', busId: '00000000:2A:00.0' },
  ],
} as const satisfies RunEvent

export const eventsOfAllTypes: { readonly [T in RunEvent['type']]: Extract<RunEvent, { type: T }> } = {
  start: {
    type: 'start',
    experiment: 'small',
    folder: 'runs/small-001',
    engine: 'XLA CPU (PJRT 0.115), 2 devices',
    devices: 2,
    classes: 10,
    images: 80,
    batch: 64,
    steps: 100,
    stepsPerEpoch: 50,
  },
  resumed: { type: 'resumed', step: 20, changes: [{ path: 'train.clip', before: '5', now: '1' }] },
  phase: { type: 'phase', name: 'compile', seconds: 2 },
  fetch: { type: 'fetch', what: 'the XLA plugin', phase: 'download', bytes: 1, total: 2 },
  progress: progressEvent(10, { lossScale: { factor: 65536, skipped: 3 } }),
  telemetry: gpuEvent,
  evaluation: evaluationEvent(10),
  loaded: {
    type: 'loaded',
    path: 'backbone.pt',
    files: [{ path: 'backbone.pt', sha256: '7b01' }],
    tensors: 120,
    ignored: 4,
    leftOut: 0,
    classes: { kept: 8, new: 2, dropped: 1 },
    pictures: 16,
    random: 0,
    optimizer: false,
  },
  warning: { type: 'warning', message: 'careful' },
  skipped: { type: 'skipped', file: 'a.jpg', reason: 'it is cut short', count: 2 },
  saved: { type: 'saved', what: 'checkpoint', path: 'runs/small-001/checkpoints/step-000020', bytes: 100, step: 20 },
  'left-out': { type: 'left-out', step: 21, reason: 'the loss is NaN', back: 20, count: 1, most: 3 },
  dumped: { type: 'dumped', step: 21, path: 'runs/small-001/failures/step-000021' },
  failed: { type: 'failed', code: 'ENOSPC', reason: 'the disk is full', step: 21, seconds: 4 },
  end: {
    type: 'end',
    status: 'done',
    steps: 100,
    seconds: 12,
    imagesPerSecond: 600,
    planned: { secondsPerStep: 0.1, memoryBytes: 1000 },
    measured: { secondsPerStep: 0.11, memoryBytes: 1100, processBytes: 5000 },
  },
}
