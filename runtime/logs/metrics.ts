/** The metrics of the Prometheus endpoint: names, meanings, and how events change them. */
import type { RunEvent } from '../events.ts'
import { farName } from './scalars.ts'

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

const gauge = (help: string) => ({ type: 'gauge', help }) as const
const counter = (help: string) => ({ type: 'counter', help }) as const

/** Names as Prometheus recommends: base units, ratios from 0 to 1, `_total` for counters. */
export const metricTable = {
  arcc_run_info: gauge('1; the labels describe the run'),
  arcc_step: gauge('Completed steps'),
  arcc_steps: gauge('Steps of the whole run'),
  arcc_epoch: gauge('Completed epochs, as a fraction'),
  arcc_loss: gauge('Loss of the last reported step'),
  arcc_loss_smoothed: gauge('Loss over about the last fifty steps'),
  arcc_learning_rate: gauge('Learning rate'),
  arcc_gradient_norm: gauge("Norm of the backbone's gradient before clipping"),
  arcc_loss_scale: gauge('Factor of the gradients, with f16'),
  arcc_skipped_steps_total: counter('Steps that left the weights unchanged because a gradient was not finite'),
  arcc_images_per_second: gauge('Training images per second since the last report'),
  arcc_step_seconds: gauge('Seconds per step since the last report'),
  arcc_data_share_ratio: gauge('Part of the step time in which no step ran because its data was not ready'),
  arcc_remaining_seconds: gauge('Estimated time to the end of training'),
  arcc_flop_utilization_ratio: gauge('Operations of the model per second as a fraction of the published peak'),
  arcc_host_memory_bytes: gauge('Memory of the process'),
  arcc_host_memory_peak_bytes: gauge('Maximum memory of the process so far'),
  arcc_step_memory_bytes: gauge('Memory of the compiled step on one device'),
  arcc_device_memory_peak_bytes: gauge('Maximum memory in use so far on the device with most'),
  arcc_gpu_utilization_ratio: gauge('Fraction of the last second in which a kernel ran'),
  arcc_gpu_memory_used_bytes: gauge('Used memory of the card, by all processes'),
  arcc_gpu_temperature_celsius: gauge('Temperature of the card'),
  arcc_gpu_power_watts: gauge('Power of the card'),
  arcc_gpu_clock_hertz: gauge('Clock of the multiprocessors'),
  arcc_verification_step: gauge('Completed steps at the last verification'),
  arcc_verification_accuracy_ratio: gauge('Accuracy of the last verification'),
  arcc_verification_auc: gauge('Area under the curve of the last verification'),
  arcc_verification_tar_ratio: gauge('True accept rate of the last verification at the false accept rate `far`'),
  arcc_saved_step: gauge('Completed steps in the last saved checkpoint'),
  arcc_left_out_steps_total: counter('Steps that were left out because they were not finite'),
  arcc_damaged_pictures_total: counter('Damaged training pictures that were replaced'),
  arcc_warnings_total: counter('Warnings of the run'),
  arcc_ended: gauge('1 once the run has ended; `status` is done, interrupted or failed'),
} as const

export type MetricName = keyof typeof metricTable

/** The newest samples of each metric. */
export interface Metrics {
  update(event: RunEvent): void
  /** In the order of the table; metrics without samples are left out. */
  all(): readonly (readonly [MetricName, readonly Sample[]])[]
}

export function createMetrics(): Metrics {
  const samples = new Map<MetricName, Map<string, Sample>>()
  let warnings = 0
  const set = (name: MetricName, value: number | undefined, labels: Labels = {}) => {
    if (value === undefined) return
    const own = samples.get(name) ?? new Map<string, Sample>()
    own.set(JSON.stringify(labels), { labels, value })
    samples.set(name, own)
  }
  set('arcc_warnings_total', 0)
  set('arcc_damaged_pictures_total', 0)
  return {
    update(event) {
      if (event.type === 'warning') set('arcc_warnings_total', ++warnings)
      else updateBy(event, set)
    },
    all() {
      const names = Object.keys(metricTable) as MetricName[]
      return names.flatMap((name) => {
        const own = samples.get(name)
        return own === undefined ? [] : [[name, [...own.values()]] as const]
      })
    },
  }
}

type Set = (name: MetricName, value: number | undefined, labels?: Labels) => void

function updateBy(event: RunEvent, set: Set): void {
  switch (event.type) {
    case 'start':
      set('arcc_run_info', 1, { experiment: event.experiment, folder: event.folder, engine: event.engine })
      set('arcc_steps', event.steps)
      break
    case 'progress':
      set('arcc_step', event.step)
      set('arcc_epoch', event.epoch)
      set('arcc_loss', event.loss)
      set('arcc_loss_smoothed', event.smoothedLoss)
      set('arcc_learning_rate', event.rate)
      set('arcc_gradient_norm', event.gradientNorm)
      set('arcc_loss_scale', event.lossScale?.factor)
      set('arcc_skipped_steps_total', event.lossScale?.skipped)
      set('arcc_images_per_second', event.imagesPerSecond)
      set('arcc_step_seconds', event.secondsPerStep)
      set('arcc_data_share_ratio', event.dataSeconds / event.secondsPerStep)
      set('arcc_remaining_seconds', event.etaSeconds)
      break
    case 'telemetry':
      set('arcc_flop_utilization_ratio', event.flopUtilization)
      set('arcc_host_memory_bytes', event.hostBytes)
      set('arcc_host_memory_peak_bytes', event.hostPeakBytes)
      set('arcc_step_memory_bytes', event.stepBytes)
      set('arcc_device_memory_peak_bytes', event.deviceBytes)
      for (const { name, busId, ...gpu } of event.gpus ?? []) {
        const labels = { gpu: busId, name }
        set('arcc_gpu_utilization_ratio', gpu.utilization, labels)
        set('arcc_gpu_memory_used_bytes', gpu.usedBytes, labels)
        set('arcc_gpu_temperature_celsius', gpu.temperature, labels)
        set('arcc_gpu_power_watts', gpu.watts, labels)
        set('arcc_gpu_clock_hertz', gpu.clock, labels)
      }
      break
    case 'evaluation': {
      const labels = { set: event.set }
      set('arcc_verification_step', event.step, labels)
      set('arcc_verification_accuracy_ratio', event.accuracy, labels)
      set('arcc_verification_auc', event.auc, labels)
      for (const { far, tar } of event.tarAtFar)
        set('arcc_verification_tar_ratio', tar, { ...labels, far: farName(far) })
      break
    }
    case 'resumed':
      set('arcc_step', event.step)
      break
    case 'saved':
      if (event.what === 'checkpoint') set('arcc_saved_step', event.step)
      break
    case 'skipped':
      set('arcc_damaged_pictures_total', event.count)
      break
    case 'left-out':
      set('arcc_left_out_steps_total', event.count)
      break
    case 'end':
      set('arcc_step', event.steps)
      set('arcc_ended', 1, { status: event.status })
      break
    case 'failed':
      set('arcc_ended', 1, { status: 'failed' })
      break
    case 'phase':
    case 'fetch':
    case 'loaded':
    case 'dumped':
    case 'warning':
      break
    default:
      // A new type of event has to be listed above.
      event satisfies never
  }
}
