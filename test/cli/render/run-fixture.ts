/** The events of a short run, in the order of the training loop. */
import type { EvaluationEvent, ProgressEvent, RunEvent } from '../../../runtime/events.ts'

export const steps = 40

export function progress(step: number): ProgressEvent {
  return {
    type: 'progress',
    step,
    steps,
    epoch: step / 20,
    epochs: 2,
    loss: 12 - step / 10,
    smoothedLoss: 12.1 - step / 10,
    rate: 0.1 * (1 - step / steps),
    gradientNorm: 1.9,
    imagesPerSecond: 331.2,
    secondsPerStep: 0.193,
    dataSeconds: 0.004,
    elapsedSeconds: step * 0.193,
    etaSeconds: (steps - step) * 0.193,
  }
}

export function evaluation(step: number, accuracy: number): EvaluationEvent {
  return {
    type: 'evaluation',
    step,
    set: 'holdout',
    pairs: 600,
    accuracy,
    deviation: 0.021,
    xnorm: 12.4,
    auc: accuracy + 0.02,
    tarAtFar: [{ far: 0.01, tar: accuracy - 0.2 }],
    seconds: 1.84,
  }
}

export const runEvents: readonly RunEvent[] = [
  { type: 'fetch', what: 'XLA CPU plugin 0.11.2', phase: 'download', bytes: 31_000_000, total: 62_711_338 },
  { type: 'fetch', what: 'XLA CPU plugin 0.11.2', phase: 'ready' },
  {
    type: 'start',
    experiment: 'quickstart',
    folder: 'runs/quickstart-001',
    engine: 'XLA CPU (PJRT 0.115), 2 devices',
    devices: 2,
    classes: 64,
    images: 1280,
    batch: 64,
    steps,
    stepsPerEpoch: 20,
    plannedBytes: 812_000_000,
  },
  { type: 'phase', name: 'compile' },
  { type: 'phase', name: 'compile', seconds: 4.21 },
  evaluation(0, 0.661),
  ...Array.from({ length: 20 }, (_, i) => progress(i + 1)),
  { type: 'telemetry', step: 20, hostBytes: 1_210_000_000, hostPeakBytes: 1_830_000_000, stepBytes: 790_000_000 },
  { type: 'warning', message: 'the loss was not finite in step 21; the step was left out' },
  ...Array.from({ length: 20 }, (_, i) => progress(i + 21)),
  { type: 'phase', name: 'evaluate' },
  evaluation(steps, 0.935),
  { type: 'saved', what: 'weights', path: 'runs/quickstart-001/weights.safetensors', bytes: 4_718_592, step: 40 },
  {
    type: 'end',
    status: 'done',
    steps,
    seconds: 21.4,
    imagesPerSecond: 331.2,
    planned: { secondsPerStep: 0.21, memoryBytes: 812_000_000 },
    measured: { secondsPerStep: 0.193, memoryBytes: 790_000_000, processBytes: 1_830_000_000 },
  },
]
