/**
 * Samples the state of the computer at intervals, beside the steps: memory, how far the devices' peak is used, and what the driver says
 * of GPUs.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeviceRequest } from '../backend/backend.ts'
import type { CudaGpu } from '../cuda/driver.ts'
import type { Nvml } from '../cuda/nvml.ts'
import { programBytes } from '../engine.ts'
import type { TelemetryEvent } from '../events.ts'
import { peakProcessBytes } from '../process-memory.ts'
import { modelFlopUtilization } from './model-flops.ts'
import type { Trainer } from './trainer.ts'

/** Milliseconds between samples. */
const interval = 10_000
/** The longest that the end of a run waits for a driver that does not answer, in milliseconds. */
const patience = 2000

export interface Telemetry {
  /** Takes a last sample and ends; never throws. */
  end(): Promise<void>
}

async function openGpus(
  devices: DeviceRequest | undefined,
): Promise<{ nvml: Nvml; gpus: readonly CudaGpu[] } | undefined> {
  if (devices?.kind !== 'cuda') return undefined
  const { openNvml } = await import('../cuda/nvml.ts')
  const { systemLibraries } = await import('../cuda/driver.ts')
  const nvml = openNvml(systemLibraries.nvml)
  return nvml === undefined ? undefined : { nvml, gpus: devices.gpus }
}

async function activities(nvml: Nvml, gpus: readonly CudaGpu[]): Promise<NonNullable<TelemetryEvent['gpus']>> {
  const found = gpus.flatMap(({ name, busId }) => (busId === undefined ? [] : [{ name, busId }]))
  return Promise.all(found.map(async ({ name, busId }) => ({ name, busId, ...(await nvml.activity(busId)) })))
}

/** Emits an event at each interval until it is ended. */
export async function startTelemetry(
  trainer: Pick<Trainer, 'plan' | 'engine' | 'programs' | 'emit' | 'devices' | 'meter' | 'steps'>,
): Promise<Telemetry> {
  const { plan, engine, programs, emit, devices } = trainer
  const opened = await openGpus(devices)
  let sampling: Promise<void> | undefined
  let hasEnded = false
  const sample = async () => {
    // Going back replaces the meter.
    const flopUtilization = modelFlopUtilization(plan, trainer.meter.secondsPerStep)
    const { memory } = programs.step
    const deviceBytes = engine.deviceMemory?.()
    const gpus = opened && (await activities(opened.nvml, opened.gpus))
    if (hasEnded) return
    emit({
      type: 'telemetry',
      step: trainer.steps,
      ...(flopUtilization === undefined ? {} : { flopUtilization }),
      hostBytes: process.memoryUsage.rss(),
      hostPeakBytes: peakProcessBytes(),
      ...(memory === undefined ? {} : { stepBytes: programBytes(memory) }),
      ...(deviceBytes === undefined ? {} : { deviceBytes }),
      ...(gpus === undefined ? {} : { gpus }),
    })
  }
  // What cannot be sampled is left out; the next sample is another attempt.
  const attempt = () => {
    sampling ??= sample()
      .catch(() => undefined)
      .finally(() => {
        sampling = undefined
      })
    return sampling
  }
  const timer = setInterval(() => void attempt(), interval)
  timer.unref()
  return {
    async end() {
      clearInterval(timer)
      const last = (async () => {
        await sampling
        await attempt()
        opened?.nvml.close()
      })()
      await Promise.race([last, sleep(patience, undefined, { ref: false })])
      hasEnded = true
    },
  }
}
