/** The figures of events as named scalars, for logs that draw curves: `train/loss`, `verification/lfw/accuracy`. */
import type { EvaluationEvent, ProgressEvent, RunEvent, TelemetryEvent } from '../events.ts'

export interface Scalar {
  /** From letters, digits and `/ . _ -`. */
  readonly name: string
  /** Finite. */
  readonly value: number
}

type Named = readonly (readonly [name: string, value: number | undefined])[]

function ofProgress(event: ProgressEvent): Named {
  return [
    ['train/loss', event.loss],
    ['train/loss_smoothed', event.smoothedLoss],
    ['train/learning_rate', event.rate],
    ['train/gradient_norm', event.gradientNorm],
    ['train/loss_scale', event.lossScale?.factor],
    ['train/skipped_steps', event.lossScale?.skipped],
    ['train/epoch', event.epoch],
    ['speed/images_per_second', event.imagesPerSecond],
    ['speed/seconds_per_step', event.secondsPerStep],
    ['speed/data_share', event.dataSeconds / event.secondsPerStep],
  ]
}

function ofEvaluation(event: EvaluationEvent): Named {
  const at = `verification/${safeName(event.set)}`
  return [
    [`${at}/accuracy`, event.accuracy],
    [`${at}/auc`, event.auc],
    [`${at}/xnorm`, event.xnorm],
    ...event.tarAtFar.map(({ far, tar }) => [`${at}/tar_at_far_${farName(far)}`, tar] as const),
  ]
}

function ofTelemetry(event: TelemetryEvent): Named {
  const gpus = (event.gpus ?? []).flatMap(
    (gpu, i): Named => [
      [`gpu/${i}/utilization`, gpu.utilization],
      [`gpu/${i}/used_bytes`, gpu.usedBytes],
      [`gpu/${i}/temperature`, gpu.temperature],
      [`gpu/${i}/watts`, gpu.watts],
      [`gpu/${i}/clock`, gpu.clock],
    ],
  )
  return [
    ['speed/flop_utilization', event.flopUtilization],
    ['memory/host_bytes', event.hostBytes],
    ['memory/host_peak_bytes', event.hostPeakBytes],
    ['memory/step_bytes', event.stepBytes],
    ['memory/device_bytes', event.deviceBytes],
    ...gpus,
  ]
}

/** `1e-4` */
export function farName(far: number): string {
  return far.toExponential()
}

/** A name of a set, which may be a path. */
function safeName(set: string): string {
  return set.replace(/[^\w.-]+/g, '_')
}

/** The scalars of an event with the number of completed steps; `undefined` if it has none. */
export function scalarsOf(event: RunEvent): { readonly step: number; readonly scalars: readonly Scalar[] } | undefined {
  const named =
    event.type === 'progress'
      ? ofProgress(event)
      : event.type === 'evaluation'
        ? ofEvaluation(event)
        : event.type === 'telemetry'
          ? ofTelemetry(event)
          : undefined
  if (named === undefined || !('step' in event)) return undefined
  const scalars = named.flatMap(([name, value]) => (Number.isFinite(value) ? [{ name, value: Number(value) }] : []))
  return { step: event.step, scalars }
}

/** Progress events per elapsed time: points of a curve stay this much closer together than its length. */
const resolution = 2000

/**
 * Whether to keep a progress event: all of them in the first minutes, then so many that a curve of any length has a few thousand points
 * per power of ten. Progress comes every half second, for days.
 */
export function thinning(): (event: RunEvent) => boolean {
  let last = Number.NEGATIVE_INFINITY
  return (event) => {
    if (event.type !== 'progress') return true
    const isKept = event.elapsedSeconds - last >= event.elapsedSeconds / resolution || event.step === event.steps
    if (isKept) last = event.elapsedSeconds
    return isKept
  }
}
